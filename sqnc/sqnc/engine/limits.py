"""How long jobs and steps may take: `timeout-minutes`, and a job's `cancel-timeout-minutes`."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen
from actions_compat.nodes import resolve_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Self

    from actions_compat.workflow import Job
    from sqnc.engine.cancellation import Cancellation

_TIMEOUT_MINUTES: Final = 360.0
_CANCEL_TIMEOUT_MINUTES: Final = 5.0
_LONGEST_MINUTES: Final = threading.TIMEOUT_MAX / 60


@frozen
class Limits:
    """*timeout_minutes* None is as long as it takes. The defaults are GitHub's."""

    timeout_minutes: float | None = _TIMEOUT_MINUTES
    cancel_timeout_minutes: float = _CANCEL_TIMEOUT_MINUTES


def job_limits(job: Job, contexts: Mapping[str, object]) -> Limits:
    """Raise WorkflowError for what is no number. A timeout of 0 is none."""
    timeout = resolve_number(job.timeout_minutes, contexts)
    grace = resolve_number(job.cancel_timeout_minutes, contexts)
    limits = Limits()
    if timeout is not None:
        limits = Limits(timeout if 0 < timeout <= _LONGEST_MINUTES else None)
    if grace is not None:
        limits = Limits(limits.timeout_minutes, min(max(grace, 0.0), _LONGEST_MINUTES))
    return limits


@contextmanager
def limited(limits: Limits, cancellation: Cancellation, tell: Callable[[float], None]) -> Iterator[None]:
    """Cancel the job of the block when its time is up; *tell* hears of it first, with the minutes.

    After a cancellation for any reason, what runs in spite of it has the time to cancel and is ended then.
    """
    cancellation.open(limits.cancel_timeout_minutes * 60)
    minutes = limits.timeout_minutes

    def time_out() -> None:
        assert minutes is not None  # or there is no timer
        tell(minutes)
        cancellation.ask()

    timer = None if minutes is None else threading.Timer(minutes * 60, time_out)
    if timer is not None:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        if timer is not None:
            timer.cancel()
            timer.join()  # nothing of a job is told after its end
        cancellation.close()


@frozen
class Timeout:
    """A step's, since it began. *inherited*: it is that of the composite action around it."""

    minutes: float
    until_s: float
    """By `time.monotonic`."""
    inherited: bool = False

    @classmethod
    def starting_now(cls, minutes: float) -> Self:
        return cls(minutes, time.monotonic() + minutes * 60)

    @property
    def left_s(self) -> float:
        """How much of it is left; not above 0 when it is over."""
        return self.until_s - time.monotonic()

    def complaint(self, name: str) -> str:
        """What is said of a step *name* that took longer."""
        if self.inherited:
            return "The action has timed out."
        return f"The action '{name}' has timed out after {self.minutes:g} minutes."
