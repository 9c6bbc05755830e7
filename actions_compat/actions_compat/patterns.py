"""GitHub's filter patterns: what stands under `branches`, `tags` and `paths`.

`*` is any text without `/`, `**` any text, `?` and `+` repeat what stands before them, `[…]` is one of these
characters, `\\` takes the next character as it is, and `!` before a pattern takes its matches out again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class PatternError(ValueError):
    """The pattern cannot be read."""


@dataclass(frozen=True, slots=True)
class Pattern:
    regex: re.Pattern[str]
    is_negative: bool


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\\(.)|\[([^\]/]+)\]|[?+]|(.)", re.DOTALL)
_WILDCARDS = {"**/": "(?:.+/)?", "**": ".*", "*": "[^/]*"}


@lru_cache(maxsize=1024)
def parse_pattern(text: str) -> Pattern:
    """Read one pattern; raise PatternError."""
    body = text.removeprefix("!")
    parts = [_part(token, is_first=token.start() == 0) for token in _TOKEN.finditer(body)]
    try:
        return Pattern(re.compile("".join(parts), re.DOTALL), text.startswith("!"))
    except (re.error, OverflowError, RecursionError) as error:
        raise PatternError(f"Invalid pattern '{text}': {error}") from error


def _part(token: re.Match[str], *, is_first: bool) -> str:
    text = token[0]
    escaped, characters, other = token.groups()
    if escaped is not None:
        return re.escape(escaped)
    if characters is not None:
        return f"[{_class(characters)}]"
    if text in {"?", "+"}:
        return re.escape(text) if is_first else text
    return _WILDCARDS.get(text) or re.escape(other)


def _class(characters: str) -> str:
    """The inside of `[…]`: letters, digits and ranges; nothing in it is special but `-`."""
    return "".join(char if char == "-" else re.escape(char) for char in characters)


def any_selected(patterns: Iterable[str], names: Sequence[str]) -> bool:
    """Whether at least one of *names* is selected; the last pattern that matches a name decides."""
    parsed = [parse_pattern(pattern) for pattern in patterns]
    return any(_is_selected(parsed, name) for name in names)


def all_ignored(patterns: Iterable[str], names: Sequence[str]) -> bool:
    """Whether every one of *names* is ignored, and there is one: then an -ignore filter drops the event.

    One pattern suffices for a name; here `!pattern` ignores whatever it does not match.
    """
    parsed = [parse_pattern(pattern) for pattern in patterns]
    return bool(names) and all(_is_ignored(parsed, name) for name in names)


def _is_selected(patterns: Iterable[Pattern], name: str) -> bool:
    selected = False
    for pattern in patterns:
        if selected is pattern.is_negative and pattern.regex.fullmatch(name):
            selected = not pattern.is_negative
    return selected


def _is_ignored(patterns: Iterable[Pattern], name: str) -> bool:
    return any(bool(pattern.regex.fullmatch(name)) is not pattern.is_negative for pattern in patterns)
