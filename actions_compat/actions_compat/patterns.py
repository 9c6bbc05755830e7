"""GitHub's filter patterns: what stands under `branches`, `tags` and `paths`.

`*` is any text without `/`, `**` any text, `?` and `+` repeat what stands before them, `[…]` is one of these
characters, `\\` takes the next character as it is, and `!` before a pattern takes its matches out again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class PatternError(ValueError):
    """The pattern cannot be read."""


@dataclass(frozen=True, slots=True)
class Pattern:
    regex: re.Pattern[str]
    is_negative: bool


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\\.|\[[^\]/]+\]|.", re.DOTALL)
_WILDCARDS = {"**/": "(?:.+/)?", "**": ".*", "*": "[^/]*"}


@lru_cache(maxsize=1024)
def parse_pattern(text: str) -> Pattern:
    """Read one pattern; raise PatternError."""
    body = text.removeprefix("!")
    tokens = [token[0] for token in _TOKEN.finditer(body)]
    parts = [_part(token, before) for before, token in pairwise(["", *tokens])]
    try:
        return Pattern(re.compile("".join(parts), re.DOTALL), text.startswith("!"))
    except (re.error, OverflowError) as error:
        raise PatternError(f"Invalid pattern '{text}': {error}") from error


def _part(token: str, before: str) -> str:
    if token in _WILDCARDS:
        return _WILDCARDS[token]
    if token in {"?", "+"}:
        return _repeated(token, before)
    if token.startswith("[") and len(token) > 1:
        return f"[{_class(token[1:-1])}]"
    return re.escape(token.removeprefix("\\") or token)


def _repeated(token: str, before: str) -> str:
    """`?` or `+`: at the start it is itself, after a wildcard it changes nothing."""
    if before in {"?", "+"}:
        raise PatternError(f"Invalid pattern: `{before}{token}` repeats twice")
    if not before:
        return re.escape(token)
    return "" if before in _WILDCARDS else token


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
