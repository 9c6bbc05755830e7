"""What a plain scalar means to Concourse, which reads YAML with go-yaml v2: YAML 1.1, but not all of it.

`yes`, `on` and `y` are booleans and `0777` is octal, as in YAML 1.1; `19:00` and `2024-01-01` are text,
unlike in YAML 1.1. (https://github.com/yaml/go-yaml/blob/v2/resolve.go)
"""

from __future__ import annotations

import math
import re
from typing import Final

_WORDS: Final[dict[str, bool | float | None]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<binary>[01]+)|0[oO]?(?P<octal>[0-7]+)"
    r"|(?P<decimal>0|[1-9][0-9]*))",
    re.ASCII,
)
_BASES: Final = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
DIGITS_MAX: Final = 3500  # Python writes no number of more than 4300, and a hexadecimal one becomes longer


def plain_scalar(text: str) -> str | int | float | bool | None:
    """Return the value of an unquoted scalar. Whole numbers keep all their digits, unlike in `fly`."""
    if text in _WORDS:
        return _WORDS[text]
    if not text or text[0] not in "+-.0123456789":
        return text
    if text[0] == ".":
        return _real(text, text) if _FLOAT.fullmatch(text) else text
    digits = text.replace("_", "")
    if len(digits) <= DIGITS_MAX and (found := _INTEGER.fullmatch(digits)):
        base = found.lastgroup
        assert base is not None
        return int(found["sign"] + found[base], _BASES[base])
    return _real(digits, text) if _FLOAT.fullmatch(digits) else text


def _real(digits: str, text: str) -> str | float:
    """The number; *text* as it is, where no double is as large."""
    return text if math.isinf(value := float(digits)) else value
