"""A regular expression for keys, as Concourse's s3 resource reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from sqnc_resources.go_regexp import compiled

_SPECIAL: Final = re.compile(r"[\\*.\[\](){}?|^$+]")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands between two slashes of a pattern."""

    text: str
    expression: re.Pattern[str]

    @property
    def is_literal(self) -> bool:
        """Whether it matches nothing but itself."""
        return not _SPECIAL.search(self.text)

    def matches(self, name: str) -> bool:
        return self.expression.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """Matches a whole key, and finds the version in it."""

    text: str
    expression: re.Pattern[str]
    sections: tuple[Section, ...]
    """None where the parts between slashes are no expressions of their own, as in `(a/b)-(.*)`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an expression as Go writes them; raise ValueError."""
        plain = text.removeprefix("^")
        plain = plain.removesuffix("$") if not plain.endswith(r"\$") else plain
        expression = compiled(plain)
        try:
            sections = tuple(Section(part, compiled(part)) for part in plain.split("/"))
        except ValueError:
            sections = ()
        return cls(text, expression, sections)

    def version(self, path: str) -> str | None:
        """The version in a key; None where the key does not match, and where no group finds a version."""
        found = self.expression.fullmatch(path)
        if found is None or not self.has_version:
            return None
        named = "version" if "version" in self.expression.groupindex else 1
        return found[named] or ""

    @property
    def has_version(self) -> bool:
        """Whether it has a group for the version; who only puts may do without."""
        return self.expression.groups > 0

    @property
    def folder(self) -> str:
        """What stands before the last slash, with it: where a put puts a file."""
        return self.text[: self.text.rfind("/") + 1].removeprefix("^")

    def __str__(self) -> str:
        return self.text
