"""What became of steps and jobs, and what follows from it. Pure functions on GitHub's own words.

A step has an *outcome*, and after `continue-on-error` a *conclusion*; a job has
a *result*, which the jobs that need it see.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

Result: TypeAlias = Literal["success", "failure", "cancelled", "skipped"]
MergedResult: TypeAlias = Literal["success", "failure", "cancelled", "skipped", "abandoned"]

# results that nothing changes any more once they are there
_FINAL = frozenset({"cancelled", "skipped", "abandoned"})


def merge_results(current: MergedResult | None, coming: MergedResult) -> MergedResult:
    """Return the worse of the two, as the runner does; None is nothing yet.

    Cancelled, skipped and abandoned stay whatever comes, and a failure is not
    undone by a success.
    """
    if current is None or current == "success":
        return coming
    if current in _FINAL or coming == "success":
        return current
    return coming


def conclusion(outcome: Result, *, continue_on_error: bool) -> Result:
    """Return what *outcome* counts for: a failure that was allowed for is a success.

    It holds for steps, and for a job as the jobs that need it see it.
    """
    return "success" if outcome == "failure" and continue_on_error else outcome


def job_status(conclusions: Iterable[Result]) -> Result:
    """Return `job.status` after steps with these conclusions, in order; skipped ones do not count."""
    status: Result = "success"
    for step in conclusions:
        if step != "skipped" and status != "cancelled":
            status = status if step == "success" else step
    return status


def matrix_result(legs: Iterable[Result]) -> Result:
    """Return the result of a job of which each leg had its own (its conclusion).

    One failure fails it, then one cancelled leg cancels it; it is skipped if every
    leg was, as a job of no leg is.
    """
    results = set(legs)
    order: tuple[Result, ...] = ("failure", "cancelled", "success")
    return next((result for result in order if result in results), "skipped")


def cancels_other_legs(outcome: Result, *, fail_fast: bool, continue_on_error: bool) -> bool:
    """Say whether this outcome of one leg cancels the legs of its matrix that are not done."""
    return fail_fast and outcome == "failure" and not continue_on_error


def ancestors(job: str, needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return every job that *job* needs, directly or not: nearest first, each once.

    *needs* maps jobs to those that they name; a job that is not there needs none.
    A cycle ends where it comes round, and *job* itself is never in the answer.
    """
    found: dict[str, None] = {}
    waiting = list(needs.get(job, ()))
    while waiting:
        nearest = [name for name in dict.fromkeys(waiting) if name not in found and name != job]
        found.update(dict.fromkeys(nearest))
        waiting = [further for name in nearest for further in needs.get(name, ())]
    return tuple(found)


def transitive_results(
    job: str, needs: Mapping[str, Sequence[str]], results: Mapping[str, Result]
) -> dict[str, Result]:
    """Return the results of all that *job* needs, for its status functions.

    A job that was skipped because of one further up does not hide that one, nor does
    one between that ran all the same (`if: always()`).
    """
    return {name: results[name] for name in ancestors(job, needs)}
