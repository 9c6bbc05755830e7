"""Everything that happens in a run, as values on one stream.

The terminal, `--json` and whatever comes later are readers of this stream and nothing more.
Order: `RunStarted`, then for each job `JobStarted`, its steps' `StepStarted`, `Log`, `Annotation` and
`StepFinished`, `JobFinished`; `RunFinished` is last. Jobs run at once, so their events mix; the events of one
job keep their order. All text is masked before it gets here.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TypeAlias

from actions_compat.frozen import frozen
from sqnc.status import Status


@frozen
class RunStarted:
    run: str
    workflow: str
    runtime: str


@frozen
class RunFinished:
    run: str
    status: Status
    duration_s: float


@frozen
class JobStarted:
    job: str
    name: str


@frozen
class JobFinished:
    """*message* says why, where the status alone does not; *outputs* are empty unless it succeeded.

    *forgiven* where it failed, and its `continue-on-error` lets the run succeed all the same.
    """

    job: str
    name: str
    status: Status
    duration_s: float
    message: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    forgiven: bool = False


@frozen
class StepStarted:
    """*step* is unique within the job; *depth* is 0 for a job's own steps, 1 and more inside composites."""

    job: str
    step: str
    name: str
    stage: str
    depth: int


@frozen
class StepFinished:
    """A step that is skipped has this event alone.

    *status* is the conclusion; *outcome* the status before `continue-on-error`. exit_code: None if none ran.
    """

    job: str
    step: str
    name: str
    status: Status
    outcome: Status
    exit_code: int | None
    duration_s: float
    depth: int
    message: str = ""


@frozen
class Log:
    """Whole lines of a step's output, in order, stdout and stderr as they came."""

    job: str
    step: str
    data: bytes


@frozen
class Group:
    """A group of lines begins (*title*) or, with None, ends."""

    job: str
    step: str
    title: str | None


@frozen
class Annotation:
    """An issue that a step or the engine raised. level: error, warning, notice, debug; line 0: unknown."""

    job: str
    step: str
    level: str
    message: str
    title: str = ""
    file: str = ""
    line: int = 0
    column: int = 0


@frozen
class Summary:
    """Markdown that a step wrote to GITHUB_STEP_SUMMARY."""

    job: str
    step: str
    text: str


@frozen
class Progress:
    """What the engine is busy with, for people; job is empty for the run itself."""

    job: str
    message: str


Event: TypeAlias = (
    RunStarted
    | RunFinished
    | JobStarted
    | JobFinished
    | StepStarted
    | StepFinished
    | Log
    | Group
    | Annotation
    | Summary
    | Progress
)
Reader: TypeAlias = Callable[[Event], None]


class EventStream:
    """Hands each event to every reader, one event at a time, whichever thread it comes from."""

    def __init__(self, *readers: Reader) -> None:
        self._readers = readers
        self._lock = threading.Lock()

    def emit(self, event: Event) -> None:
        with self._lock:
            for read in self._readers:
                read(event)


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._start
