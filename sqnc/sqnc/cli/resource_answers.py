"""What a resource's check, get and put answered, for people and scripts, and the folder of a get."""

from __future__ import annotations

import json
import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sqnc.cli.values import ValueFileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sqnc.cli.resources import Asked
    from sqnc_resources.emulator.answers import Answer
    from sqnc_resources.emulator.configuration import Version


def shown_version(version: Version) -> str:
    """A version on one line, as --version reads it: `key=value`, quoted where a shell would want it."""
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in version.items())


def print_answer(asked: Asked, answer: Answer, also: Mapping[str, object]) -> None:
    """Print a version with its metadata; *also* is told in JSON alone."""
    from sqnc.resources.shown import answer_lines  # noqa: PLC0415  (--help needs none)

    metadata = [(name, asked.masked(value)) for name, value in answer.metadata]
    if asked.given["as_json"]:
        click.echo(json.dumps({**answer_json(answer.version, metadata), **also}))
        return
    for line in answer_lines(answer.version, metadata):
        click.echo(line)


def answer_json(version: Version, metadata: Sequence[tuple[str, str]]) -> dict[str, object]:
    """The same as Concourse's protocol has it."""
    return {"version": version, "metadata": [{"name": name, "value": value} for name, value in metadata]}


def empty_folder(path: Path) -> Path:
    """Return *path*, where a get may write; raise ValueFileError where anything is there."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueFileError(f"{path}: a get needs an empty folder: remove this one, or name another")
    return path


@contextmanager
def filling(target: Path) -> Iterator[None]:
    """Leave *target* as it was where the block does not come to its end."""
    from sqnc.runfolder import remove_tree  # noqa: PLC0415  (only for mistakes)

    was_there = target.exists()
    try:
        yield
    except BaseException:
        if target.exists():
            remove_tree(target)
        if was_there:
            target.mkdir()
        raise
