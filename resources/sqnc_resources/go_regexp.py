"""Regular expressions as Go's `regexp` reads them, because Concourse's own types are written in Go.

https://pkg.go.dev/regexp/syntax is the source of the rules.
"""

from __future__ import annotations

import re
from typing import Final

_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
"""The names that may stand in a class, as in `[[:digit:]_]`, and what Python has for them."""
# What Python writes otherwise, and what is passed over as a whole: escaped characters, and classes.
_TOKEN: Final = re.compile(
    r"\\.|\(\?<(?=\w)|\[\^?\]?(?:\[:\^?\w*:\]|\\.|[^\]\\])*\]",
    re.DOTALL,
)
_OTHERS: Final = {r"\z": r"\Z", "(?<": "(?P<"}
# Within a class: a name, and what Python warns of since it may mean something one day.
_MEMBER: Final = re.compile(r"\[:(\^?\w*):\]|\\.|\[|([&|~])\2", re.DOTALL)


def compiled(text: str) -> re.Pattern[str]:
    """Compile *text*; `\\d` and its like are ASCII. Raise ValueError for what is no expression."""
    try:
        return re.compile(_TOKEN.sub(_in_python, text), re.ASCII)
    except (re.error, ValueError) as error:
        raise ValueError(f"expected a regular expression, got `{text}`: {error}") from error


def _in_python(found: re.Match[str]) -> str:
    text = found[0]
    return f"[{_MEMBER.sub(_member, text[1:])}" if text.startswith("[") else _OTHERS.get(text, text)


def _member(found: re.Match[str]) -> str:
    name, doubled = found.groups()
    if name is None:
        return re.escape(found[0]) if doubled or found[0] == "[" else found[0]
    if name not in _CLASSES:
        raise ValueError(f"[:{name}:] is none of {', '.join(_CLASSES)}")
    return _CLASSES[name]
