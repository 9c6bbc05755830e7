"""Checks expressions without values: their syntax, and whether the names in them are available there."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from actions_compat.expressions import Expression, ExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actions_compat.reader.shapes import Names

_MAX_LENGTH = 21_000
_NOT_CLOSED = (
    "The expression is not closed. An unescaped ${{ sequence was found, but the closing }} sequence was not"
    " found."
)
_EMBEDDED_DIRECTIVE = (
    "The directive 'insert' is not allowed in this context. Directives are not supported for expressions that"
    " are embedded within a string. Directives are only supported when the entire value is an expression."
)


@lru_cache(maxsize=4096)
def check_template(text: str, names: Names) -> None:
    """Check each `${{ }}` in *text*; raise ExpressionError for the first mistake."""
    length = 0
    for literal, expression in _segments(text):
        length += len(literal) + literal.count("'") + len(expression)
        if expression:
            _check_segment(expression, text, names)
    if length > _MAX_LENGTH:
        raise ExpressionError("Exceeded max expression length 21000")


def check_expression(text: str, names: Names) -> None:
    """Check *text*, an expression without `${{ }}`; raise ExpressionError."""
    Expression.parse(text, contexts=names.contexts, functions=names.functions)


def _check_segment(expression: str, text: str, names: Names) -> None:
    inner = expression.strip()
    if not inner:
        raise ExpressionError("An expression was expected")
    if inner == "insert" and len(text) > len(expression) + 5:
        raise ExpressionError(_EMBEDDED_DIRECTIVE)
    check_expression(inner, names)


def _segments(text: str) -> Iterator[tuple[str, str]]:
    """Yield each literal with the expression after it, without `${{` and `}}`; '' after the last."""
    start = 0
    while (opening := text.find("${{", start)) >= 0:
        closing = _closing(text, opening + 3)
        yield text[start:opening], text[opening + 3 : closing]
        start = closing + 2
    yield text[start:], ""


def _closing(text: str, start: int) -> int:
    """The index of the `}}` that ends the expression begun before *start*; those in quotes do not."""
    while True:
        closing = text.find("}}", start)
        quote = text.find("'", start)
        if closing < 0:
            raise ExpressionError(_NOT_CLOSED)
        if quote < 0 or closing < quote:
            return closing
        start = text.find("'", quote + 1) + 1
        if not start:
            raise ExpressionError(_NOT_CLOSED)
