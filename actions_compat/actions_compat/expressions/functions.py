"""The functions that every expression has.

Each takes its call, whose `children` are the arguments not yet evaluated, and
the evaluation; status functions and hashFiles are the caller's to bring.
"""

from __future__ import annotations

import re

from actions_compat.expressions.errors import EvaluationError
from actions_compat.expressions.memory import MemoryCounter
from actions_compat.expressions.values import (
    BOOLEAN,
    equals,
    fold,
    is_primitive,
    kind_of,
    to_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Final

    from actions_compat.expressions.nodes import Call, Evaluation, Function

UNLIMITED: Final = 1_000_000  # more than MAX_LENGTH characters can hold


def contains(call: Call, run: Evaluation) -> object:
    """A substring, or an item of an array; case is ignored."""
    searched, item = call.children
    within = searched.evaluate(run)
    if is_primitive(within):
        sought = item.evaluate(run)
        return is_primitive(sought) and fold(to_text(sought)) in fold(to_text(within))
    if isinstance(within, (list, tuple)) and within:
        sought = item.evaluate(run)
        return any(equals(sought, candidate) for candidate in within)
    return False


def starts_with(call: Call, run: Evaluation) -> object:
    text, prefix = (argument.evaluate(run) for argument in call.children)
    return (
        is_primitive(text) and is_primitive(prefix) and fold(to_text(text)).startswith(fold(to_text(prefix)))
    )


def ends_with(call: Call, run: Evaluation) -> object:
    text, suffix = (argument.evaluate(run) for argument in call.children)
    return is_primitive(text) and is_primitive(suffix) and fold(to_text(text)).endswith(fold(to_text(suffix)))


def case(call: Call, run: Evaluation) -> object:
    """The value after the first predicate that is true, or the last argument."""
    *branches, default = call.children
    for predicate, value in zip(branches[::2], branches[1::2], strict=True):
        decision = predicate.evaluate(run)
        if kind_of(decision) is not BOOLEAN:
            raise EvaluationError("case predicate must evaluate to a boolean value")
        if decision:
            return value.evaluate(run)
    return default.evaluate(run)


def join(call: Call, run: Evaluation) -> object:
    """The items as text between separators; the separator is evaluated only if there are two items."""
    items = call.children[0].evaluate(run)
    if not isinstance(items, (list, tuple)):
        return to_text(items) if is_primitive(items) else ""
    separator = ","
    if len(items) > 1 and len(call.children) > 1:
        given = call.children[1].evaluate(run)
        separator = to_text(given) if is_primitive(given) else separator
    memory = MemoryCounter(run.limit_bytes, call)
    parts: list[str] = []
    for item in items:
        if parts:
            memory.add_text(separator)
        parts.append(to_text(item))
        memory.add_text(parts[-1])
    return separator.join(parts)


_PLACEHOLDER = re.compile(r"\{([0-9]+)(?:\}|:((?:[^}]|\}\})*)\}(?!\}))")


def format_(call: Call, run: Evaluation) -> object:
    """`{N}` is the argument N, `{{` and `}}` are braces; each argument is evaluated once, when it is met."""
    template, *arguments = call.children
    text = to_text(template.evaluate(run))
    memory = MemoryCounter(run.limit_bytes, call)
    evaluated: dict[int, tuple[object, str]] = {}
    result: list[str] = []
    for segment in list(_segments(text, len(arguments), memory)):
        if isinstance(segment, str):
            result.append(segment)
            continue
        number, specifiers = segment
        if number not in evaluated:
            value = arguments[number].evaluate(run)
            evaluated[number] = (value, to_text(value))
        value, shown = evaluated[number]
        if specifiers:
            kind = kind_of(value)
            raise EvaluationError(
                f"The format specifiers '{specifiers}' are not valid for objects of type '{kind}'"
            )
        memory.add_text(shown) if shown else None
        result.append(shown)
    return "".join(result)


def _segments(text: str, count: int, memory: MemoryCounter) -> Iterator[str | tuple[int, str]]:
    """Yield the literal parts of a format, and for each placeholder its number and specifiers."""
    start = 0
    while start < len(text):
        brace = next((at for at in range(start, len(text)) if text[at] in "{}"), len(text))
        doubled = text[brace : brace + 2] in {"{{", "}}"}
        literal = text[start : brace + doubled]
        if literal:
            memory.add_text(literal)
            yield literal
        start = brace + 2 * doubled
        if doubled or brace == len(text):
            continue
        found = _PLACEHOLDER.match(text, brace)
        number = found[1].lstrip("0") or "0" if found else ""
        if found is None or len(number) > 3 or int(number) > 255:
            raise EvaluationError(f"The following format string is invalid: {text}")
        if int(number) >= count:
            raise EvaluationError(
                f"The following format string references more arguments than were supplied: {text}"
            )
        yield int(number), (found[2] or "").replace("}}", "}")
        start = found.end()


def to_json(call: Call, run: Evaluation) -> object:
    from actions_compat.expressions.json import write_json  # noqa: PLC0415  (most expressions need no JSON)

    value = call.children[0].evaluate(run)
    return write_json(value, MemoryCounter(run.limit_bytes, call))


def from_json(call: Call, run: Evaluation) -> object:
    from actions_compat.expressions.json import read_json  # noqa: PLC0415  (most expressions need no JSON)

    return read_json(to_text(call.children[0].evaluate(run)), strict=run.strict_json)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "case": case,
    "contains": contains,
    "endswith": ends_with,
    "format": format_,
    "fromjson": from_json,
    "join": join,
    "startswith": starts_with,
    "tojson": to_json,
}

# name → fewest and most arguments
ARITIES: Final[Mapping[str, tuple[int, int]]] = {
    "case": (3, 255),
    "contains": (2, 2),
    "endswith": (2, 2),
    "format": (1, 255),
    "fromjson": (1, 1),
    "join": (1, 2),
    "startswith": (2, 2),
    "tojson": (1, 1),
}

_BROUGHT_ARITIES: Final[Mapping[str, tuple[int, int]]] = {
    "always": (0, 0),
    "cancelled": (0, 0),
    "failure": (0, 0),
    "hashfiles": (1, 255),
    "success": (0, 0),
}


def brought_arity(name: str, function: Callable[..., object] | None = None) -> tuple[int, int]:
    """Return how many arguments a function takes that the caller brings.

    Its own attribute `arity` says it; else the function of GitHub's that has its
    (lower-case) name; else any number is accepted.
    """
    arity: object = getattr(function, "arity", None)
    if isinstance(arity, tuple):
        return arity
    return _BROUGHT_ARITIES.get(name, (0, UNLIMITED))
