"""The reference page of a resource type, in Markdown, made from its types and the texts below fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args, get_origin, get_type_hints

from sqnc_resources.descriptions import describe, describe_keys
from sqnc_resources.keys import Secret, is_object, is_required, keys, names
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


def title(type_name: str) -> str:
    """What people call the type that is named so: its name, or that of its file."""
    return type_name.rpartition("/")[2].partition(":")[0].removesuffix(".py")


def table(kind: type) -> str:
    """A row for each key of *kind*, and for those of its objects; nothing where there are no keys."""
    rows = list(_rows(kind, ""))
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows]) if rows else ""


def _rows(kind: type, path: str) -> Iterator[str]:
    hints, texts = get_type_hints(kind), describe_keys(kind)
    for declared in dict.fromkeys(keys(kind).values()):
        hint, called = hints[declared.name], [f"{path}{name}" for name in names(declared)]
        yield (
            f"| {' or '.join(f'`{name}`' for name in called)} | {_words(hint)} "
            f"| {_default(declared)} | {_cell(texts.get(declared.name, ''))} |"
        )
        for inner, place in _objects(hint):
            yield from _rows(inner, f"{called[0]}{place}.")


def _objects(hint: object) -> Iterator[tuple[type, str]]:
    """The types of the objects in a value; `[]` where a list holds them."""
    if is_object(hint):
        yield hint, ""
    for inner in get_args(hint):
        for kind, place in _objects(inner):
            yield kind, f"[]{place}" if get_origin(hint) in {tuple, Mapping} else place


def _words(kind: object) -> str:
    word = words(kind).removeprefix("an ").removeprefix("a ")
    return f"{word}, secret" if kind == Secret or Secret in getattr(kind, "__args__", ()) else word


def _default(declared: Field[object]) -> str:
    if is_required(declared):
        return "**required**"
    value = declared.default
    if value in (None, "", ()) or not isinstance(value, str | int | float | tuple):
        return ""
    is_json = type(value) in {bool, int, float, tuple}  # any other is written as its codec writes it
    return f"`{json.dumps(value) if is_json else value}`"


def _cell(text: str) -> str:
    return " ".join(_lines(text)).replace("|", "\\|")


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())
