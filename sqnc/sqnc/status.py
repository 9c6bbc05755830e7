"""The one state machine of runs, jobs and steps.

    queued → running → succeeded | failed | errored | canceled        jobs and steps also: skipped

*failed*: the work said no. *errored*: the engine could not do its part. Terminal states are final.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actions_compat.results import Result


class Status(Enum):
    """Where a run, a job or a step is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ERRORED = "errored"
    CANCELED = "canceled"
    SKIPPED = "skipped"

    @property
    def result(self) -> Result:
        """GitHub's word for it, as `needs.<id>.result` and `steps.<id>.conclusion` have it."""
        return _RESULTS[self]


_RESULTS: dict[Status, Result] = {
    Status.SUCCEEDED: "success",
    Status.FAILED: "failure",
    Status.ERRORED: "failure",
    Status.CANCELED: "cancelled",
    Status.SKIPPED: "skipped",
}

# the worst first: what a whole is when any of its parts is so
_SEVERITY = (Status.ERRORED, Status.CANCELED, Status.FAILED)


def worst(statuses: Iterable[Status]) -> Status:
    """Return what a run is, given its jobs; a run whose jobs were all skipped has succeeded."""
    seen = set(statuses)
    return next((status for status in _SEVERITY if status in seen), Status.SUCCEEDED)
