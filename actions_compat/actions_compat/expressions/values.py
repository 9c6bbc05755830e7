"""Values as GitHub sees them: kinds, coercion and comparison.

A value is None, a bool, a number (int or float, always a double in meaning), a
str, an array (list, tuple) or an object (any Mapping). Values are read where
they lie; nothing here copies a collection.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from math import inf, nan

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from typing import Final

NULL: Final = "Null"
BOOLEAN: Final = "Boolean"
NUMBER: Final = "Number"
STRING: Final = "String"
ARRAY: Final = "Array"
OBJECT: Final = "Object"

# .NET's Char.IsWhiteSpace; Python's str.isspace() also takes U+001C to U+001F
WHITESPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

_KIND_OF_TYPE: Final[dict[type, str]] = {
    type(None): NULL,
    bool: BOOLEAN,
    int: NUMBER,
    float: NUMBER,
    str: STRING,
    list: ARRAY,
    tuple: ARRAY,
    dict: OBJECT,
}


class FilteredArray(list[object]):
    """What `.*` gives: indexing it looks into each item, and drops the misses."""

    __slots__ = ()


class CaseSensitive(Mapping[str, object]):
    """A mapping whose keys keep their case, as those of `env` do on Linux."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, object]) -> None:
        self._items = items

    def __getitem__(self, key: str) -> object:
        return self._items[key]

    def __contains__(self, key: object) -> bool:
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


def kind_of(value: object) -> str:
    """Return the kind of *value*; what is no JSON value is an object without keys."""
    kind = _KIND_OF_TYPE.get(type(value))
    if kind is not None:
        return kind
    for base, kind in ((str, STRING), (int, NUMBER), (float, NUMBER), (list, ARRAY), (tuple, ARRAY)):
        if isinstance(value, base):
            return kind
    return OBJECT


def is_primitive(value: object) -> bool:
    kind = kind_of(value)
    return kind is not ARRAY and kind is not OBJECT


def is_truthy(value: object) -> bool:
    """All but null, false, zero, NaN and the empty string: `'false'`, `[]` and `{}` too."""
    kind = kind_of(value)
    if kind is NUMBER:
        return bool(value) and value == value  # noqa: PLR0124  (NaN alone differs from itself)
    return kind is ARRAY or kind is OBJECT or bool(value)


def to_text(value: object) -> str:
    """Return *value* as `${{ }}` inside a text shows it: `''`, `true`, `1.5`, `Array`, `Object`."""
    if type(value) is str:
        return value
    kind = kind_of(value)
    if kind is NUMBER:
        return number_text(to_number(value))
    if kind is BOOLEAN:
        return "true" if value else "false"
    if kind is STRING:
        return str.__str__(value)
    return "" if kind is NULL else kind


def number_text(number: float) -> str:
    """Write a double as .NET's G15 does: 15 digits, `1E+15`, and no sign on zero."""
    if number != number:  # noqa: PLR0124  (NaN alone differs from itself)
        return "NaN"
    if number in {inf, -inf}:
        return "Infinity" if number > 0 else "-Infinity"
    return f"{number:.15g}".replace("e", "E") if number else "0"


def to_number(value: object) -> float:
    kind = kind_of(value)
    if kind is STRING:
        return parse_number(str(value))
    if kind is ARRAY or kind is OBJECT:
        return nan
    assert value is None or isinstance(value, (int, float))
    try:
        return float(value or 0)
    except OverflowError:
        return inf if value and value > 0 else -inf


def whole(number: float) -> int | float:
    """Return *number* as an int where it is one."""
    return int(number) if number.is_integer() else number


_DECIMAL = re.compile(r"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_INFINITY = re.compile(r"[+-]?infinity", re.IGNORECASE | re.ASCII)
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]++")
_OCTAL = re.compile(r"0o[0-7]++")


def parse_number(text: str) -> float:
    """Read a number as .NET does: empty is 0, hex and octal are Int32, anything else is NaN."""
    text = text.strip(WHITESPACE)
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _INFINITY.fullmatch(text):
        return -inf if text[0] == "-" else inf
    if _HEXADECIMAL.fullmatch(text):
        return _int32(text[2:].lstrip("0"), 16)
    if _OCTAL.fullmatch(text):
        return _int32(text[2:].lstrip("0"), 8)
    return nan


def _int32(digits: str, base: int) -> float:
    if len(digits) > 11:  # Int32 has eleven octal digits, eight hexadecimal ones
        return nan
    number = int(digits or "0", base)
    if number > 0xFFFF_FFFF:
        return nan
    return float(number - 0x1_0000_0000 if number > 0x7FFF_FFFF else number)


def fold(text: str) -> str:
    """Return *text* so that two texts are equal in .NET's OrdinalIgnoreCase when these are."""
    return text.upper() if text.isascii() else "".join(map(_fold_character, text))


def _fold_character(character: str) -> str:
    """Map one UTF-16 unit to its simple upper case; never from outside ASCII into it."""
    if character > "\uffff":
        return character
    if character.isascii():
        return character.upper()
    upper = character.upper()
    if len(upper) > 1:
        # where the full mapping is longer, the simple one is the title case, if there is one
        upper = character.title()
    return upper if len(upper) == 1 and not upper.isascii() else character


def look_up(mapping: Mapping[str, object], key: str) -> tuple[object] | None:
    """Find *key*, its own case first and then any other; None where it is not there."""
    if key in mapping:
        return (mapping[key],)
    if type(mapping) is CaseSensitive:
        return None
    name = name_in(mapping, key)
    return None if name is None else (mapping[name],)


def name_in(names: Collection[object], key: str) -> str | None:
    """Return *key* where it is among *names*, else the first of them that is *key* in another case."""
    if key in names:
        return key
    folded = fold(key)
    size = len(folded)
    for name in names:
        if isinstance(name, str) and len(name) == size and fold(name) == folded:
            return name
    return None


def equals(left: object, right: object) -> bool:
    """GitHub's `==`: loose between kinds, ignoring case in strings, by identity in collections."""
    if type(left) is str and type(right) is str:
        return left == right or (len(left) == len(right) and fold(left) == fold(right))
    left_kind, right_kind = kind_of(left), kind_of(right)
    if left_kind is not right_kind:
        if OBJECT in {left_kind, right_kind} or ARRAY in {left_kind, right_kind}:
            return False
        return to_number(left) == to_number(right)
    if left_kind is STRING:
        return equals(str(left), str(right))
    if left_kind is NUMBER:
        return to_number(left) == to_number(right)
    return left is right


def is_less(left: object, right: object) -> bool:
    """GitHub's `<`; false where either side is NaN, or a collection."""
    if kind_of(left) is STRING and kind_of(right) is STRING:
        return _ordinal(str(left)) < _ordinal(str(right))
    return to_number(left) < to_number(right)


def _ordinal(text: str) -> bytes:
    """Return what sorts as .NET compares: by UTF-16 unit, in upper case."""
    return fold(text).encode("utf-16-be", "surrogatepass")
