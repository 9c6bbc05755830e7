"""The command line of sequence: `sqnc`.

Results go to standard output, talk to standard error. Exit status: 0 succeeded, 1 failed, 2 bad input,
3 errored, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

import click

from sqnc import __version__
from sqnc.cli.groups import HelpfulGroup
from sqncshim.streams import no_room, open_closed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# command → the module that defines it, and what it is for; imported when it is used
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "run": ("sqnc.cli.run", "Run a workflow, a job, or a step."),
    "validate": ("sqnc.cli.validate", "Check workflows and actions."),
    "check": ("sqnc.cli.check", "Look for new versions of a resource."),
    "get": ("sqnc.cli.get", "Get a version of a resource."),
    "put": ("sqnc.cli.put", "Make a version of a resource."),
    "conform": ("sqnc.cli.conform", "Judge the image of a resource type."),
    "expr": ("sqnc.cli.expr", "Evaluate an expression."),
}


class LazyGroup(HelpfulGroup):
    """Commands from the table, each imported when it is asked for; `--help` imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sqnc")
def cli() -> None:
    """Run containerized workflows anywhere, from the definitions you already have.

    Example: sqnc run workflow .github/workflows/ci.yml
    """


def main() -> NoReturn:
    """Run the command that the process's arguments name, and exit."""
    open_closed()
    status = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        pass  # who read it has gone, and knows
    except OSError:
        sys.exit(status)  # the interpreter tells of it
    os._exit(status)  # an interpreter that tidies up takes as long as several steps


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status."""
    try:
        status: int | None = cli.main(list(arguments), prog_name="sqnc", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:
        from sqnc.cli.errors import ERRORED, exit_code  # noqa: PLC0415  (only when something is wrong)

        code = exit_code(error)
        said = no_room(error) if code is None else f"{error}"
        if not said:
            raise
        click.echo(said, err=True)
        return ERRORED if code is None else code
    return status or 0
