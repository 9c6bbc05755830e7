"""JSON as Go's `encoding/json` writes and reads it, because that is what stands at Concourse's end.

A reader sees only the first value of a text; what follows is ignored. Its complaints are Go's, word for word,
so that they can be looked up.
"""

from __future__ import annotations

import json
import math
from typing import Final, NoReturn

_ESCAPED: Final = str.maketrans(
    {
        "<": r"\u003c",
        ">": r"\u003e",
        "&": r"\u0026",
        "\u2028": r"\u2028",
        "\u2029": r"\u2029",
    }
)
_SPACE: Final = " \t\r\n"
_LITERALS: Final = {"t": "true", "f": "false", "n": "null"}
# what Python's reader says, and what Go's does; the character stands at the place of the error
_WORDS: Final = (
    ("Expecting value", "looking for beginning of value"),
    ("Expecting property name", "looking for beginning of object key string"),
    ("Illegal trailing comma before end of object", "looking for beginning of object key string"),
    ("Illegal trailing comma before end of array", "looking for beginning of value"),
    ("Expecting ':' delimiter", "after object key"),
    ("Expecting ',' delimiter", "after array element"),
    ("Invalid control character", "in string literal"),
    ("Invalid \\escape", "in string escape code"),
    ("Invalid \\uXXXX escape", r"in \u hexadecimal character escape"),
)


class GoJsonError(ValueError):
    """The text is no JSON; the message is Go's."""


def encode(value: object) -> str:
    """*value* as `json.Marshal` writes it: keys sorted, no spaces, whole floats as integers."""
    text = json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.translate(_ESCAPED)


def number_text(value: float) -> str:
    """A float as Go writes it into JSON."""
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value).replace("e-0", "e-").replace("e+0", "e+")


def decode_first(text: str) -> object:
    """Return the first value in *text*; raise GoJsonError, EOFError where there is nothing but space."""
    start = len(text) - len(text.lstrip(_SPACE))
    if start == len(text):
        raise EOFError
    try:
        value, _ = json.JSONDecoder(parse_constant=_refuse).raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise GoJsonError(_complaint(error, text)) from error
    except RecursionError as error:
        raise GoJsonError("exceeded max depth") from error
    return value


def kind_of(value: object) -> str:
    """Go's word for the kind of a JSON value."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _plain(value: object) -> object:
    match value:
        case float() if not math.isfinite(value):
            raise GoJsonError(f"json: unsupported value: {value}")
        case float() if value.is_integer() and abs(value) < 1e21:
            return int(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    return value


def _refuse(name: str) -> NoReturn:
    if name.startswith("-"):
        raise GoJsonError("invalid character 'I' in numeric literal")
    raise GoJsonError(f"invalid character '{name[0]}' looking for beginning of value")


def _complaint(error: json.JSONDecodeError, text: str) -> str:
    place = error.pos
    # Python points at the comma or backslash, Go at what follows it
    place += error.msg.startswith(("Illegal trailing comma", "Invalid \\"))
    while place < len(text) and text[place] in _SPACE and not error.msg.startswith("Invalid"):
        place += 1
    if place >= len(text) or error.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    if error.msg == "Expecting value" and text[place] in _LITERALS:
        return _broken_literal(text, place)
    words = next((go for python, go in _WORDS if error.msg.startswith(python)), error.msg)
    if words == "after array element" and _is_in_object(text[:place]):
        words = "after object key:value pair"
    return f"invalid character {_quoted(text[place])} {words}"


def _broken_literal(text: str, start: int) -> str:
    """What Go says of a word that begins as `true`, `false` or `null` do."""
    literal = _LITERALS[text[start]]
    for offset, expected in enumerate(literal):
        if start + offset >= len(text):
            return "unexpected EOF"
        found = text[start + offset]
        if found != expected:
            return f"invalid character {_quoted(found)} in literal {literal} (expecting '{expected}')"
    raise AssertionError("the literal is whole")


def _is_in_object(text: str) -> bool:
    """Say whether the innermost bracket that is open at the end of *text*, valid so far, is a brace."""
    is_open: list[str] = []
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "{[":
            is_open.append(character)
        elif character in "}]":
            is_open.pop()
    return bool(is_open) and is_open[-1] == "{"


def _quoted(character: str) -> str:
    special = {"'": r"'\''", '"': "'\"'", "\n": r"'\n'", "\t": r"'\t'", "\r": r"'\r'", "\\": r"'\\'"}
    return special.get(character, f"'{character}'")
