"""The command line of the shim: `sqncshim plugin …`.

Results go to standard output, one JSON document and a newline, and only when all went well; everything else
goes to standard error.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from sqncshim import __version__
from sqncshim.exits import exit_code
from sqncshim.streams import no_room
from sqncshim.tables import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqncshim.hookspecs import Request

EXIT_CODES: Final[Mapping[str, int]] = {
    "sqncshim.plugins.PluginError": 1,
    "sqncshim.git.process.GitError": 1,
    "sqncshim.json_reader.DocumentError": 1,
    "sqnc_resources.errors.RequestError": 2,
    "sqnc_resources.errors.UnknownTypeError": 2,
    "sqnc_resources.errors.ResourceError": 1,
}
"""The exit status for each class of error, subclasses included; by name, so that none is imported for it."""

INTERRUPTED: Final = 130


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    try:
        status: int | None = cli.main(list(arguments), prog_name="sqncshim", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except Exception as error:
        code = exit_code(error, EXIT_CODES)
        said = no_room(error) if code is None else f"{error}"
        if not said:
            raise
        click.echo(f"sqncshim: {said}", err=True)
        return 1 if code is None else code
    return status or 0


class ShimGroup(click.Group):
    """Its own commands, and those of the packages above, which are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command


class PluginGroup(click.Group):
    """Makes a command of every name: whether there is such a plugin is found out when it runs."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        return super().get_command(ctx, cmd_name) or click.Command(
            cmd_name, callback=lambda: run_plugin(cmd_name), help=f"Run the shim plugin {cmd_name}."
        )


@click.group(cls=ShimGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sqncshim")
def cli() -> None:
    """Run sequence's special steps: each prints, as JSON, what the next steps are."""


@cli.group(cls=PluginGroup, subcommand_metavar="PLUGIN [ARGS]...")
def plugin() -> None:
    """Run a plugin, and print the step document that it answers with.

    `uses` takes arguments; every other plugin reads JSON from standard input:

    \b
      echo '{"with": {"name": "value"}}' | sqncshim plugin NAME
    """


@plugin.command()
@click.argument("action")
@click.argument("path", required=False, type=click.Path())
@click.option(
    "--offline", is_flag=True, envvar="SQNC_OFFLINE", help="Answer from the store alone. [SQNC_OFFLINE]"
)
def uses(action: str, path: str | None, *, offline: bool) -> None:
    """Print the steps of ACTION: owner/repo[/path]@ref, ./folder, or docker://image.

    The action is cloned to PATH; without PATH, the document points into the store of clones. The server is
    GITHUB_SERVER_URL, and GITHUB_TOKEN the token for it; the store is in SQNC_CACHE, or the user's cache.

    \b
      sqncshim plugin uses actions/checkout@v4 /tmp/checkout
    """
    from sqncshim.hookspecs import Request  # noqa: PLC0415  (`--help` needs no pluggy)

    inputs = {"uses": action, "offline": str(offline).lower()} | ({"path": path} if path else {})
    answer("uses", Request(inputs))


def run_plugin(name: str) -> None:
    from sqncshim.hookspecs import Request  # noqa: PLC0415  (as above)

    answer(name, Request.parse(sys.stdin.buffer.read()))


def answer(name: str, request: Request) -> None:
    from sqncshim.plugins import special_step  # noqa: PLC0415  (as above)

    click.echo(special_step(name, request).to_json())
