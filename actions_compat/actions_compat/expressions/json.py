"""JSON as `toJSON` writes it and as `fromJSON` reads it, which is more than JSON.

The lenient reader takes what Newtonsoft's does: comments, single quotes, bare
property names, trailing commas, hexadecimal and octal numbers, NaN, Infinity,
and anything at all after the value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import inf, nan

from actions_compat.expressions.errors import EvaluationError
from actions_compat.expressions.values import (
    ARRAY,
    BOOLEAN,
    NUMBER,
    OBJECT,
    STRING,
    WHITESPACE,
    fold,
    kind_of,
    to_text,
    whole,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from actions_compat.expressions.memory import MemoryCounter

MAX_JSON_DEPTH: Final = 100

# --- writing ---

_ESCAPED = re.compile(r'["\\\x00-\x1f\x85\u2028\u2029]')
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(text: str) -> str:
    return '"' + _ESCAPED.sub(lambda found: _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'


def write_json(value: object, memory: MemoryCounter) -> str:
    """Write *value* indented by two spaces; each piece is charged to *memory*."""
    pieces: list[str] = []
    for piece in _pieces(value):
        memory.add_text(piece)
        pieces.append(piece)
    return "".join(pieces)


def _pieces(value: object) -> Iterator[str]:
    """Yield *value*'s text, without recursion: a collection may be deep, or hold itself."""
    inside: list[tuple[Iterator[tuple[str, object]], str]] = []  # what is left of each, and its bracket
    prefix = ""
    while True:
        items = _children(value)
        separator = ","
        if items is None:
            yield prefix + _scalar(value)
        else:
            brackets = "{}" if kind_of(value) is OBJECT else "[]"
            yield prefix + brackets[0]
            inside.append((items, brackets[1]))
            separator = ""
        while inside and (item := next(inside[-1][0], None)) is None:
            _, bracket = inside.pop()
            yield "\n" + "  " * len(inside) + bracket
            separator = ","
        if not inside:
            return
        assert item is not None  # the loop above ended because there is one
        name, value = item
        prefix = separator + "\n" + "  " * len(inside) + name


def _children(value: object) -> Iterator[tuple[str, object]] | None:
    """Return the names (with their colon) and values inside *value*; None if there are none."""
    if isinstance(value, Mapping) and value:
        return ((quote(to_text(name)) + ": ", item) for name, item in value.items())
    if isinstance(value, (list, tuple)) and value:
        return (("", item) for item in value)
    return None


def _scalar(value: object) -> str:
    kind = kind_of(value)
    if kind is STRING:
        return quote(to_text(value))
    if kind is NUMBER or kind is BOOLEAN:
        return to_text(value)
    return {ARRAY: "[]", OBJECT: "{}"}.get(kind, "null")


# --- reading ---


def read_json(text: str, *, strict: bool) -> object:
    """Read *text*; of two equal names, in any case, the first is kept. Raise EvaluationError."""
    if not text.strip(WHITESPACE):
        raise EvaluationError("Error reading JToken from JsonReader. Path '', line 0, position 0.")
    if strict:
        _check_depth(text)
    try:
        return _standard(text, strict=strict)
    except (ValueError, RecursionError) as error:
        if strict:
            raise EvaluationError(f"Error parsing JSON: {error}") from None
    return LenientReader(text).read()


def _standard(text: str, *, strict: bool) -> object:
    """Read standard JSON with the standard library, which is the faster by far."""
    import json  # noqa: PLC0415  (most expressions need no JSON)

    if not strict and not _is_shallow(text):
        raise ValueError("the lenient reader knows how deep it is")
    constants = _refuse if strict else _constant
    return json.loads(
        text.strip(WHITESPACE),
        strict=strict,
        parse_int=_json_number,
        parse_float=_json_number,
        parse_constant=constants,
        object_pairs_hook=_first_kept,
    )


def _refuse(name: str) -> object:
    raise ValueError(f"unexpected {name}")


def _constant(name: str) -> float:
    return {"NaN": nan, "Infinity": inf, "-Infinity": -inf}[name]


def _json_number(text: str) -> int | float:
    return whole(float(text))


def _first_kept(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) == len(pairs) and len({fold(name) for name in result}) == len(pairs):
        return result
    kept: dict[str, tuple[str, object]] = {}
    for name, value in pairs:
        kept.setdefault(fold(name), (name, value))
    return dict(kept.values())


_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|([\[{])|([\]}])', re.DOTALL)


def _is_shallow(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_JSON_DEPTH:
        return True
    depth = 0
    for found in _BRACKET.finditer(text):
        depth += (found.lastindex == 1) - (found.lastindex == 2)
        if depth > MAX_JSON_DEPTH:
            return False
    return True


def _check_depth(text: str) -> None:
    if not _is_shallow(text):
        raise EvaluationError(f"The reader's MaxDepth of {MAX_JSON_DEPTH} has been exceeded.")


_BLANK = re.compile(rf"(?:[{WHITESPACE}]++|/\*.*?\*/|//[^\r\n]*+)*+", re.DOTALL)
_WORD = re.compile(r"[^\s\[\]{}(),:'\"/]++")
_NEVER_BEHIND_WORDS: Final = frozenset("[{(:'\"")
_NAME = re.compile(r"[\w$]++")
_QUOTED = {quoted: re.compile(rf"(?:[^{quoted}\\]|\\.)*+", re.DOTALL) for quoted in "\"'"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED_BY: Final = {
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "/": "/",
}
_NUMBER = re.compile(r"-?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_INTEGERS: Final = ((re.compile(r"-?0[xX]([0-9a-fA-F]{1,16})"), 16), (re.compile(r"-?0([0-7]{1,21})"), 8))
_WORDS: Final[dict[str, object]] = {
    "null": None,
    "undefined": None,
    "true": True,
    "false": False,
    "NaN": nan,
    "Infinity": inf,
    "-Infinity": -inf,
}


class LenientReader:
    """Reads one value from the start of a text, without recursion."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open: list[list[object] | list[tuple[str, object]]] = []

    def read(self) -> object:
        """Return the first value; what follows it is not looked at, as Newtonsoft does not."""
        arrays: list[tuple[list[object], list[str] | None]] = []  # items, and names if it is an object
        while True:
            value, is_open = self._value_or_open(arrays)
            while not is_open:
                if not arrays:
                    return value
                items, names = arrays[-1]
                items.append(value)
                if self._continues("]" if names is None else "}"):
                    break
                value = self._closed(arrays)
            if arrays[-1][1] is not None:
                arrays[-1][1].append(self._name())

    def _value_or_open(self, arrays: list[tuple[list[object], list[str] | None]]) -> tuple[object, bool]:
        """Read a scalar or an empty collection; or enter one that has items (then True)."""
        character = self._peek()
        if character not in {"[", "{"} or not character:
            return self._scalar(character), False
        if len(arrays) == MAX_JSON_DEPTH:
            raise EvaluationError(f"The reader's MaxDepth of {MAX_JSON_DEPTH} has been exceeded.")
        self._at += 1
        arrays.append(([], [] if character == "{" else None))
        if self._peek() == ("}" if character == "{" else "]"):
            self._at += 1
            return self._closed(arrays), False
        return None, True

    def _closed(self, arrays: list[tuple[list[object], list[str] | None]]) -> object:
        items, names = arrays.pop()
        return items if names is None else _first_kept(list(zip(names, items, strict=True)))

    def _continues(self, closer: str) -> bool:
        """Read on to the next item (True), or past the closing bracket."""
        character = self._peek()
        if character == ",":
            self._at += 1
            character = self._peek()
            if character != closer:
                return True
        if character != closer:
            raise self._unexpected("after a value")
        self._at += 1
        return False

    def _name(self) -> str:
        character = self._peek()
        if character in {'"', "'"} and character:
            name = self._string(character)
        else:
            found = _NAME.match(self._text, self._at)
            if found is None:
                raise self._unexpected("where a property name begins")
            self._at = found.end()
            name = found[0]
        if self._peek() != ":":
            raise self._unexpected("after a property name")
        self._at += 1
        return name

    def _scalar(self, character: str) -> object:
        if character and character in "\"'":
            return self._string(character)
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise self._unexpected("while parsing a value")
        word = found[0]
        value: object = _WORDS[word] if word in _WORDS else _lenient_number(word)
        if value is None and word not in _WORDS:
            raise self._unexpected("while parsing a value")
        self._at = found.end()
        if self._text[self._at : self._at + 1] in _NEVER_BEHIND_WORDS:
            raise self._unexpected("while parsing a value")
        return value

    def _string(self, quoted: str) -> str:
        found = _QUOTED[quoted].match(self._text, self._at + 1)
        assert found is not None  # it may be empty
        if self._text[found.end() : found.end() + 1] != quoted:
            raise EvaluationError(f"Unterminated string. Expected delimiter: {quoted}. {self._place()}")
        self._at = found.end() + 1
        text = _ESCAPE.sub(self._escape, found[0])
        # the two halves of a surrogate pair, each escaped alone, are one character
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def _escape(self, found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        if found[2] not in _ESCAPED_BY:
            raise EvaluationError(f"Bad JSON escape sequence: {found[0]}. {self._place()}")
        return _ESCAPED_BY[found[2]]

    def _peek(self) -> str:
        """Skip blanks and comments; return the next character, empty at the end."""
        found = _BLANK.match(self._text, self._at)
        assert found is not None  # it may be empty
        self._at = found.end()
        return self._text[self._at : self._at + 1]

    def _unexpected(self, where: str) -> EvaluationError:
        character = self._text[self._at : self._at + 1]
        if not character:
            return EvaluationError(f"Unexpected end of content {where}. {self._place()}")
        return EvaluationError(f"Unexpected character encountered {where}: {character}. {self._place()}")

    def _place(self) -> str:
        before = self._text[: self._at]
        column = len(before) - (before.rfind("\n") + 1)
        return f"Line {before.count(chr(10)) + 1}, position {column}."


def _lenient_number(word: str) -> int | float | None:
    sign = -1 if word[0] == "-" else 1
    for pattern, base in _INTEGERS:
        found = pattern.fullmatch(word)
        if found is not None:
            return whole(float(sign * int(found[1], base)))
    return whole(float(word)) if _NUMBER.fullmatch(word) else None
