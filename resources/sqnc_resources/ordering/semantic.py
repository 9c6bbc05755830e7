"""Semantic versions: https://semver.org/spec/v2.0.0.html, read as leniently as Masterminds/semver."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import Final, Self

_PART: Final = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_LENIENT: Final = re.compile(rf"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-({_PART}))?(?:\+({_PART}))?", re.ASCII)


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Semantic:
    """One version; two that differ in `build` alone are equal, as the specification has it."""

    major: int = 0
    minor: int = 0
    patch: int = 0
    pre: str = ""
    """The identifiers of a pre-release, without `-`: `rc.1`."""
    build: str = ""
    """Without `+`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1.2.3-rc.1+build`, also with a `v` before it and without patch or minor; raise ValueError."""
        found = _LENIENT.fullmatch(text)
        if found is None:
            raise ValueError(f"expected a semantic version such as 1.2.3 or 1.2.3-rc.1, got `{text}`")
        major, minor, patch, pre, build = found.groups()
        return cls(int(major), int(minor or 0), int(patch or 0), pre or "", build or "")

    @property
    def core(self) -> tuple[int, int, int]:
        """The three numbers."""
        return self.major, self.minor, self.patch

    @property
    def _precedence(self) -> tuple[object, ...]:
        """Section 11: a pre-release comes before its release, numbers before words, fewer before more."""
        identifiers = tuple(
            (0, int(part), "") if part.isdecimal() else (1, 0, part)
            for part in self.pre.split(".")
            if self.pre
        )
        return (*self.core, not self.pre, identifiers)

    def __lt__(self, other: Semantic) -> bool:
        return self._precedence < other._precedence

    def __eq__(self, other: object) -> bool:
        return self._precedence == other._precedence if isinstance(other, Semantic) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._precedence)

    def __str__(self) -> str:
        pre = f"-{self.pre}" if self.pre else ""
        build = f"+{self.build}" if self.build else ""
        return f"{self.major}.{self.minor}.{self.patch}{pre}{build}"
