"""The keys that built-in resource types know: what a workflow misspells or lacks is told before it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.nodes import Mapping, WorkflowError
from sqnc_resources.keys import is_required, keys, names
from sqnc_resources.types import load
from sqncshim.json_reader import near
from sqncshim.tables import RESOURCE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actions_compat.nodes import Node
    from sqnc_resources.emulator.configuration import Configuration, Resource
    from sqnc_resources.types import ResourceType


def built_in_type(resource: Resource, found: Configuration) -> ResourceType | None:
    """The type of *resource*, where it is one of ours; the file's own types come first."""
    is_ours = resource.type in RESOURCE_TYPES and resource.type not in found.types
    return load(resource.type) if is_ours else None


def source_mistakes(resource: Resource, kind: ResourceType) -> Iterator[WorkflowError]:
    """Yield what is wrong with the keys of its source."""
    node = resource.node.get("source")
    yield from unknown_keys(node, kind.Source, f"{resource.name}: source")
    given = {key.text for key, _ in node.items} if isinstance(node, Mapping) else set()
    if any(map(_is_open, given)):
        return
    for declared in dict.fromkeys(keys(kind.Source).values()):
        if is_required(declared) and not given & {*names(declared)}:
            place = (node or resource.node).position
            yield WorkflowError(place, f"{resource.name}: source.{names(declared)[0]}: it is missing")


def unknown_keys(node: Node | None, kind: type, path: str) -> Iterator[WorkflowError]:
    """Yield an error for each key of a mapping that *kind*, a dataclass, does not know."""
    if not isinstance(node, Mapping):
        return
    known = keys(kind)
    for key, _ in node.items:
        if key.text not in known and not _is_open(key.text):
            hint = near(key.text, known)
            yield WorkflowError(key.position, f"{path}.{key.text}: unknown key", hint=hint)


def _is_open(key: str) -> bool:
    """Whether a run decides what the key is: a var or an expression is in it, or it merges a mapping."""
    return "((" in key or "${{" in key or key == "<<"
