"""What the author says of a resource type: a source to judge it with, and what is known of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from sqncshim.json_reader import join

Version: TypeAlias = Mapping[str, str]

_SECRET_KEY: Final = re.compile(
    r"passw|passphrase|secret|token|private_?key|api_?key|access_?key$|credential", re.IGNORECASE
)
_SECRET_LENGTH: Final = 4
"""Shorter texts occur everywhere by chance."""


class ScenarioError(Exception):
    """The scenario, or what is to be judged, cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Put:
    """A put that may be made several times. *inputs*: the folder whose content it finds; None for none."""

    params: Mapping[str, object] = field(default_factory=dict)
    inputs: Path | None = None


@dataclass(frozen=True, slots=True)
class Slow:
    """A request that takes long, for the rule of SIGTERM."""

    role: str
    request: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, its vars filled in; without a file, the source is empty."""

    source: Mapping[str, object] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    versions: Sequence[Version] = ()
    """All that there are from the first of these on, oldest first; empty where nobody knows."""
    old_versions: Sequence[Version] = ()
    """Versions as earlier releases of the type wrote them."""
    unknown_version: Version | None = None
    """A version that does not exist; None for one that the kit makes up."""
    every_version: bool = False
    """Whether the type takes whatever version it is given, so that none is unknown."""
    gets_every_version: bool = False
    """Whether get takes any version, since it makes all that it writes from the version itself."""
    get_params: Mapping[str, object] = field(default_factory=dict)
    varying: tuple[str, ...] = ()
    """Globs of files that may differ from get to get."""
    put: Put | None = None
    """None where no put may be made."""
    any_value: frozenset[str] = frozenset()
    """Paths of keys whose value may be of any type, such as `source.payload`."""
    big_integer: str = ""
    """The path of a key that takes a number and shows up in an answer or a file."""
    slow: Slow | None = None
    secrets: tuple[str, ...] = ()
    """Texts that must never be shown."""
    is_given: bool = False
    """Whether there is a scenario's file."""


def find_secrets(source: Mapping[str, object], listed: Sequence[str]) -> Iterator[str]:
    """Yield the texts in *source* whose key looks like a secret's, or whose path is *listed*."""
    for path, text in leaves(source, "source"):
        key = path.rpartition(".")[2]
        is_secret = path in listed or _SECRET_KEY.search(key)
        if is_secret and isinstance(text, str) and len(text) >= _SECRET_LENGTH:
            yield text


def leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Yield the path and value of each scalar; the items of a list have the list's own path."""
    match value:
        case Mapping():
            for name, item in value.items():
                yield from leaves(item, join(path, name))
        case list():
            for item in value:
                yield from leaves(item, path)
        case _:
            yield path, value
