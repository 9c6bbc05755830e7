"""The keys of a type in one row, for callers that have no source, version and params: options and inputs.

A key keeps its name; where two parts have one of that name, the later part's is `params_branch` or
`version_branch`. The order of the parts is source, params, version.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from sqnc_resources.descriptions import describe_keys
from sqnc_resources.keys import is_required, keys, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from dataclasses import Field

    from sqnc_resources.types import ResourceType

ROLES: Final[Mapping[str, str]] = {"check": "check", "get": "in", "put": "out"}
"""What people call the three, and what Concourse does."""


@dataclass(frozen=True, slots=True)
class FlatKey:
    """One key. *flat* is its name in the row, *name* that in its *part*; *text* is what the author wrote."""

    flat: str
    part: str
    name: str
    kind: Any
    declared: Field[Any]
    text: str

    @property
    def is_required(self) -> bool:
        """Whether there is no way without it; a version that is not given is the newest one."""
        return self.part != "version" and is_required(self.declared)


def flat_keys(kind: ResourceType, action: str, taken: Iterable[str] = ()) -> list[FlatKey]:
    """The keys that *action* (check, get or put) takes, under names of which none is in *taken*."""
    used = {_folded(name) for name in taken}
    found = []
    for part, declarations in _parts(kind, action):
        for key in _keys(part, declarations):
            found.append(replace(key, flat=_free(key, used)))
            used.add(_folded(found[-1].flat))
    return found


def version_keys(kind: ResourceType, taken: Iterable[str]) -> list[FlatKey]:
    """The keys of a version, as outputs: under names of which none is in *taken*."""
    used = {_folded(name) for name in taken}
    return [replace(key, flat=_free(key, used)) for key in _keys("version", kind.Version)]


def request_of(values: Iterable[tuple[FlatKey, object]]) -> dict[str, dict[str, object]]:
    """The parts of a request that holds these values."""
    parts: dict[str, dict[str, object]] = {"source": {}, "params": {}, "version": {}}
    for key, value in values:
        parts[key.part][key.name] = value
    return parts


def _parts(kind: ResourceType, action: str) -> Iterator[tuple[str, type]]:
    yield "source", kind.Source
    if action != "check":
        yield "params", kind.GetParams if action == "get" else kind.PutParams
    if action != "put":
        yield "version", kind.Version


def _keys(part: str, declarations: type) -> Iterator[FlatKey]:
    hints, texts = get_type_hints(declarations), describe_keys(declarations)
    for declared in dict.fromkeys(keys(declarations).values()):
        name = names(declared)[0]
        text = " ".join(texts.get(declared.name, "").split())
        yield FlatKey(name, part, name, hints[declared.name], declared, text)


def _free(key: FlatKey, used: set[str]) -> str:
    name = key.name
    while _folded(name) in used:
        name = f"{key.part}_{name}"
    return name


def _folded(name: str) -> str:
    """What counts as the same name: inputs know no case, and options no underscore."""
    return name.lower().replace("-", "_")
