"""The forms in which a program may print a secret: encoded, escaped or quoted, whole or line by line."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

# A piece of base64 shorter than this, cut out of a longer one, would hide much that is no secret.
_CUT_LIMIT: Final = 8
# What PowerShell's coloured errors leave of a secret around `&` is masked from this length on.
_SECTION_LIMIT: Final = 6

_JSON_ESCAPES: Final = {
    **{code: f"\\u{code:04x}" for code in (*range(0x20), 0x85, 0x2028, 0x2029)},
    **dict(zip(map(ord, '"\\\b\f\n\r\t'), ('\\"', "\\\\", "\\b", "\\f", "\\n", "\\r", "\\t"), strict=True)),
}
_XML_ESCAPES: Final = {ord(char): name for char, name in zip("&<>", ("&amp;", "&lt;", "&gt;"), strict=True)}
_XML_QUOTES: Final = {ord('"'): "&quot;", ord("'"): "&apos;"}


def secret_forms(secret: str) -> set[bytes]:
    """Return all that is to be masked for *secret*: nothing for a blank one.

    The secret as it is and without blanks around it, and each of its lines likewise, each in every form.
    """
    values = {secret, secret.strip(), *(line.strip() for line in re.split(r"[\r\n]+", secret))}
    return {form for value in values if value.strip() for form in _forms(value)}


def _forms(value: str) -> Iterator[bytes]:
    data = _encode(value)
    yield data
    yield from _base64_forms(data)
    for text in (*_escaped_forms(value), *_shell_forms(value), *_powershell_sections(value)):
        yield _encode(text)
    if len(value) > 8 and value[0] == value[-1] == '"':
        yield _encode(value[1:-1])


def _base64_forms(data: bytes) -> Iterator[bytes]:
    """Yield base64 as it comes out where zero, one or two bytes of *data* belong to the group before it.

    Each whole, as at the end of a longer text, and cut to the groups that do not depend on what follows.
    """
    for shift in range(3):
        rest = data[shift:]
        if not rest:
            return
        encoded = b64encode(rest)
        cut = encoded[: len(rest) // 3 * 4]
        for form in (encoded, cut) if len(cut) >= _CUT_LIMIT else (encoded,):
            yield form
            yield form.replace(b"+", b"-").replace(b"/", b"_")


def _escaped_forms(value: str) -> Iterator[str]:
    escaped = value.translate(_JSON_ESCAPES)
    yield escaped
    yield "".join(char if char.isascii() else _json_code_units(char) for char in escaped)
    yield quote(_encode(value), safe="")
    yield quote(_encode(value), safe="!'()*")  # JavaScript's encodeURIComponent
    yield quote_plus(_encode(value))
    yield value.translate(_XML_ESCAPES)
    yield value.translate(_XML_ESCAPES | _XML_QUOTES)
    yield value.replace("'", "''")  # a string in an expression


def _json_code_units(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _shell_forms(value: str) -> Iterator[str]:
    yield value.replace('"', '\\"')  # a command line
    yield value.replace("'", "'\\''")  # between single quotes, as `set -x` prints
    yield value.replace("'", "'\"'\"'")  # Python's shlex.quote
    yield re.sub(r'(["$`\\])', r"\\\1", value)  # between double quotes
    yield re.sub(r"([^\w@%+=:,./\n-])", r"\\\1", value)  # bash's printf %q


def _powershell_sections(value: str) -> Iterator[str]:
    """Yield what stands before and behind the last `&`, or the first `&+` and the letter after it."""
    before, plus, after = value.partition("&+")
    if plus:
        sections = (before + plus, after[1:])
    elif "&" in value:
        before, ampersand, after = value.rpartition("&")
        sections = (before + ampersand, after)
    else:
        return
    yield from (section for section in sections if len(section) >= _SECTION_LIMIT)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
