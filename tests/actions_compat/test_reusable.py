"""Called workflows, beyond what GitHub's vectors hold."""

from __future__ import annotations

import pytest

from actions_compat.nodes import WorkflowErrors
from actions_compat.permissions import READ_ALL, WRITE_ALL, declared_permissions, widened
from actions_compat.reusable import CallLimits, read_called
from actions_compat.workflow import read_workflow

CALLEE = "on: workflow_call\njobs: {inner: {runs-on: x}}"


def errors_of(caller: str, files: dict[str, str], limits: CallLimits | None = None) -> list[str]:
    workflow = read_workflow(caller, file="ci.yml")
    with pytest.raises(WorkflowErrors) as caught:
        read_called(workflow, lambda uses, _: files[uses], limits=limits)
    return [error.github for error in caught.value.errors]


def calling(uses: str, more: str = "") -> str:
    return f"on: push\njobs:\n  call:\n    uses: {uses}\n{more}"


def test_a_missing_workflow_is_told_at_the_call() -> None:
    assert errors_of(calling("./x.yml"), {}) == [
        "In ci.yml (Line: 4, Col: 11): Error from called workflow ./x.yml: workflow was not found."
    ]


def test_a_mistake_in_the_callee_is_told_with_both_places() -> None:
    [error] = errors_of(
        calling("./x.yml"), {"./x.yml": "on: workflow_call\njobs: {inner: {run-on: x, runs-on: x}}"}
    )
    assert error == (
        "In ci.yml (Line: 4, Col: 11): Error from called workflow ./x.yml (Line: 2, Col: 16):"
        " Unexpected value 'run-on'"
    )


def test_a_workflow_must_be_made_to_be_called() -> None:
    [error] = errors_of(calling("./x.yml"), {"./x.yml": "on: push\njobs: {inner: {runs-on: x}}"})
    assert "missing a `on.workflow_call` trigger" in error


def test_a_workflow_that_calls_itself_ends_at_the_depth_limit() -> None:
    loop = calling("./x.yml").replace("on: push", "on: workflow_call")
    assert errors_of(loop, {"./x.yml": loop}) == ["Nested reusable workflow depth exceeded 4."]


def test_many_files_are_refused() -> None:
    jobs = "\n".join(f"  j{n}: {{uses: ./x.yml}}" for n in range(51))
    assert errors_of(f"on: push\njobs:\n{jobs}", {"./x.yml": CALLEE}) == [
        "The workflow may not consist of more than 51 files"
    ]


def test_the_reader_learns_in_which_file_the_call_stands() -> None:
    asked = []

    def read(uses: str, caller: str) -> str:
        asked.append((uses, caller))
        return CALLEE if uses == "./y.yml" else calling("./y.yml").replace("on: push", "on: workflow_call")

    called = read_called(read_workflow(calling("o/r/x.yml@v1"), file="ci.yml"), read)
    assert asked == [("o/r/x.yml@v1", "ci.yml"), ("./y.yml", "o/r/x.yml@v1")]
    assert list(called.calls["call"].calls["call"].workflow.jobs) == ["inner"]


def test_permissions_are_handed_down_unless_declared() -> None:
    caller = calling("./x.yml").replace("jobs:", "permissions: {contents: write}\njobs:")
    callee = "on: workflow_call\njobs: {a: {runs-on: x}, b: {runs-on: x, permissions: {contents: read}}}"
    called = read_called(read_workflow(caller, file="ci.yml"), lambda *_: callee)
    assert called.calls["call"].permissions == {"a": {"contents": "write"}, "b": {"contents": "read"}}


def test_permissions_only_shrink() -> None:
    assert widened({"contents": "read", "actions": "write"}, {"contents": "write"}) == {"actions": "write"}
    assert widened(WRITE_ALL, WRITE_ALL) == {}
    assert list(widened({"models": "read", "id-token": "write"}, READ_ALL)) == ["id-token", "models"]
    assert declared_permissions(None) is None
