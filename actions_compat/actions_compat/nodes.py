"""The tree of a workflow or action file: typed values, each with its place, and what they mean at run time.

ValueError
├── WorkflowError   one mistake at one place: in the file, or in evaluating what the file says
└── WorkflowErrors  all mistakes that a reader found
"""

from __future__ import annotations

import math
from collections.abc import Mapping as KeyMapping
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from actions_compat.templates import Template

    Contexts: TypeAlias = KeyMapping[str, object]
    Functions: TypeAlias = KeyMapping[str, Callable[..., object]]

OPEN = "${{"
MAX_ERRORS = 10
MAX_STRICT_ERRORS = 1000  # for linting; nobody reads more, and each looks for what was meant
MAX_MESSAGE = 500


@frozen
class Position:
    """A place in a file; line and column count from 1. Line 0 is the file as a whole."""

    file: str
    line: int
    column: int


class WorkflowError(ValueError):
    """One mistake: where it is, what GitHub says about it, and what we suggest.

    `message` is GitHub's; `hint` is ours, or empty. `located=False` leaves the place out of `github`,
    because GitHub gives none for mistakes that its YAML reader finds.
    """

    def __init__(self, position: Position, message: str, *, hint: str = "", located: bool = True) -> None:
        self.file, self.line, self.column = position.file, position.line, position.column
        self.position = position
        self.message = message
        self.hint = hint
        self.located = located and position.line > 0
        super().__init__(message)

    @property
    def github(self) -> str:
        """The error in GitHub's words and form."""
        if not self.file:
            return _shorten(self.message)
        place = f" (Line: {self.line}, Col: {self.column})" if self.located else ""
        return _shorten(f"{self.file}{place}: {self.message}")

    def __str__(self) -> str:
        place = [self.file] if self.file else []
        place += [str(self.line), str(self.column)] if self.line else []
        hint = f" ({self.hint})" if self.hint else ""
        return _shorten(": ".join(filter(None, (":".join(place), self.message)))) + hint


def _shorten(message: str) -> str:
    return message if len(message) <= MAX_MESSAGE else message[:MAX_MESSAGE] + "[...]"


class WorkflowErrors(ValueError):  # noqa: N818  (it is many)
    """Everything that is wrong with a file, in the order of the checks.

    At most ten, as GitHub's; a strict reader tells of a thousand.
    """

    def __init__(self, errors: Iterable[WorkflowError]) -> None:
        self.errors = tuple(errors)
        super().__init__(self.errors)

    @property
    def github(self) -> str:
        """The first ten errors in GitHub's words and form, one on each line."""
        return "\n".join(error.github for error in self.errors[:MAX_ERRORS])

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


@frozen
class Scalar:
    """One value.

    `value` is what YAML 1.2's core schema makes of it; `text` is what stands in the file, without quotes,
    escapes and folding.
    """

    position: Position
    value: str | int | float | bool | None
    text: str

    @property
    def template(self) -> Template | None:
        """The parsed template where the value holds `${{ }}`; raise ExpressionError where it is wrong."""
        return parse_template(self.text) if self.has_expression else None

    @property
    def has_expression(self) -> bool:
        """Whether the value holds a `${{`, be it closed or not."""
        return isinstance(self.value, str) and OPEN in self.value


@frozen
class Sequence:
    position: Position
    items: tuple[Node, ...]


@frozen
class Mapping:
    position: Position
    items: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        """The value under *key*, compared exactly; None where there is none."""
        return next((value for name, value in self.items if name.text == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """`Template.parse`, once for each text: the reader checks what the engine evaluates later."""
    from actions_compat.templates import Template  # noqa: PLC0415  (a file without expressions needs none of it)

    return Template.parse(text)


def resolve(node: Node | None, contexts: Contexts, *, functions: Functions | None = None) -> object:
    """Return the whole tree as Python values, every template evaluated; None for no node.

    `${{ insert }}` as a key splices the mapping that its value gives. Raise WorkflowError, at the place of
    the template, for what does not evaluate.
    """
    match node:
        case None:
            return None
        case Scalar():
            return _evaluate(node, contexts, functions)
        case Sequence():
            return _resolve_sequence(node, contexts, functions)
        case Mapping():
            return _resolve_items(node, contexts, functions)


def resolve_text(node: Node | None, contexts: Contexts, *, functions: Functions | None = None) -> str:
    """Return the value as text, coerced as GitHub does; '' for no node.

    Raise WorkflowError for a list or a mapping, and for what does not evaluate.
    """
    if node is None:
        return ""
    if not isinstance(node, Scalar):
        kind = "sequence" if isinstance(node, Sequence) else "mapping"
        raise WorkflowError(node.position, f"A {kind} was not expected")
    return to_text(_evaluate(node, contexts, functions))


def resolve_number(
    node: Node | None, contexts: Contexts, *, functions: Functions | None = None
) -> float | None:
    """Return the value as a number, one in text included; None for no node, and for null and ''.

    Raise WorkflowError for anything else, and for what does not evaluate.
    """
    if node is None:
        return None
    value = resolve(node, contexts, functions=functions)
    if value is None or value == "":
        return None
    number = math.nan
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise WorkflowError(
            node.position, f"Unexpected value '{to_text(value)}'", hint="a number is expected"
        )
    return number


def resolve_mapping(
    node: Node | None, contexts: Contexts, *, functions: Functions | None = None
) -> dict[str, object]:
    """Return the mapping with every template evaluated, in file order; {} for no node and for null.

    Raise WorkflowError for anything that is no mapping, and for what does not evaluate.
    """
    if node is None:
        return {}
    value = resolve(node, contexts, functions=functions)
    if value is None:
        return {}
    if not isinstance(value, KeyMapping):
        raise WorkflowError(node.position, "A mapping was expected")
    return {to_text(key): item for key, item in value.items()}


def _resolve_sequence(node: Sequence, contexts: Contexts, functions: Functions | None) -> list[object]:
    """The items; a list that comes of an expression stands there with its items, as GitHub inserts it."""
    result: list[object] = []
    for item in node.items:
        value = resolve(item, contexts, functions=functions)
        if isinstance(item, Scalar) and isinstance(value, list):
            result += value
        else:
            result.append(value)
    return result


def _resolve_items(node: Mapping, contexts: Contexts, functions: Functions | None) -> dict[str, object]:
    result: dict[str, object] = {}
    seen: set[str] = set()
    for key, item in node.items:
        for name, value in _resolve_item(key, item, contexts, functions):
            if name.upper() in seen:
                raise WorkflowError(key.position, f"'{name}' is already defined")
            seen.add(name.upper())
            result[name] = value
    return result


def _resolve_item(
    key: Scalar, item: Node, contexts: Contexts, functions: Functions | None
) -> list[tuple[str, object]]:
    """One pair, or those that `${{ insert }}` splices."""
    value = resolve(item, contexts, functions=functions)
    if not is_insert(key):
        return [(to_text(_evaluate(key, contexts, functions)), value)]
    if not isinstance(value, KeyMapping):
        raise WorkflowError(item.position, "A mapping was expected", hint="`${{ insert }}` splices one")
    return [(to_text(name), inner) for name, inner in value.items()]


def is_insert(key: Scalar) -> bool:
    """Whether *key* is the directive `${{ insert }}`."""
    text = key.text
    return text.startswith(OPEN) and text.endswith("}}") and text[3:-2].strip() == "insert"


def _evaluate(node: Scalar, contexts: Contexts, functions: Functions | None) -> object:
    if not node.has_expression:
        return node.value
    from actions_compat.expressions import ExpressionError  # noqa: PLC0415  (as above)

    try:
        template = parse_template(node.text)
        return template.evaluate(contexts, functions=functions)
    except ExpressionError as error:
        raise WorkflowError(node.position, str(error)) from error


def to_text(value: object) -> str:
    """*value* as GitHub writes it into text: null is '', numbers have at most 15 digits."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    from actions_compat.expressions.values import to_text as coerce  # noqa: PLC0415  (as above)

    return coerce(value)
