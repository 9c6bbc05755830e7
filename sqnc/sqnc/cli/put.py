"""`sqnc put`."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sqnc.cli.resource_answers import answer_json, empty_folder, filling, print_answer
from sqnc.cli.resource_options import PARAMS, resource_command
from sqnc.cli.resources import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqnc_resources.emulator.configuration import Object
    from sqnc_resources.emulator.inputs import Inputs


@resource_command
@click.argument(
    "folder",
    metavar="[DIR]",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
@PARAMS
@click.option(
    "-g",
    "--get-param",
    "get_params",
    multiple=True,
    metavar="KEY=YAML",
    help="One of the `get_params`, for the get that follows.",
)
@click.option(
    "--inputs",
    default="detect",
    show_default=True,
    metavar="detect|all|NAME,…",
    help="Which folders of DIR the type sees: those that params name, all, or these.",
)
@click.option("--no-get", is_flag=True, help="Leave out the get that follows.")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the get that follows puts its files; else they only go into the cache.",
)
def command(name: str, folder: Path, *, inputs: str, no_get: bool, output: Path | None, **given: Any) -> int:
    """Make a version of a resource from the folders in DIR, then get it.

    Example: sqnc put repo -c pipeline.yml -p repository=work
    """
    if output is not None:
        if no_get:
            raise click.UsageError("--output is for the get that --no-get leaves out: give one of them")
        empty_folder(output)
    asked = Asked.read(name, given)
    asked.configuration.resource(name)
    params, filled = asked.params(given["params"], "-p")
    _, get_params = asked.params(given["get_params"], "-g")
    names = _inputs(folder, inputs, params)
    also: dict[str, object] = {}
    with asked.open() as resource:
        click.echo(f"inputs: {', '.join(names) or 'none'}", err=True)
        answer = resource.put(filled, folder, names)
        if not no_get:
            with _target(output) as target:
                got = resource.get(answer.version, get_params, target, after_put=True)
            also["get"] = {**answer_json(got.answer.version, got.answer.metadata), "cached": got.cached}
    print_answer(asked, answer, also)
    return 0


def _inputs(folder: Path, given: str, params: Object) -> tuple[str, ...]:
    from sqnc.cli.values import ValueFileError  # noqa: PLC0415  (--help needs none)
    from sqnc.resources.places import artifacts  # noqa: PLC0415  (as above)
    from sqnc_resources.emulator.inputs import InputNotFoundError, put_inputs  # noqa: PLC0415  (as above)

    there = artifacts(folder)
    wanted: Inputs = given.split(",")
    if given == "detect" or given == "all":  # noqa: PLR1714  (only so do types become narrower)
        wanted = given
    try:
        return put_inputs(wanted, params, there)
    except InputNotFoundError as error:
        raise ValueFileError(f"--inputs: {error}: {folder} has {', '.join(there) or 'no folder'}") from error


@contextmanager
def _target(output: Path | None) -> Iterator[Path]:
    if output is not None:
        with filling(output):
            yield output
        return
    with tempfile.TemporaryDirectory(prefix="sqnc-get-") as folder:
        yield Path(folder)
