"""Which semantic versions are wanted: the language of Go's Masterminds/semver, which Concourse's types use.

https://github.com/Masterminds/semver#checking-version-constraints is the source of the rules. Here each
comparison becomes an interval.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Final, Self

from sqnc_resources.ordering.semantic import Semantic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VERSION: Final = (
    r"v?(?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z.-]+)?"
)
_COMPARISON: Final = re.compile(rf"(=>|>=|=<|<=|!=|~>|[=<>~^]|)\s*({_VERSION})", re.ASCII)
_GROUP: Final = re.compile(
    rf"\s*{_COMPARISON.pattern}\s*(?:(?:,\s*|(?<=\s)){_COMPARISON.pattern}\s*)*", re.ASCII
)
_HYPHEN: Final = re.compile(rf"({_VERSION})\s+-\s+({_VERSION})", re.ASCII)
_SAME: Final = {"=>": ">=", "=<": "<=", "~>": "~", "": "="}

_Core = tuple[int, int, int]
_END: Final[_Core] = (1 << 62, 0, 0)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """An operator and a version, some of whose parts may be left open."""

    operator: str
    version: Semantic
    """Its open parts are zeros."""
    known: int
    """How many of its numbers are not left open: 0 to 3."""

    @classmethod
    def parse(cls, operator: str, text: str) -> Self:
        plain, _, pre = text.removeprefix("v").partition("+")[0].partition("-")
        numbers = list(takewhile(str.isdecimal, plain.split(".")))
        major, minor, patch = (int(number) for number in [*numbers, "0", "0", "0"][:3])
        return cls(_SAME.get(operator, operator), Semantic(major, minor, patch, pre), len(numbers))

    def accepts(self, version: Semantic) -> bool:
        return _OPERATORS[self.operator](self, version)

    @property
    def is_exact(self) -> bool:
        """Whether no number is left open."""
        return self.known == 3

    def reaches(self, version: Semantic, known: int) -> bool:
        """Whether *version* is not below this one, and has its first *known* numbers."""
        return version >= self.version and version.core < self.after(known)

    def after(self, known: int) -> _Core:
        """The first version after those that agree in *known* numbers."""
        if known == 0:
            return _END
        core = self.version.core
        major, minor, patch, *_ = [*core[: known - 1], core[known - 1] + 1, 0, 0]
        return major, minor, patch

    def first_that_counts(self) -> int:
        """Up to which number `^` lets nothing change: the first known one that is not zero."""
        for index, number in enumerate(self.version.core[: self.known], 1):
            if number:
                return index
        return self.known


def _equal(one: _Comparison, version: Semantic) -> bool:
    return version == one.version if one.is_exact else one.reaches(version, one.known)


def _above(one: _Comparison, version: Semantic) -> bool:
    return version > one.version if one.known in {0, 3} else version.core >= one.after(one.known)


def _not_above(one: _Comparison, version: Semantic) -> bool:
    return version <= one.version if one.is_exact else version.core < one.after(one.known)


def _tilde(one: _Comparison, version: Semantic) -> bool:
    everything = one.version.core == (0, 0, 0) and one.known in {0, 3}  # ~0.0.0 means any, as ~* does
    return one.reaches(version, 0 if everything else min(one.known, 2))


_OPERATORS: Final[Mapping[str, Callable[[_Comparison, Semantic], bool]]] = {
    "=": _equal,
    "!=": lambda one, version: not _equal(one, version),
    ">": _above,
    ">=": lambda one, version: version >= one.version,
    "<": lambda one, version: version < one.version,
    "<=": _not_above,
    "~": _tilde,
    "^": lambda one, version: one.reaches(version, one.first_that_counts()),
}


@dataclass(frozen=True, slots=True)
class Constraints:
    """Comparisons: all of those between commas or spaces hold, in one of the groups between `||`."""

    text: str
    groups: tuple[tuple[_Comparison, ...], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `>= 1.2, < 3.0.0 || ~4.2.x`; raise ValueError."""
        return cls(text, tuple(_group(part, text) for part in _HYPHEN.sub(r">=\1, <=\2 ", text).split("||")))

    def accept(self, version: Semantic) -> bool:
        """Whether *version* is wanted; a pre-release, only by a group that speaks of one."""
        return any(
            (not version.pre or any(one.version.pre for one in group))
            and all(one.accepts(version) for one in group)
            for group in self.groups
        )

    def __str__(self) -> str:
        return self.text


def _group(part: str, text: str) -> tuple[_Comparison, ...]:
    if _GROUP.fullmatch(part) is None:
        raise ValueError(f"expected a constraint such as ^1.2, ~1.2.x or >= 1.2, < 3 || >= 4, got `{text}`")
    return tuple(_Comparison.parse(*found.groups()) for found in _COMPARISON.finditer(part))
