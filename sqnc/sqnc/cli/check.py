"""`sqnc check`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from sqnc.cli.resource_answers import answer_json, shown_version
from sqnc.cli.resource_options import resource_command
from sqnc.cli.resources import Asked, parse_version

if TYPE_CHECKING:
    from sqnc.resources.tracked import Checked


@resource_command
@click.option(
    "--version",
    "--from",
    "version",
    multiple=True,
    metavar="KEY=VALUE",
    help="The version to check from, instead of the latest that is known; once for each key.",
)
@click.option("--history", is_flag=True, help="Show all versions that are known then, the latest first.")
@click.option("--clear", is_flag=True, help="Forget all versions first.")
def command(name: str, *, version: tuple[str, ...], history: bool, clear: bool, **given: Any) -> int:
    """Look for new versions of a resource, and remember them.

    Example: sqnc check repo -c pipeline.yml -v branch=main
    """
    since = parse_version(version, "--from")
    asked = Asked.read(name, given)
    with asked.open() as resource:
        if clear:
            resource.tracked.history.clear()
        pinned = asked.configuration.resource(name).version
        found = resource.tracked.check(since or pinned)
    if given["as_json"]:
        click.echo(json.dumps(_history_json(found) if history else _json(found)))
    else:
        _print(found, history=history)
    return 0


def _print(found: Checked, *, history: bool) -> None:
    latest = found.history.latest
    versions = [entry.version for entry in found.history.ordered()] if history else found.versions
    words: dict[str, list[str]] = {shown_version(version): ["new"] for version in found.new}
    if latest is not None:
        words.setdefault(shown_version(latest), []).append("latest")
    lines = [shown_version(version) for version in versions]
    width = max(map(len, lines), default=0)
    for line in lines:
        click.echo(f"{line:{width}}  {', '.join(words.get(line, ()))}".rstrip())
    if not lines:
        click.echo("no versions", err=True)


def _json(found: Checked) -> dict[str, object]:
    return {"versions": found.versions, "new": found.new, "latest": found.history.latest}


def _history_json(found: Checked) -> list[dict[str, object]]:
    return [
        {**answer_json(entry.version, entry.metadata), "check_order": entry.check_order}
        for entry in found.history.ordered()
    ]
