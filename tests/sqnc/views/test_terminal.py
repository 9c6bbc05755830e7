"""What people see of a run: the lines of the steps as they come, and at the end why it failed."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from sqnc.events import Annotation, JobFinished, JobStarted, RunFinished, StepFinished, Summary
from sqnc.status import Status
from sqnc.views.terminal import Terminal

if TYPE_CHECKING:
    from sqnc.events import Event


def shown(*told: Event) -> list[str]:
    out = BytesIO()
    terminal = Terminal(out, BytesIO(), color=False)
    for event in told:
        terminal(event)
    return out.getvalue().decode().splitlines()


def step(
    name: str, status: Status, *, key: str = "1", depth: int = 0, outcome: Status | None = None
) -> StepFinished:
    return StepFinished("test", key, name, status, outcome or status, None, 0.5, depth)


def error(text: str, *, key: str = "1", file: str = "", line: int = 0) -> Annotation:
    return Annotation("test", key, "error", text, file=file, line=line)


def end(*steps: Event, status: Status = Status.FAILED, message: str = "") -> list[str]:
    """The lines from the results of the jobs on, of a run of one job."""
    job = JobFinished("test", "test", status, 2.0, message)
    lines = shown(JobStarted("test", "test"), *steps, job, RunFinished("5f", status, 2.0))
    return [line for line in lines if "│" not in line]


def test_a_failed_step_is_told_with_its_name_and_errors_at_the_end() -> None:
    failed = step("Run make", Status.FAILED)
    told = (error("unused", file="a.c", line=3), error("Process completed with exit code 2."), failed)
    assert end(*told) == [
        "✗ test: failed 2.0 s",
        "    Run make: a.c:3: unused",
        "    Run make: Process completed with exit code 2.",
        "failed in 2.0 s",
    ]


def test_of_a_composite_action_the_step_that_failed_is_told_alone() -> None:
    inner = step("Run inner", Status.FAILED, key="1.1", depth=1)
    told = (error("exit code 1", key="1.1"), inner, step("Run ./action", Status.FAILED))
    assert end(*told)[1:-1] == ["    Run inner: exit code 1"]


def test_an_error_of_a_step_that_is_forgiven_or_succeeds_is_not_told_again() -> None:
    forgiven = step("Run flaky", Status.SUCCEEDED, outcome=Status.FAILED)
    told = (error("exit code 9"), forgiven, step("Run make", Status.FAILED, key="2"))
    assert end(*told)[1:-1] == ["    Run make"]
    assert end(error("exit code 9"), forgiven, status=Status.SUCCEEDED)[1:-1] == []


def test_what_the_job_itself_says_is_told_too() -> None:
    late = Annotation("test", "", "error", "The job has exceeded the maximum execution time of 1 minutes.")
    assert end(late)[1:-1] == ["    The job has exceeded the maximum execution time of 1 minutes."]
    assert end(message="uses: a/b@v1: no", status=Status.ERRORED)[1:-1] == ["    uses: a/b@v1: no"]


def test_of_very_many_errors_the_first_are_told_and_the_others_counted() -> None:
    lines = end(*(error(f"wrong {number}") for number in range(500)), step("Run lint", Status.FAILED))
    assert lines[1] == "    Run lint: wrong 0"
    assert lines[10:-1] == ["    Run lint: wrong 9", "    … and 490 more lines"]


def test_a_summary_is_shown_behind_the_name_of_its_job() -> None:
    lines = shown(JobStarted("test", "unit tests"), Summary("test", "1", "### Built\n- 3 files\n"))
    assert lines == [
        "unit tests │   ▾ summary",
        "unit tests │     ### Built",
        "unit tests │     - 3 files",
    ]
