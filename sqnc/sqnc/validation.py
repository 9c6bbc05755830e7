"""Strict reading of many files at once: what they are, and everything that is wrong in them."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actions_compat.action import read_action
from actions_compat.nodes import Position, WorkflowError, WorkflowErrors
from actions_compat.workflow import read_job, read_step, read_workflow
from sqnc.resource_steps import resource_mistakes
from sqnc.sources import (
    EXTENSIONS,
    STDIN,
    WORKFLOWS,
    SourceError,
    kind_of_document,
    read_text,
    repository_root,
    shown_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from actions_compat.workflow import Extensions

ACTION_FILES: Final = ("action.yml", "action.yaml")


class Kind(Enum):
    """What a document is; the value is its name on the command line."""

    WORKFLOW = "workflow"
    ACTION = "action"
    JOB = "job"
    STEP = "step"


def find_files(given: Sequence[str], current: Path) -> list[str]:
    """Return the files that *given* names, a folder standing for the workflows and the action in it.

    Nothing given stands for the repository around *current*; its files are named as seen from there.
    Raise SourceError where a folder, or the repository, holds none.
    """
    if given:
        return [file for name in given for file in (_files_in(Path(name)) if _is_folder(name) else [name])]
    return [os.path.relpath(file, current) for file in _files_in(repository_root(current))]


def mistakes(
    files: Iterable[str], *, kind: Kind | None = None, github_only: bool = False
) -> list[WorkflowError]:
    """Return what is wrong in *files*, in the order of files and lines; [] if nothing is.

    A file that cannot be read is a mistake without a line. *kind* None: an `action.yml` is an action, and
    any other file a workflow. *github_only* refuses sequence's own keys.
    """
    extensions = None if github_only else EXTENSIONS
    return [error for file in files for error in _mistakes_in(file, kind or kind_of(file), extensions)]


def kind_of(file: str) -> Kind:
    return Kind.ACTION if Path(file).name in ACTION_FILES else Kind.WORKFLOW


def _mistakes_in(path: str, kind: Kind, extensions: Extensions | None) -> list[WorkflowError]:
    file = shown_name(path)
    try:
        text = read_text(path)
    except SourceError as error:
        return [WorkflowError(Position(file, 0, 0), str(error).removeprefix(f"{path}: "))]
    try:
        _read(text, file, kind, extensions)
    except WorkflowErrors as errors:
        found = kind_of_document(text)
        if kind is Kind.WORKFLOW and found in {Kind.JOB.value, Kind.STEP.value}:
            message = f"This is a {found}, not a workflow"
            return [WorkflowError(Position(file, 0, 0), message, hint=f"check it with --kind {found}")]
        return sorted(errors.errors, key=lambda error: (error.line, error.column))
    return []


def _read(text: str, file: str, kind: Kind, extensions: Extensions | None) -> None:
    match kind:
        case Kind.WORKFLOW:
            workflow = read_workflow(text, file=file, strict=True, extensions=extensions)
            if found := tuple(resource_mistakes(workflow)):
                raise WorkflowErrors(found)
        case Kind.ACTION:
            read_action(text, file=file, strict=True)
        case Kind.JOB:
            read_job(text, file=file, extensions=extensions)
        case Kind.STEP:
            read_step(text, file=file, extensions=extensions)


def _is_folder(name: str) -> bool:
    return name != STDIN and Path(name).is_dir()


def _files_in(folder: Path) -> list[str]:
    """The workflows of a repository and the action at its top, or the workflows of a folder of such."""
    below = folder / WORKFLOWS
    places = [below] if below.is_dir() else [folder] if folder.parts[-2:] == WORKFLOWS.parts else []
    found = [file for place in places for file in sorted(place.iterdir()) if file.suffix in {".yml", ".yaml"}]
    found += [folder / name for name in ACTION_FILES if (folder / name).is_file()]
    if not found:
        raise SourceError(
            f"{folder}: no {WORKFLOWS}/*.yml and no action.yml here: name the files to be checked"
        )
    return [str(file) for file in found]
