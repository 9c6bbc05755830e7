"""Workflows, jobs and steps from files: GitHub's syntax and sequence's own keys, as one `Workflow`."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actions_compat.nodes import Position, WorkflowError, WorkflowErrors
from actions_compat.triggers import Triggers
from actions_compat.workflow import Extensions, Job, Workflow, read_job, read_step, read_workflow
from sqnc.resource_steps import STEP_KEYS, WORKFLOW_KEYS, resource_mistakes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STDIN: Final = "-"
WORKFLOWS: Final = Path(".github", "workflows")
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

_TELLING_KEYS: Final = (
    ("workflow", "on"),
    ("workflow", "jobs"),
    ("job", "steps"),
    ("step", "run"),
    ("step", "uses"),
)
_REMEDIES: Final[Mapping[tuple[str, str], str]] = {
    ("workflow", "job"): "`sqnc run job {file}` runs it",
    ("workflow", "step"): "`sqnc run step {file}` runs it",
    ("job", "workflow"): "say with -j ID which of its jobs, or run them all: `sqnc run workflow {file}`",
    ("job", "step"): "`sqnc run step {file}` runs it",
    (
        "step",
        "workflow",
    ): "say with -j ID -s ID which of its steps, or run it all: `sqnc run workflow {file}`",
    ("step", "job"): "say with -s ID which of its steps, or run it all: `sqnc run job {file}`",
}
"""For what was asked for and what was found: what to do."""


class SourceError(Exception):
    """The file cannot be read, or does not hold what was asked for; the message says which and why."""


def load_workflow(path: str) -> Workflow:
    """Read a workflow; raise SourceError, or WorkflowErrors for what is wrong in it."""
    with _no_other(path, "workflow") as text:
        workflow = read_workflow(text, file=shown_name(path), extensions=EXTENSIONS)
    return _sound(workflow)


def load_job(path: str) -> Workflow:
    """Read a document that is one job, as the workflow of that job alone."""
    with _no_other(path, "job") as text:
        job = read_job(text, file=shown_name(path), extensions=EXTENSIONS)
    return _alone(job, path)


def load_step(path: str) -> Workflow:
    """Read a document that is one step, as the workflow of that step alone."""
    with _no_other(path, "step") as text:
        step = read_step(text, file=shown_name(path), extensions=EXTENSIONS)
    return _alone(Job(step.position, id="step", steps=(step,)), path)


def _alone(job: Job, path: str) -> Workflow:
    return _sound(Workflow(job.position, shown_name(path), shown_name(path), Triggers(), {job.id: job}))


def _sound(workflow: Workflow) -> Workflow:
    found = tuple(resource_mistakes(workflow))
    if found:
        raise WorkflowErrors(found)
    return workflow


@contextmanager
def _no_other(path: str, kind: str) -> Iterator[str]:
    """Give the text of a document; where it has mistakes as a *kind*, say so if it is another kind of one."""
    text = read_text(path)
    try:
        yield text
    except WorkflowErrors as errors:
        found = kind_of_document(text)
        if found in {"", kind}:
            raise
        remedy = _REMEDIES[kind, found].format(file=path)
        raise SourceError(f"{shown_name(path)}: this is a {found}, not a {kind}: {remedy}") from errors


def kind_of_document(text: str) -> str:
    """Whether it looks like a workflow, a job or a step, sound or not; '' for something else."""
    keys = set(re.findall(r"^(\w+) *:", text, re.MULTILINE))
    return next((kind for kind, key in _TELLING_KEYS if key in keys), "")


def only_workflow(directory: Path) -> str:
    """The file of the repository's one workflow; raise SourceError where it has none, or several."""
    current = directory.absolute()
    folder = repository_root(current) / WORKFLOWS
    found = sorted(file for file in folder.glob("*") if file.suffix in {".yml", ".yaml"})
    if not found:
        raise SourceError(f"{folder}: there is no workflow here: name a file, or - for standard input")
    names = [os.path.relpath(file) for file in found]
    if len(names) > 1:
        raise SourceError(f"there are several workflows here: name one of {', '.join(names)}")
    return names[0]


def repository_root(current: Path) -> Path:
    """The folder of the repository around *current*; *current* itself where there is none."""
    return next((folder for folder in (current, *current.parents) if (folder / ".git").exists()), current)


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


def refused(jobs: Iterable[Job]) -> Iterator[WorkflowError]:
    """What GitHub has and sequence has not yet, in the jobs that are to run: never skipped."""
    for job in jobs:
        if job.uses is not None:
            yield _refusal(job.uses.position, "reusable workflows", "run the called workflow itself")
        if job.services is not None:
            yield _refusal(job.services.position, "services", "start them in a step, or with another tool")


def _refusal(place: Position, what: str, hint: str) -> WorkflowError:
    return WorkflowError(place, f"{what} are not supported yet", hint=hint)
