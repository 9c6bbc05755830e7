"""Outcomes, conclusions and results, and how they travel along `needs`."""

from itertools import product

import pytest

from actions_compat.conditions import Condition, job_status_functions
from actions_compat.results import (
    Result,
    ancestors,
    cancels_other_legs,
    conclusion,
    job_status,
    matrix_result,
    transitive_results,
)

RESULTS: tuple[Result, ...] = ("success", "failure", "cancelled", "skipped")


def test_continue_on_error_turns_failures_alone_into_success() -> None:
    assert conclusion("failure", continue_on_error=True) == "success"
    assert conclusion("failure", continue_on_error=False) == "failure"
    for outcome in ("success", "cancelled", "skipped"):
        assert conclusion(outcome, continue_on_error=True) == outcome


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([], "success"),
        (["success", "skipped"], "success"),
        (["skipped", "failure", "success"], "failure"),
        (["failure", "cancelled"], "cancelled"),
        (["cancelled", "failure"], "cancelled"),
    ],
)
def test_a_jobs_status_follows_its_steps(steps: list[Result], status: Result) -> None:
    assert job_status(steps) == status


@pytest.mark.parametrize(
    ("legs", "result"),
    [
        ([], "skipped"),
        (["skipped", "skipped"], "skipped"),
        (["success", "skipped"], "success"),
        (["success", "cancelled"], "cancelled"),
        (["cancelled", "failure", "success"], "failure"),
    ],
)
def test_a_matrix_is_as_good_as_its_worst_leg(legs: list[Result], result: Result) -> None:
    assert matrix_result(legs) == result


def test_only_a_failure_that_counts_cancels_the_other_legs() -> None:
    cancelling = [
        (outcome, fail_fast, allowed)
        for outcome, fail_fast, allowed in product(RESULTS, (True, False), (True, False))
        if cancels_other_legs(outcome, fail_fast=fail_fast, continue_on_error=allowed)
    ]
    assert cancelling == [("failure", True, False)]


NEEDS = {"test": ["build"], "deploy": ["test", "lint"], "report": ["deploy", "test"]}


def test_ancestors_are_nearest_first_and_each_once() -> None:
    assert ancestors("report", NEEDS) == ("deploy", "test", "lint", "build")
    assert ancestors("build", NEEDS) == ()
    assert ancestors("a", {"a": ["b"], "b": ["a", "c"]}) == ("b", "c")


def test_a_long_chain_of_jobs_needs_no_recursion() -> None:
    needs = {str(number): [str(number + 1)] for number in range(10_000)}
    assert len(ancestors("0", needs)) == 10_000


def runs(job: str, results: dict[str, Result], condition: str | None = None) -> bool:
    functions = job_status_functions(transitive_results(job, NEEDS, results))
    return Condition.parse(condition).holds({}, functions)


def test_a_skipped_job_skips_what_needs_it_however_far() -> None:
    results: dict[str, Result] = {
        "build": "skipped",
        "test": "skipped",
        "lint": "success",
        "deploy": "skipped",
    }
    assert not runs("test", results)
    assert not runs("report", results)
    assert runs("report", results, "always()")


def test_a_job_that_ran_all_the_same_does_not_hide_the_failure_before_it() -> None:
    results: dict[str, Result] = {
        "build": "failure",
        "test": "success",
        "lint": "success",
        "deploy": "success",
    }
    assert not runs("report", results)
    assert runs("report", results, "failure()")


def test_what_succeeded_lets_the_next_run() -> None:
    assert runs("report", dict.fromkeys(("build", "test", "lint", "deploy"), "success"))
