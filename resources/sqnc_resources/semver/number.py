"""A version number, and how it is bumped."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, Self

from sqnc_resources.ordering.semantic import Semantic

if TYPE_CHECKING:
    from sqnc_resources.semver.values import BumpParams

_NUMBER: Final = r"(?:0|[1-9]\d*)"
_PART: Final = rf"(?:{_NUMBER}|\d*[A-Za-z-][0-9A-Za-z-]*)"
_PRE: Final = re.compile(rf"{_PART}(?:\.{_PART})*", re.ASCII)
_BUILD: Final = re.compile(r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*", re.ASCII)
_STRICT: Final = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE.pattern})?(?:\+{_BUILD.pattern})?", re.ASCII
)


@dataclass(frozen=True, slots=True, eq=False)
class Number(Semantic):
    """A semantic version, written exactly as the specification has it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1.2.3-rc.1+build.5`; raise ValueError."""
        if not _STRICT.fullmatch(text):
            raise ValueError(f"expected a semantic version such as 1.2.3 or 1.2.3-rc.1, got `{text}`")
        found = Semantic.parse(text)
        return cls(found.major, found.minor, found.patch, found.pre, found.build)

    def bumped(self, params: BumpParams) -> Self:
        """The number after a bump; it is this one where *params* ask for none."""
        number = self._counted(params.bump)
        if params.pre:
            number = replace(number, pre=_next(number.pre, params.pre, counts=not params.pre_without_version))
        if params.build:
            counts = not params.build_without_version
            number = replace(number, build=_next(number.build, params.build, counts=counts))
        return number

    def _counted(self, part: Literal["major", "minor", "patch", "final", ""]) -> Self:
        """A build stays whatever is counted up; upstream has it so."""
        match part:
            case "major":
                return replace(self, major=self.major + 1, minor=0, patch=0, pre="")
            case "minor":
                return replace(self, minor=self.minor + 1, patch=0, pre="")
            case "patch":
                return replace(self, patch=self.patch + 1, pre="")
            case "final":
                return replace(self, pre="")
            case "":
                return self


def check_labels(pre: str, build: str) -> None:
    """Raise ValueError unless these can name a pre-release and a build; either may be ''."""
    for key, text, form in (("pre", pre, _PRE), ("build", build, _BUILD)):
        if text and not form.fullmatch(text):
            raise ValueError(f"{key}: `{text}`: expected letters, digits and `-`, as in rc")


def _next(label: str, name: str, *, counts: bool) -> str:
    """`rc.2` after `rc.1`, and `rc.1` after anything else; `rc` where nothing is counted."""
    if not counts:
        return name
    last = label.removeprefix(f"{name}.").split(".")[0] if label.startswith(f"{name}.") else ""
    return f"{name}.{int(last) + 1 if last.isdecimal() else 1}"
