"""Why a job failed, for the end of a run: there, nobody has to look for it among the lines of other jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqnc.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqnc.events import JobFinished, StepFinished

_ENDED_BADLY: Final = {Status.FAILED, Status.ERRORED}
_MOST_LINES: Final = 10
_OF_THE_JOB: Final = ""


class Failures:
    """The errors of one job's failed steps; what `continue-on-error` forgave is none of them."""

    def __init__(self) -> None:
        self._told: dict[str, list[str]] = {}
        self._steps: list[tuple[int, list[str]]] = []

    def tell(self, step: str, text: str) -> None:
        """An error of a step, before the step ends; of the job itself where *step* is empty."""
        self._told.setdefault(step, []).append(text)

    def step_finished(self, event: StepFinished) -> None:
        told = self._told.pop(event.step, [])
        if event.status not in _ENDED_BADLY:
            return
        if not told and self._steps and self._steps[-1][0] > event.depth:
            return  # a composite action, which fails with a step of it
        texts = told or [event.message]
        lines = [f"{event.name}: {text}" if text else event.name for text in texts]
        self._steps.append((event.depth, lines))

    def lines(self, job: JobFinished) -> Sequence[str]:
        """What to say of the job, which has just ended; () where it ended well."""
        if job.status not in _ENDED_BADLY:
            return ()
        texts = [job.message] if job.message else []
        texts += [line for _, lines in self._steps for line in lines] + self._told.get(_OF_THE_JOB, [])
        found = [line for text in texts for line in text.splitlines()]
        more = len(found) - _MOST_LINES
        return [*found[:_MOST_LINES], f"… and {more} more lines"] if more > 1 else found
