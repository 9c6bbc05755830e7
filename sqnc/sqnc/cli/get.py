"""`sqnc get`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sqnc.cli.resource_answers import empty_folder, filling, print_answer
from sqnc.cli.resource_options import PARAMS, resource_command
from sqnc.cli.resources import Asked, parse_version


@resource_command
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--version",
    "version",
    multiple=True,
    metavar="KEY=VALUE",
    help="The version to get, or a part of it; else the one the file pins, else the latest.",
)
@PARAMS
@click.option("--no-cache", is_flag=True, help="Fetch also what was fetched before.")
def command(
    name: str,
    folder: Path | None,
    *,
    version: tuple[str, ...],
    params: tuple[str, ...],
    no_cache: bool,
    **given: Any,
) -> int:
    """Get a version of a resource into an empty folder DIR, by default ./NAME.

    Without --version it checks first, and gets the latest version.

    Example: sqnc get repo -c pipeline.yml -p depth=1
    """
    wanted = parse_version(version)
    asked = Asked.read(name, given)
    resource = asked.configuration.resource(name)
    target = empty_folder(folder or Path(name))
    _, filled = asked.params(params, "-p")
    with asked.open(has_cache=not no_cache) as found, filling(target):
        chosen = found.tracked.choose(wanted or resource.version)
        got = found.get(chosen, filled, target)
    print_answer(asked, got.answer, {"cached": got.cached})
    return 0
