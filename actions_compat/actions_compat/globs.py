"""Patterns of `hashFiles`, as `@actions/glob` reads them: minimatch's without braces and extended globs.

Two accidents of that library are not copied: `[**` is a literal bracket and a star here, and a class that
begins with `]` always holds one.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, Self

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# what a pattern matches: bits of one number
DIRECTORY: Final = 1
FILE: Final = 2
ALL: Final = 3

_GLOBSTAR: Final = "**"


class GlobError(ValueError):
    """A pattern is not allowed; `str()` is GitHub's message."""


@frozen
class Glob:
    """One pattern, rooted. *segments* has no leading empty one: `/a/*` is `("a", "*")`."""

    negated: bool
    segments: tuple[str, ...]
    folders_only: bool
    implicit: bool
    """Made by `with_descendants`: it matches below a folder only, and not the folder itself."""
    search_path: str
    """The folder that the pattern's literal beginning names: nothing outside it can match."""
    matches: re.Pattern[str]
    parts: tuple[re.Pattern[str] | None, ...]
    """What each segment matches; None for a globstar."""

    @classmethod
    def parse(cls, text: str, folder: str) -> Self:
        """Read one pattern; a relative one is rooted at *folder*, an absolute path. Raise GlobError."""
        pattern = text.strip()
        negated = False
        while pattern.startswith("!"):
            negated = not negated
            pattern = pattern[1:].strip()
        if not pattern:
            raise GlobError("pattern cannot be empty")
        _check_segments(pattern)
        pattern = _squeeze(_root(_squeeze(pattern), folder))
        segments = tuple(segment for segment in pattern.split("/") if segment)
        return cls._build(segments, negated=negated, folders_only=pattern.endswith("/"))

    @classmethod
    def _build(
        cls, segments: tuple[str, ...], *, negated: bool, folders_only: bool = False, implicit: bool = False
    ) -> Self:
        literals = tuple(_literal(segment) for segment in segments)
        first_glob = next((place for place, literal in enumerate(literals) if not literal), len(literals))
        return cls(
            negated=negated,
            segments=segments,
            folders_only=folders_only,
            implicit=implicit,
            search_path="/" + "/".join(literals[:first_glob]),
            matches=re.compile(_path_regex(segments), re.DOTALL),
            parts=tuple(
                None if segment == _GLOBSTAR else re.compile(_segment_regex(segment), re.DOTALL)
                for segment in segments
            ),
        )

    def with_descendants(self) -> Iterator[Self]:
        """Yield the pattern and, unless it ends with `**`, the one for all that is below what it matches."""
        yield self
        if self.folders_only or self.segments[-1:] != (_GLOBSTAR,):
            _check_segments("/" + "/".join(self.segments))
            yield self._build((*self.segments, _GLOBSTAR), negated=self.negated, implicit=True)

    def match(self, path: str) -> int:
        """Return DIRECTORY or ALL, what at *path* would match, or 0."""
        # a globstar that the user wrote at the end also matches what is before it
        is_open = self.segments[-1:] == (_GLOBSTAR,) and not self.implicit
        subject = path.rstrip("/") + "/" if is_open else path
        if not self.matches.fullmatch(subject):
            return 0
        return DIRECTORY if self.folders_only else ALL

    def may_match_below(self, path: str) -> bool:
        """Say whether something below the folder *path* can match: whether it fits the pattern's start."""
        names = [name for name in path.split("/") if name]
        for name, part in zip(names, self.parts, strict=False):
            if part is None:
                return True
            if not part.fullmatch(name):
                return False
        return len(names) <= len(self.parts)


def _check_segments(pattern: str) -> None:
    literals = [_literal(segment) for segment in _squeeze(pattern).rstrip("/").split("/")]
    if any(literal == ".." or (literal == "." and place) for place, literal in enumerate(literals)):
        raise GlobError(f"Invalid pattern '{pattern}'. Relative pathing '.' and '..' is not allowed.")


def _root(pattern: str, folder: str) -> str:
    if pattern == "." or pattern.startswith("./"):
        return _escape(folder) + pattern[1:]
    if pattern == "~" or pattern.startswith("~/"):
        return _escape(os.path.expanduser("~")) + pattern[1:]  # noqa: PTH111  (strings: speed)
    return pattern if pattern.startswith("/") else f"{_escape(folder)}/{pattern}"


def _squeeze(path: str) -> str:
    return re.sub(r"//+", "/", path)


def _escape(path: str) -> str:
    """Write a path as a pattern that matches it alone."""
    path = path.replace("\\", "\\\\")
    return re.sub(r"[?*]|\[(?=[^/]+\])", lambda match: f"[{match[0]}]", path)


def _literal(segment: str) -> str:
    """Return the one name that *segment* matches, or '' where it is a glob."""
    literal, rest = "", segment
    while rest:
        char, rest = rest[0], rest[1:]
        if char == "\\" and rest:
            char, rest = rest[0], rest[1:]
        elif char in "*?":
            return ""
        elif char == "[":
            names, behind = _literal_class(rest)
            if len(names) > 1:
                return ""
            if names:
                char, rest = names, behind
        literal += char
    return literal


def _literal_class(rest: str) -> tuple[str, str]:
    """Read a class up to its `]`: its characters and what is behind it; none where it is not closed."""
    names = ""
    place = 0
    while place < len(rest):
        if rest[place] == "\\" and place + 1 < len(rest):
            place += 1
        elif rest[place] == "]":
            return names, rest[place + 1 :]
        names += rest[place]
        place += 1
    return "", rest


# A text between two stars is taken where it comes first, and never looked for again behind that place: it has
# a fixed length, so that nothing is lost, and a pattern of many stars takes no longer than one of few. Hence
# the atomic groups, `(?>…)`, below.


def _path_regex(segments: Sequence[str]) -> str:
    """Return the regular expression for a whole path; a globstar in its midst is any number of folders."""
    is_open = segments[-1:] == (_GLOBSTAR,)
    runs = [""]  # what stands between globstars
    for segment in segments[: len(segments) - is_open]:
        if segment != _GLOBSTAR:
            runs[-1] += "/" + _segment_regex(segment)
        elif runs[-1] or len(runs) == 1:
            runs.append("")
    if is_open and len(runs) > 1 and not runs[-1]:
        runs.pop()  # `**` at the end says the same
    return _joined(runs, r"(?:/[^/]++)*", last_is_anchored=not is_open) + ("/.*" if is_open else "") or "/"


def _joined(runs: Sequence[str], between: str, *, last_is_anchored: bool) -> str:
    """Return *runs* with *between* in between; the last one is at the end of what is matched, or anywhere."""
    first, *rest = runs
    regex = first
    for place, run in enumerate(rest, 1):
        is_last = place == len(rest)
        regex += between + run if is_last and last_is_anchored else f"(?>{between}?{run})"
    return regex


def _segment_regex(segment: str) -> str:
    """Return the regular expression for one name: `*`, `?`, classes and escapes; dots are not special."""
    runs = [""]
    for token in _tokens(segment):
        if token == "*":  # noqa: S105  (a star, not a secret)
            runs.append("")
        else:
            runs[-1] += token
    return f"(?>(?=[^/]){_joined(runs, '[^/]*', last_is_anchored=True)}(?![^/]))"


def _tokens(segment: str) -> Iterator[str]:
    """Yield a regular expression for each character to match, and `*` for a star."""
    place = 0
    while place < len(segment):
        char = segment[place]
        place += 1
        if char == "*":
            yield "*"
        elif char == "?":
            yield "[^/]"
        elif char == "\\" and place < len(segment):
            yield re.escape(segment[place])
            place += 1
        elif char == "[" and (found := _read_class(segment, place)):
            regex, place = found
            yield regex
        else:
            yield re.escape(char)


def _read_class(segment: str, place: int) -> tuple[str, int] | None:
    """Read a class whose `[` is before *place*: its regular expression and the place behind it.

    None where it is none: not closed, or a range runs backwards. A `]` right after the `[` is a member.
    """
    members: list[str] = []
    start = place
    negated = segment[place : place + 1] in {"!", "^"}
    place += negated
    while place < len(segment):
        char = segment[place]
        if char == "]" and place > start:
            regex = _class_regex(members, negated=negated)
            return (regex, place + 1) if regex else None
        if char == "\\" and place + 1 < len(segment):
            place += 1
            char = segment[place]
        members.append(char)
        place += 1
    return None


def _class_regex(members: Sequence[str], *, negated: bool) -> str | None:
    if not members:
        return "[^/]" if negated else None
    ranges = list(ranges_of(members))
    if any(low > high for low, high in ranges):
        return None
    body = class_body(ranges)
    return f"[^/{body}]" if negated else f"(?!/)[{body}]"


def class_body(ranges: Iterable[tuple[str, str]]) -> str:
    """Return what stands between the brackets of a regular expression's class for these *ranges*."""
    return "".join(
        re.escape(low) if low == high else f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges
    )


def ranges_of(members: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Yield what is in a class: the ends of each range, and a member alone as both."""
    place = 0
    while place < len(members):
        if place + 2 < len(members) and members[place + 1] == "-":
            yield members[place], members[place + 2]
            place += 3
        else:
            yield members[place], members[place]
            place += 1
