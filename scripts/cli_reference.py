"""Print the reference of the command line, made from the commands themselves; --write renews docs/cli.md."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sqnc.cli import cli as sqnc
from sqnc.cli.errors import BAD_INPUT, STATUS_CODES
from sqncshim.cli import cli as sqncshim

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = Path(__file__).parents[1] / "docs" / "cli.md"
MARKER: Final = "<!-- python scripts/cli_reference.py --write writes what follows -->\n"
ESCAPED_BAR: Final = "\\|"  # a bar that is no border of a table's cell


def main() -> None:
    if sys.argv[1:] == ["--write"]:
        written, _, _ = PAGE.read_text().partition(MARKER)
        PAGE.write_text(f"{written}{MARKER}{reference()}")
    else:
        sys.stdout.write(reference())


def reference() -> str:
    """Return the generated part of the page."""
    parts = [*_commands(sqnc, "sqnc"), *_commands(sqncshim, "sqncshim"), _statuses()]
    return "".join(f"\n{part}\n" for part in parts)


def _commands(group: click.Group, path: str) -> Iterator[str]:
    """Describe what can be run below *group*; the options that all its commands share come once, last."""
    context = click.Context(group, info_name=path)
    found = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    leaves = [(name, command) for name, command in found if command and not isinstance(command, click.Group)]
    shared = _shared([command for _, command in leaves])
    for name, command in leaves:
        yield _command(command, f"{path} {name}", shared)
    if shared:
        yield f"## Options of every `{path}`\n\n{_table(shared, leaves[0][1])}"
    for name, below in found:
        if isinstance(below, click.Group):
            yield from _commands(below, f"{path} {name}")


def _shared(commands: list[click.Command]) -> list[str]:
    """The names of the options that each of several commands has."""
    if len(commands) < 2:
        return []
    names = [_names(command) for command in commands]
    return [name for name in names[0] if all(name in others for others in names)]


def _names(command: click.Command) -> list[str]:
    return [option.name or "" for option in _options(command)]


def _options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def _command(command: click.Command, path: str, shared: list[str]) -> str:
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *command.collect_usage_pieces(context)])
    own = [name for name in _names(command) if name not in shared]
    parts = [f"## {path}", f"```text\n{usage}\n```", _text(command.help or "")]
    return "\n\n".join([*parts, _table(own, command)] if own else parts)


def _text(help_text: str) -> str:
    """A help text as Markdown: its examples as code."""
    paragraphs = inspect.cleandoc(help_text).split("\n\n")
    return "\n\n".join(map(_paragraph, paragraphs))


def _paragraph(text: str) -> str:
    if text.startswith("\b\n"):  # click: leave these lines as they are
        return f"```text\n{inspect.cleandoc(text[2:])}\n```"
    if text.startswith("Example: "):
        return f"Example: `{text.removeprefix('Example: ')}`"
    return text


def _table(names: list[str], command: click.Command) -> str:
    rows = ["| option | variable | meaning |", "|---|---|---|"]
    rows += [_row(option) for option in _options(command) if option.name in names]
    return "\n".join(rows)


def _row(option: click.Option) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(click.Context(click.Command('x')))}"
    name = ", ".join(option.opts) + value
    variable = f"`{option.envvar}`" if isinstance(option.envvar, str) else ""
    default = f" Default: `{option.default}`." if option.show_default and not option.is_flag else ""
    return f"| `{name.replace('|', ESCAPED_BAR)}` | {variable} | {option.help}{default} |"


def _statuses() -> str:
    rows = [f"| {code} | {status.value} |" for status, code in STATUS_CODES.items()]
    rows.insert(2, f"| {BAD_INPUT} | what was given cannot be used: a file, an option, a value |")
    return "\n".join(["## Exit status of `sqnc`", "", "| status | meaning |", "|---|---|", *rows])


if __name__ == "__main__":
    main()
