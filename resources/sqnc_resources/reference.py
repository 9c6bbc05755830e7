"""The reference page of a resource type, in Markdown, made from its types and the texts below fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_type_hints

from sqnc_resources.descriptions import describe, describe_keys
from sqnc_resources.keys import Secret, is_required, keys, names
from sqnc_resources.reading import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from dataclasses import Field

    from sqnc_resources.types import ResourceType


def page(name: str, kind: ResourceType) -> str:
    """The page for the type called *name*."""
    parts = {
        "`source`": kind.Source,
        "`version`": kind.Version,
        "`params` of `get`": kind.GetParams,
        "`params` of `put`": kind.PutParams,
    }
    sections = [f"# {name}", describe(kind)]
    for title, part in parts.items():
        sections += [f"## {title}", describe(part), table(part)]
    return "\n\n".join(section for section in sections if section) + "\n"


def table(kind: type) -> str:
    """A row for each key of *kind*; nothing where there are no keys."""
    hints, texts = get_type_hints(kind), describe_keys(kind)
    rows = [
        f"| {' or '.join(f'`{name}`' for name in names(declared))} | {_words(hints[declared.name])} "
        f"| {_default(declared)} | {_cell(texts.get(declared.name, ''))} |"
        for declared in dict.fromkeys(keys(kind).values())
    ]
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows]) if rows else ""


def _words(kind: object) -> str:
    word = words(kind).removeprefix("an ").removeprefix("a ")
    return f"{word}, secret" if kind == Secret or Secret in getattr(kind, "__args__", ()) else word


def _default(declared: Field[object]) -> str:
    if is_required(declared):
        return "**required**"
    value = declared.default
    if value is None or value == () or not isinstance(value, str | int | float | tuple):
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _cell(text: str) -> str:
    return " ".join(_lines(text)).replace("|", "\\|")


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
