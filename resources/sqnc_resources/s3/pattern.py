"""A regular expression for keys, as Concourse's s3 resource reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

_SPECIAL: Final = re.compile(r"[\\*.\[\](){}?|^$+]")
_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
"""Classes that Go's expressions know, and Python's do not."""


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
        expression = _compiled(plain)
        try:
            sections = tuple(Section(part, _compiled(part)) for part in plain.split("/"))
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


def python_expression(text: str) -> str:
    """*text*, an expression of Go's, as Python writes it."""
    text = re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found[1], found[0]), text)
    return re.sub(r"\(\?<(?=\w)", "(?P<", text).replace(r"\z", r"\Z")


def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(python_expression(text), re.ASCII)
    except re.error as error:
        raise ValueError(f"expected a regular expression, got `{text}`: {error}") from error
