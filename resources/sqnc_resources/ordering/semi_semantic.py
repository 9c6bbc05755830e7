"""Versions of any number of parts: release[-pre][+post], as BOSH orders them and s3 and github-release too.

https://github.com/cppforlife/go-semi-semantic is the source of the rules.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Final, Self

_FORM: Final = re.compile(r"([0-9A-Za-z_.]+)(?:-([0-9A-Za-z_.-]+))?(?:\+([0-9A-Za-z_.-]+))?")

_Parts = tuple[tuple[int, int, str], ...]


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class SemiSemantic:
    """One version: numbers come before words, `07` is a word, and `1.0` and `1` are equal."""

    text: str

    def __post_init__(self) -> None:
        found = _FORM.fullmatch(self.text)
        if found is None or not all(part for group in found.groups() if group for part in group.split(".")):
            raise ValueError(
                f"expected a version such as 1.2.3, 1.2-rc.1 or 2024.1.5+build.7, got `{self.text}`"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise ValueError for what is no version."""
        return cls(text)

    @property
    def _order(self) -> tuple[object, ...]:
        found = _FORM.fullmatch(self.text)
        release, pre, post = found.groups() if found else ("", None, None)
        return _parts(release), (pre is None, _parts(pre or "")), (post is not None, _parts(post or ""))

    def __lt__(self, other: SemiSemantic) -> bool:
        return self._order < other._order

    def __eq__(self, other: object) -> bool:
        return self._order == other._order if isinstance(other, SemiSemantic) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._order)

    def __str__(self) -> str:
        return self.text


def _parts(segment: str) -> _Parts:
    """The parts of a segment in a form that compares; zeros at its end say nothing."""
    found = [_part(part) for part in segment.split(".") if part]
    while found and found[-1] == (0, 0, ""):
        found.pop()
    return tuple(found)


def _part(text: str) -> tuple[int, int, str]:
    """A number, or a word, which comes after every number; `07` is a word."""
    is_number = text.isdecimal() and (text == "0" or not text.startswith("0"))
    return (0, int(text), "") if is_number else (1, 0, text)
