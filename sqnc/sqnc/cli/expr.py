"""`sqnc expr`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

import click

from sqnc.cli.options import directory_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from actions_compat.conditions import Status
    from actions_compat.expressions import ExpressionError
    from actions_compat.nodes import Node


_SHOWN: Final = 80  # characters on each side of the mistake


class InvalidExpressionError(Exception):
    """The expression has no value; the message is GitHub's, with the place below it."""


@click.command()
@click.argument("expression")
@click.option(
    "--contexts",
    "file",
    metavar="FILE",
    help="JSON or YAML: a mapping of contexts, such as github; - is standard input. No other name is known.",
)
@click.option(
    "--status",
    type=click.Choice(["success", "failure", "cancelled"]),
    default="success",
    show_default=True,
    help="The job's status, which success(), failure() and cancelled() ask for.",
)
@directory_option("Where hashFiles() looks for files.  [default: the current folder]")
@click.option(
    "-r",
    "--raw",
    is_flag=True,
    help="Print a string as it is, and other single values as GitHub writes them into a text.",
)
def command(expression: str, *, file: str | None, status: Status, directory: Path, raw: bool) -> int:
    """Evaluate an expression, with or without ${{ }}, or a text that holds several.

    The value is printed as toJSON() writes it, so that a string has quotes and null is `null`.

    Example: sqnc expr "contains('hello', 'ell')"
    """
    from actions_compat.expressions import ExpressionError  # noqa: PLC0415  (--help needs no expressions)
    from actions_compat.hashfiles import HashFilesError  # noqa: PLC0415  (as above)

    contexts = _read_contexts(file) if file else {}
    try:
        value = _evaluate(expression, contexts, _functions(status, directory))
        click.echo(_printed(value, raw=raw))
    except ExpressionError as error:
        raise InvalidExpressionError(_shown(error)) from error
    except HashFilesError as error:
        raise InvalidExpressionError(
            f"{error}: {error.__cause__}" if error.__cause__ else str(error)
        ) from error
    return 0


def _evaluate(
    expression: str, contexts: dict[str, object], functions: dict[str, Callable[..., object]]
) -> object:
    from actions_compat.expressions import evaluate  # noqa: PLC0415  (as above)
    from actions_compat.templates import Template  # noqa: PLC0415  (as above)

    if "${{" in expression:
        return Template.parse(expression).evaluate(contexts, functions=functions)
    return evaluate(expression, contexts, functions=functions)


def _functions(status: Status, directory: Path) -> dict[str, Callable[..., object]]:
    from actions_compat.conditions import status_functions  # noqa: PLC0415  (as above)
    from actions_compat.expressions import to_text  # noqa: PLC0415  (as above)
    from actions_compat.hashfiles import hash_files, parse_arguments  # noqa: PLC0415  (as above)

    def hash_files_of(*arguments: object) -> str:
        patterns, follow = parse_arguments([to_text(argument) for argument in arguments])
        return hash_files(directory, patterns, follow_symbolic_links=follow)

    return {**status_functions(status), "hashFiles": hash_files_of}


def _printed(value: object, *, raw: bool) -> str:
    from actions_compat.expressions import evaluate, to_text  # noqa: PLC0415  (as above)

    if raw and not isinstance(value, dict | list):
        return to_text(value)
    return str(evaluate("toJSON(value)", {"value": value}, max_memory=sys.maxsize))


def _shown(error: ExpressionError) -> str:
    """The message, and the line of the expression with a mark below what it means."""
    from actions_compat.expressions import ExpressionSyntaxError  # noqa: PLC0415  (as above)

    if not isinstance(error, ExpressionSyntaxError) or error.index is None:
        return str(error)
    before, after = error.expression[: error.index], error.expression[error.index :]
    start, end = before.rpartition("\n")[2], after.partition("\n")[0]
    start = start if len(start) <= _SHOWN else "…" + start[-_SHOWN:]
    end = end if len(end) <= _SHOWN else end[:_SHOWN] + "…"
    mark = "^" * max(1, _columns(error.symbol.partition("\n")[0][: len(end)]))
    margin = "".join("\t" if character == "\t" else " " * _columns(character) for character in start)
    return f"{error}\n  {start}{end}\n  {margin}{mark}"


def _columns(text: str) -> int:
    """How many columns of a terminal *text* takes: East Asian characters take two, marks upon others none."""
    from unicodedata import combining, east_asian_width  # noqa: PLC0415  (for a message alone)

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def _read_contexts(file: str) -> dict[str, object]:
    from actions_compat.expressions import CaseSensitive  # noqa: PLC0415  (as above)
    from sqnc.cli.values import ValueFileError  # noqa: PLC0415  (as above)
    from sqnc.sources import read_text, shown_name  # noqa: PLC0415  (as above)

    contexts = _parse(read_text(file, limit_bytes=-1), shown_name(file))
    if not isinstance(contexts, dict):
        raise ValueFileError(f"{shown_name(file)}: expected a mapping of contexts, such as github")
    if isinstance(contexts.get("env"), dict):
        contexts["env"] = CaseSensitive(contexts["env"])  # as in a run
    return contexts


def _parse(text: str, file: str) -> object:
    """JSON, which may be as large as an event's payload, or else YAML."""
    from actions_compat.yaml_tree import read_yaml  # noqa: PLC0415  (as above)

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _plain(read_yaml(text, file=file))


def _plain(node: Node | None) -> object:
    """The values of a tree, its texts as they are."""
    from actions_compat.nodes import Mapping, Scalar, Sequence, to_text  # noqa: PLC0415  (as above)

    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [_plain(item) for item in node.items]
        case Mapping():
            return {to_text(key.value): _plain(value) for key, value in node.items}
        case None:
            return None
