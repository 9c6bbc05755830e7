"""`sqnc validate`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from actions_compat.nodes import WorkflowError


@click.command()
@click.argument("files", metavar="[FILE|FOLDER]...", nargs=-1)
@click.option(
    "--kind",
    type=click.Choice(["workflow", "action", "job", "step"]),
    help="What the files are. Otherwise action.yml is an action, and any other file a workflow.",
)
@click.option(
    "--github-only",
    envvar="SQNC_GITHUB_ONLY",
    show_envvar=True,
    is_flag=True,
    help="Refuse sequence's own keys, which GitHub does not know.",
)
@click.option(
    "--format",
    "output",
    envvar="SQNC_VALIDATE_FORMAT",
    show_envvar=True,
    type=click.Choice(["text", "github", "json"]),
    help="text: file:line:column: message. github: annotations, the default where GITHUB_ACTIONS is true. "
    "json: an array of objects.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(
    files: tuple[str, ...], *, kind: str | None, github_only: bool, output: str | None, as_json: bool
) -> int:
    """Check workflows and actions strictly, and tell everything that is wrong in them.

    Without FILE, these are the repository's .github/workflows and the action.yml at its top; - is standard
    input. Exit status 2 if anything is wrong.

    Example: sqnc validate .github/workflows/ci.yml
    """
    from sqnc.cli.errors import BAD_INPUT  # noqa: PLC0415  (--help needs no yaml)
    from sqnc.validation import Kind, find_files, mistakes  # noqa: PLC0415  (as above)

    found = find_files(files, Path.cwd())
    errors = mistakes(found, kind=Kind(kind) if kind else None, github_only=github_only)
    on_github = os.environ.get("GITHUB_ACTIONS") == "true"
    chosen = "json" if as_json else output or ("github" if on_github else "text")
    for line in _FORMATS[chosen](errors):
        click.echo(line)
    click.echo(_summary(found, errors), err=chosen == "json" or bool(errors))
    return BAD_INPUT if errors else 0


def _text(errors: Sequence[WorkflowError]) -> list[str]:
    return [str(error) for error in errors]


def _github(errors: Sequence[WorkflowError]) -> list[str]:
    from actions_compat.commands import format_command  # noqa: PLC0415  (as above)

    return [format_command("error", _place(error), _words(error)) for error in errors]


def _place(error: WorkflowError) -> Mapping[str, object]:
    """Where GitHub shows the annotation: it looks for files below the workspace."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    file = os.path.relpath(error.file, workspace) if workspace and Path(error.file).exists() else error.file
    return {"file": file, "line": error.line, "col": error.column}


def _words(error: WorkflowError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _json(errors: Sequence[WorkflowError]) -> list[str]:
    found = [
        {
            "file": error.file,
            "line": error.line,
            "column": error.column,
            "message": error.message,
            "hint": error.hint,
            "github_message": error.github,
        }
        for error in errors
    ]
    return [json.dumps(found, indent=2, ensure_ascii=False)]


_FORMATS: Mapping[str, Callable[[Sequence[WorkflowError]], list[str]]] = {
    "text": _text,
    "github": _github,
    "json": _json,
}


def _summary(files: Sequence[str], errors: Sequence[WorkflowError]) -> str:
    from sqnc.sources import shown_name  # noqa: PLC0415  (as above)

    checked = shown_name(files[0]) if len(files) == 1 else f"{len(files)} files"
    if not errors:
        return f"{checked}: nothing is wrong"
    wrong = len({error.file for error in errors})
    count = "1 mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
    return f"{count} in {checked}" if len(files) == 1 else f"{count} in {wrong} of {checked}"
