"""Workflows, jobs and steps from files: GitHub's syntax and sequence's own keys, as one `Workflow`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actions_compat.nodes import Position, WorkflowError, WorkflowErrors
from actions_compat.triggers import Triggers
from actions_compat.workflow import Extensions, Job, Workflow, read_job, read_step, read_workflow
from sqnc.resource_steps import STEP_KEYS, WORKFLOW_KEYS, resource_mistakes

if TYPE_CHECKING:
    from collections.abc import Iterator

STDIN: Final = "-"
EXTENSIONS: Final = Extensions(
    workflow=WORKFLOW_KEYS,
    step={
        "image": ("scalar",),
        "entrypoint": ("scalar", "sequence"),
        "cmd": ("scalar", "sequence"),
        **STEP_KEYS,
    },
    optional=("runs-on", "on"),
)
_MAX_BYTES: Final = 4 * 1024 * 1024  # far above GitHub's limit, which the reader tells of


class SourceError(Exception):
    """The file cannot be read, or does not hold what was asked for; the message says which and why."""


def load_workflow(path: str) -> Workflow:
    """Read a workflow; raise SourceError, or WorkflowErrors for what is wrong in it."""
    workflow = read_workflow(read_text(path), file=shown_name(path), extensions=EXTENSIONS)
    found = tuple(refused(workflow))
    if found:
        raise WorkflowErrors(found)
    return workflow


def load_job(path: str) -> Workflow:
    """Read a document that is one job, as the workflow of that job alone."""
    return _alone(read_job(read_text(path), file=shown_name(path), extensions=EXTENSIONS), path)


def load_step(path: str) -> Workflow:
    """Read a document that is one step, as the workflow of that step alone."""
    step = read_step(read_text(path), file=shown_name(path), extensions=EXTENSIONS)
    return _alone(Job(step.position, id="step", steps=(step,)), path)


def _alone(job: Job, path: str) -> Workflow:
    workflow = Workflow(job.position, shown_name(path), shown_name(path), Triggers(), {job.id: job})
    found = tuple(refused(workflow))
    if found:
        raise WorkflowErrors(found)
    return workflow


def shown_name(path: str) -> str:
    """The name of a file in messages."""
    return "<stdin>" if path == STDIN else path


def read_text(path: str, *, limit_bytes: int = _MAX_BYTES) -> str:
    """The text of a file, or of standard input for `-`, up to a limit (-1: none); raise SourceError."""
    try:
        if path == STDIN:
            return sys.stdin.buffer.read(limit_bytes).decode("utf-8-sig")
        with Path(path).open("rb") as file:
            return file.read(limit_bytes).decode("utf-8-sig")
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}: name a file, or - for standard input") from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: expected text in UTF-8: {error}") from error


def refused(workflow: Workflow) -> Iterator[WorkflowError]:
    """What is wrong with sequence's own keys, and what GitHub has and sequence has not yet: never skipped."""
    yield from resource_mistakes(workflow)
    for job in workflow.jobs.values():
        if job.uses is not None:
            yield _refusal(job.uses.position, "reusable workflows", "run the called workflow itself")
        if job.services is not None:
            yield _refusal(job.services.position, "services", "start them in a step, or with another tool")


def _refusal(place: Position, what: str, hint: str) -> WorkflowError:
    return WorkflowError(place, f"{what} are not supported yet", hint=hint)
