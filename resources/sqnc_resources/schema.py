"""JSON Schema of a resource type: it accepts what `reading` accepts."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from sqnc_resources.descriptions import describe, describe_keys
from sqnc_resources.keys import Secret, is_object, is_required, keys, names
from sqnc_resources.texts import members

if TYPE_CHECKING:
    from sqnc_resources.types import ResourceType

Schema = dict[str, Any]
"""A JSON Schema, as JSON holds it."""

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NULL: Final = {"type": "null"}
_TEXT: Final = {"type": ["string", "number"]}
_SCALARS: Final[Mapping[object, Schema]] = {
    str: _TEXT,
    Secret: {**_TEXT, "writeOnly": True},
    int: {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^-?[0-9]+\Z"}]},
    float: {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?([0-9]+\.?[0-9]*|\.[0-9]+)\Z"}]},
    bool: {"enum": [True, False, "true", "false"]},
    object: {},
}


def type_schema(name: str, kind: ResourceType) -> Schema:
    """The schema of an object with `source`, `version`, `get_params` and `put_params`, each optional."""
    parts = {
        "source": object_schema(kind.Source),
        "version": {**object_schema(kind.Version), "additionalProperties": True},
        "get_params": object_schema(kind.GetParams),
        "put_params": object_schema(kind.PutParams),
    }
    shown: Schema = {"$schema": DIALECT, "title": name}
    if text := describe(kind):
        shown["description"] = text
    return {**shown, "type": "object", "properties": parts}


def object_schema(kind: type) -> Schema:
    """The schema of one of a type's dataclasses."""
    hints, texts = get_type_hints(kind), describe_keys(kind)
    properties: Schema = {}
    required, choices = [], []
    for declared in dict.fromkeys(keys(kind).values()):
        own = _one_of([_value(member) for member in members(hints[declared.name])])
        if declared.name in texts:
            own = {"description": texts[declared.name], **own}
        if not is_required(declared):
            own = _or_null(own)
        first, *others = names(declared)
        properties |= {first: own} | {other: {**own, "deprecated": True} for other in others}
        if is_required(declared) and not others:
            required.append(first)
        elif is_required(declared):
            choices.append({"anyOf": [{"required": [name]} for name in (first, *others)]})
    found: Schema = {"type": "object"}
    if text := describe(kind):
        found["description"] = text
    found |= {"properties": properties, "additionalProperties": False}
    if required:
        found["required"] = required
    return found | ({"allOf": choices} if choices else {})


def _value(kind: Any) -> Schema:
    if kind in _SCALARS:
        return _SCALARS[kind]
    if get_origin(kind) is not None:
        return _generic(get_origin(kind), get_args(kind))
    if is_object(kind):
        return object_schema(kind)
    text = _TEXT if getattr(kind, "takes_numbers", True) else {"type": "string"}
    return {**text, "description": describe(kind).partition("\n")[0]}


def _generic(origin: object, arguments: tuple[Any, ...]) -> Schema:
    if origin in {Union, types.UnionType}:
        return _one_of([_NULL if member is types.NoneType else _value(member) for member in arguments])
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _value(arguments[0])}
    return {"type": "object", "additionalProperties": _value(arguments[1])}


def _one_of(schemas: list[Schema]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _or_null(schema: Schema) -> Schema:
    """What is optional may also be null."""
    if not schema.keys() & {"type", "enum", "anyOf"}:
        return schema
    described = {"description": schema["description"]} if "description" in schema else {}
    own = {name: value for name, value in schema.items() if name != "description"}
    return {**described, "anyOf": [*(own["anyOf"] if own.keys() == {"anyOf"} else [own]), _NULL]}
