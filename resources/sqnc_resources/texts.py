"""Texts, as command lines and actions' inputs give them, into the JSON that a request holds.

What a key takes decides how its text is read: a list as lines, or as YAML (which JSON is part of) where it
begins with `[` or `- `; an object as YAML; anything else is the text itself, for the reader to check.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from sqnc_resources.errors import RequestError
from sqnc_resources.keys import Secret, is_object, keys
from sqnc_resources.reading import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actions_compat import nodes

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS: Final = frozenset({"true", "false"})


class _Plain(str):
    """A text that stands in YAML without quotes: it may mean a number, true, false or null."""

    __slots__ = ()


def value_of(kind: object, text: str, name: str) -> object:
    """What *text* stands for where a key takes *kind*; *name* is what errors call it. Raise RequestError."""
    for choice in _choices(kind):
        if spelled(choice) == text.strip():
            return choice
    scalar, items, begin = scalar_kind(kind), list_kind(kind), text.lstrip()[:2]
    if items is not None and (scalar is None or "\n" in text.strip() or _begins_list(begin)):
        return _list(kind, items, text, name)
    if scalar is None or (begin[:1] == "{" and _takes_objects(kind)):
        return _from_yaml(kind, text, name)
    return _scalar(scalar, text)


def list_kind(kind: object) -> Any:
    """What the items are where *kind* takes a list; None where it takes none."""
    return next((get_args(one)[0] for one in members(kind) if get_origin(one) is tuple), None)


def scalar_kind(kind: object) -> object:
    """The first of the kinds that *kind* is made of which is written as one text; None for no such kind."""
    for one in members(kind):
        if get_origin(one) is None and one is not object and not is_object(one):
            return one
        if get_origin(one) is Literal and len(members(kind)) == 1:
            return str
    return None


def holds_secret(kind: object) -> bool:
    """Whether a Secret is *kind*, or is somewhere in it."""
    if kind is Secret:
        return True
    if is_object(kind):
        return any(map(holds_secret, get_type_hints(kind).values()))
    return any(map(holds_secret, get_args(kind)))


def members(kind: object) -> tuple[Any, ...]:
    """The kinds that a union is made of, without None; *kind* alone where it is no union."""
    if get_origin(kind) in {Union, types.UnionType}:
        return tuple(one for one in get_args(kind) if one is not types.NoneType)
    return (kind,)


def _choices(kind: object) -> Iterator[object]:
    for one in members(kind):
        if get_origin(one) is Literal:
            yield from get_args(one)


def _takes_objects(kind: object) -> bool:
    return any(one is object or is_object(one) or get_origin(one) is Mapping for one in members(kind))


def _scalar(kind: object, text: str) -> str:
    if kind in {str, Secret}:
        return text
    text = text.strip()
    return text.lower() if kind is bool and text.lower() in _FLAGS else text


def _begins_list(begin: str) -> bool:
    return begin[:1] == "[" or begin in {"- ", "-\n"}


def _list(kind: object, items: object, text: str, name: str) -> object:
    if _begins_list(text.lstrip()[:2]) or scalar_kind(items) is None:
        return _from_yaml(kind, text, name)
    lines = (line.strip() for line in text.splitlines())
    return [value_of(items, line, name) for line in lines if line]


def _from_yaml(kind: object, text: str, name: str) -> object:
    from actions_compat.nodes import WorkflowError  # noqa: PLC0415  (most texts are no YAML)
    from actions_compat.yaml_tree import read_yaml  # noqa: PLC0415  (as above)

    try:
        tree = read_yaml(text, file=name, plain=_Plain)
    except WorkflowError as error:
        raise RequestError(str(error)) from error
    return None if tree is None else _from_node(kind, tree)


def _from_node(kind: object, node: nodes.Node) -> object:
    """The node's value: scalars as texts where *kind* is known, so that `1.10` stays what was written."""
    from actions_compat.nodes import Mapping as MappingNode  # noqa: PLC0415  (as above)
    from actions_compat.nodes import Scalar, Sequence  # noqa: PLC0415  (as above)

    match node:
        case Scalar():
            return _from_scalar(kind, node.value)
        case Sequence():
            item = list_kind(kind) or object
            return [_from_node(item, one) for one in node.items]
        case MappingNode():
            return {
                str(key.value): _from_node(_kind_of_key(kind, str(key.value)), one) for key, one in node.items
            }


def _from_scalar(kind: object, value: object) -> object:
    if not isinstance(value, _Plain):
        return value
    if value in _NULLS:
        return None
    if object in members(kind):
        from sqnc_resources.emulator.yaml_scalars import plain_scalar  # noqa: PLC0415  (only for any JSON)

        return plain_scalar(str(value))
    for choice in _choices(kind):
        if spelled(choice) == value:
            return choice
    return _scalar(scalar_kind(kind) or str, str(value))


def _kind_of_key(kind: object, name: str) -> object:
    """What an object's value of that name is."""
    for one in members(kind):
        if get_origin(one) is Mapping:
            return get_args(one)[1]
        if is_object(one) and name in (known := keys(one)):
            return get_type_hints(one)[known[name].name]
    return object
