"""`sqncshim resource …`: the protocol, and what is made from a type's own declarations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from sqnc_resources.commands.action import action_command, run_action_command

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Final[Mapping[str, str]] = {
    "check": "Print the versions of a resource, oldest first.",
    "in": "Fetch one version into DIR.",
    "out": "Make a version from the folders in DIR.",
}


@click.group("resource")
def command() -> None:
    """Run a resource type as Concourse does, or tell what it takes.

    TYPE is a built-in type, the path of a Python file, or a module; the last two may end in `:Class`.

    \b
      echo '{"source": {"uri": "https://example.com/project.git"}}' | sqncshim resource check git
    """


def _add(role: str, text: str) -> None:
    """For the help alone: `sqncshim.entry` answers these before click is imported."""

    @command.command(role, help=f"{text}\n\nThe request is read from standard input, as JSON.")
    @click.argument("type_name", metavar="TYPE")
    @click.argument("folder", metavar="DIR" if role != "check" else "[DIR]", required=role != "check")
    def run(type_name: str, folder: str | None) -> NoReturn:
        from sqnc_resources.program import main  # noqa: PLC0415  (`--help` needs none of it)

        raise SystemExit(main(role, type_name, folder))


for _role, _text in ROLES.items():
    _add(_role, _text)


@command.command()
@click.argument("type_name", metavar="TYPE")
def schema(type_name: str) -> None:
    """Print the JSON Schema of TYPE: its source, its version, and the params of get and put.

    \b
      sqncshim resource schema git
    """
    from sqnc_resources.reference import title  # noqa: PLC0415  (`--help` needs none of it)
    from sqnc_resources.schema import type_schema  # noqa: PLC0415  (as above)
    from sqnc_resources.types import load  # noqa: PLC0415  (as above)

    kind = load(type_name)
    click.echo(json.dumps(type_schema(title(type_name), kind), indent=2))


@command.command()
@click.argument("type_name", metavar="TYPE")
@click.option(
    "--readme",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it into FILE instead, behind the line that says `reference: sqncshim resource docs`.",
)
def docs(type_name: str, readme: Path | None) -> None:
    """Print the reference of TYPE in Markdown: a table of each part's keys, for a README.

    \b
      sqncshim resource docs git
      sqncshim resource docs news.py --readme README.md
    """
    from sqnc_resources.readme import write  # noqa: PLC0415  (`--help` needs none of it)
    from sqnc_resources.reference import page, title  # noqa: PLC0415  (as above)
    from sqnc_resources.types import load  # noqa: PLC0415  (as above)

    text = page(title(type_name), load(type_name))
    if readme is None:
        click.echo(text, nl=False)
    else:
        write(readme, text)


@command.command(context_settings={"allow_interspersed_args": False})
@click.argument("type_name", metavar="TYPE")
@click.argument("action", type=click.Choice(("check", "get", "put")))
@click.argument("words", metavar="[OPTIONS] [FOLDER]", nargs=-1, type=click.UNPROCESSED)
def run(type_name: str, action: str, words: tuple[str, ...]) -> int:
    """Run TYPE by hand: its keys are options, and what Concourse would be answered is printed.

    A get without a version fetches the newest. Secrets are read from @FILE, @- or variables, never from the
    command line. `sqncshim resource run TYPE get --help` lists the options of TYPE.

    \b
      sqncshim resource run git get --uri https://example.com/project.git project
    """
    from sqnc_resources.commands.run import typed_command  # noqa: PLC0415  (`--help` needs none of it)
    from sqnc_resources.types import load  # noqa: PLC0415  (as above)

    name = f"sqncshim resource run {type_name} {action}"
    own = typed_command(load(type_name), action)
    status: int | None = own.main(list(words), prog_name=name, standalone_mode=False)
    return status or 0


command.add_command(action_command)
command.add_command(run_action_command)
