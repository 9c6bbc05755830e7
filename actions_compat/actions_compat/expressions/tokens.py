"""The lexer: an expression's text to its tokens, each legal after the one before it."""

from __future__ import annotations

import re

from actions_compat.expressions.errors import ExpressionSyntaxError
from actions_compat.expressions.values import WHITESPACE, parse_number, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final, TypeAlias

    # kind, raw text, offset in the expression, value of a literal
    Lexeme: TypeAlias = "tuple[int, str, int, object]"

(
    START,  # before the first token
    LITERAL,
    NAMED_VALUE,
    FUNCTION,
    PROPERTY,
    WILDCARD,
    DEREFERENCE,
    OPERATOR,
    SEPARATOR,
    START_GROUP,
    START_PARAMETERS,
    START_INDEX,
    END_GROUP,
    END_PARAMETERS,
    END_INDEX,
) = range(15)

_BEFORE_OPERAND: Final = frozenset({START, SEPARATOR, START_GROUP, START_PARAMETERS, START_INDEX, OPERATOR})
_BEFORE_INDEX: Final = frozenset({END_GROUP, END_PARAMETERS, END_INDEX, WILDCARD, PROPERTY, NAMED_VALUE})
_AFTER_OPERAND: Final = _BEFORE_INDEX | {LITERAL}
_LEGAL_AFTER: Final = {
    START_GROUP: _BEFORE_OPERAND,
    START_PARAMETERS: frozenset({FUNCTION}),
    START_INDEX: _BEFORE_INDEX,
    END_GROUP: _AFTER_OPERAND,
    END_PARAMETERS: _AFTER_OPERAND | {START_PARAMETERS},
    END_INDEX: _AFTER_OPERAND,
    SEPARATOR: _AFTER_OPERAND,
    WILDCARD: frozenset({START_INDEX, DEREFERENCE}),
}
_OPENED_BY: Final = {
    END_GROUP: START_GROUP,
    END_PARAMETERS: START_PARAMETERS,
    END_INDEX: START_INDEX,
    SEPARATOR: START_PARAMETERS,
}
_KEYWORDS: Final[dict[str, object]] = {
    "null": None,
    "true": True,
    "false": False,
    "NaN": float("nan"),
    "Infinity": float("inf"),
}
_PUNCTUATION: Final = {
    "(": START_GROUP,
    ")": END_GROUP,
    "[": START_INDEX,
    "]": END_INDEX,
    ",": SEPARATOR,
    "*": WILDCARD,
}

_SPACE = f"[{WHITESPACE}]"
_INSIDE = rf"[^{WHITESPACE}()\[\],.!><=&|]"  # what does not end a token
_TOKEN = re.compile(
    rf"{_SPACE}*+(?:"
    rf"([A-Za-z_][A-Za-z0-9_-]*+)(?!{_INSIDE})(?:(?={_SPACE}*+(\()))?"  # 1: keyword, 2: a call follows
    r"|('[^']*+(?:''[^']*+)*+')"  # 3: string
    r"|(!=|>=|<=|==|&&|\|\||[!><])"  # 4: operator
    r"|([()\[\],*])"  # 5: punctuation
    r"|(\.)"  # 6: dereference, or the start of a number
    rf"|([-+0-9](?:{_INSIDE}|\.)*+)"  # 7: number
    rf"|('.*+|.{_INSIDE}*+))?",  # 8: anything else: an unclosed string, a bad symbol
    re.DOTALL,
)
_DOT_NUMBER = re.compile(rf"\.(?:{_INSIDE}|\.)*+")


def unexpected(text: str, raw: str, index: int) -> ExpressionSyntaxError:
    return ExpressionSyntaxError("Unexpected symbol", text, raw, index)


def tokens(text: str) -> Iterator[Lexeme]:
    """Yield the tokens of *text*; raise ExpressionSyntaxError at the first that cannot stand there."""
    match = _TOKEN.match
    last = START
    index = 0
    opened: list[int] = []
    while True:
        found = match(text, index)
        assert found is not None  # every part of the pattern may be absent
        group = found.lastindex
        if group is None:
            return
        index = found.end()
        kind, raw, start, value = last, found[group], found.start(group), None
        if group <= 2:
            raw, start = found[1], found.start(1)
            kind, value = _keyword(raw, last, calls=group == 2)
            legal = kind == PROPERTY or last in _BEFORE_OPERAND
        elif group == 3:
            kind, value = LITERAL, raw[1:-1].replace("''", "'")
            legal = last in _BEFORE_OPERAND
        elif group == 4:
            kind = OPERATOR
            legal = last in (_BEFORE_OPERAND if raw == "!" else _AFTER_OPERAND)
        elif group == 5:
            kind = _punctuation(raw, last, opened)
            legal = _track(kind, last, opened)
        elif group == 6 and last not in _BEFORE_OPERAND:
            kind = DEREFERENCE
            legal = last in _BEFORE_INDEX
        elif group == 8:
            legal = False
        else:
            raw = _number_text(text, raw, start)
            index = start + len(raw)
            number = parse_number(raw)
            kind, value = LITERAL, whole(number)
            legal = number == number and last in _BEFORE_OPERAND  # noqa: PLR0124  (NaN alone differs from itself)
        if not legal:
            raise unexpected(text, raw, start)
        yield kind, raw, start, value
        last = kind


def _keyword(raw: str, last: int, *, calls: bool) -> tuple[int, object]:
    if last == DEREFERENCE:
        return PROPERTY, raw
    if raw in _KEYWORDS:
        return LITERAL, _KEYWORDS[raw]
    return (FUNCTION if calls else NAMED_VALUE), None


def _number_text(text: str, raw: str, start: int) -> str:
    if raw != ".":
        return raw
    found = _DOT_NUMBER.match(text, start)
    assert found is not None  # the dot is there
    return found[0]


def _punctuation(raw: str, last: int, opened: list[int]) -> int:
    """Tell the parentheses of a call from those of a group."""
    if raw == "(" and last == FUNCTION:
        return START_PARAMETERS
    if raw == ")" and opened and opened[-1] == START_PARAMETERS:
        return END_PARAMETERS
    return _PUNCTUATION[raw]


def _track(kind: int, last: int, opened: list[int]) -> bool:
    """Say whether *kind* may follow *last*, inside what is open; open or close it if so."""
    if last not in _LEGAL_AFTER[kind]:
        return False
    if kind in {START_GROUP, START_PARAMETERS, START_INDEX}:
        opened.append(kind)
    elif kind in _OPENED_BY:
        if not opened or opened[-1] != _OPENED_BY[kind]:
            return False
        if kind != SEPARATOR:
            opened.pop()
    return True
