"""GitHub's filter patterns: what stands under `branches`, `tags` and `paths`.

`*` is any text without `/`, `**` any text, `?` and `+` repeat what stands before them, `[…]` is one of these
characters, `\\` takes the next character as it is, and `!` before a pattern takes its matches out again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from actions_compat.frozen import frozen
from actions_compat.globs import class_body, ranges_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class PatternError(ValueError):
    """The pattern cannot be read."""


_WILDCARDS = {"**/", "**", "*"}
_TOKEN = re.compile(r"\*\*/|\*\*|\*|\\.|\[[^\]/]+\]|.", re.DOTALL)


@frozen
class _Atom:
    """A wildcard, or what one character may be with how often it comes: '', `?` or `+`."""

    text: str
    repeat: str = ""

    def ends(self, name: str, starts: set[int]) -> set[int]:
        """Where in *name* this may end when it begins at any of *starts*, of which there is one."""
        if self.text == "**":
            return set(range(min(starts), len(name) + 1))
        if self.text == "**/":  # nothing, or at least one character and a slash
            return starts | {at + 1 for at in range(min(starts) + 1, len(name)) if name[at] == "/"}
        if self.text == "*":
            return self._repeated(name, starts) | starts
        once = self._once(name, starts)
        if self.repeat == "+":
            return self._repeated(name, starts)
        return once | starts if self.repeat else once

    def _repeated(self, name: str, starts: set[int]) -> set[int]:
        found: set[int] = set()
        ends = self._once(name, starts)
        while ends:
            found |= ends
            ends = self._once(name, ends) - found
        return found

    def _once(self, name: str, starts: set[int]) -> set[int]:
        return {at + 1 for at in starts if at < len(name) and self._is(name[at])}

    def _is(self, character: str) -> bool:
        if self.text == "*":
            return character != "/"
        if self.text.startswith("[") and len(self.text) > 1:
            return _class(self.text[1:-1]).fullmatch(character) is not None
        return character == (self.text.removeprefix("\\") or self.text)


@frozen
class Pattern:
    atoms: tuple[_Atom, ...]
    is_negative: bool

    def fits(self, name: str) -> bool:
        """Whether the pattern, its `!` aside, describes the whole of *name*; never in exponential time."""
        ends = {0}
        for atom in self.atoms:
            ends = atom.ends(name, ends)
            if not ends:
                return False
        return len(name) in ends


@lru_cache(maxsize=1024)
def parse_pattern(text: str) -> Pattern:
    """Read one pattern; raise PatternError."""
    atoms: list[_Atom] = []
    for token in _TOKEN.findall(text.removeprefix("!")):
        if token in {"?", "+"} and atoms:
            atoms[-1] = _repeat(atoms[-1], token)
        else:
            atoms.append(_Atom(token))
            if len(token) > 1 and token.startswith("["):
                _class(token[1:-1])
    return Pattern(tuple(atoms), text.startswith("!"))


def _repeat(atom: _Atom, token: str) -> _Atom:
    """`?` or `+` after a wildcard changes nothing."""
    if atom.repeat:
        raise PatternError(f"Invalid pattern: `{atom.repeat}{token}` repeats twice")
    return atom if atom.text in _WILDCARDS else _Atom(atom.text, token)


@lru_cache(maxsize=1024)
def _class(characters: str) -> re.Pattern[str]:
    """The inside of `[…]`: nothing in it is special but the `-` of a range."""
    try:
        return re.compile(f"[{class_body(ranges_of(characters))}]", re.DOTALL)
    except re.error as error:
        raise PatternError(f"Invalid pattern: [{characters}]: {error}") from error


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
        if selected is pattern.is_negative and pattern.fits(name):
            selected = not pattern.is_negative
    return selected


def _is_ignored(patterns: Iterable[Pattern], name: str) -> bool:
    return any(pattern.fits(name) is not pattern.is_negative for pattern in patterns)
