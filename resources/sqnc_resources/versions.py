"""Versions: a frozen dataclass in the type's code, a map of strings outside.

Keys that the type does not know, because a newer or older release of it wrote them, are ignored. A key that
was added needs a default, one that was renamed its old name: `ref: str = key("", also=("sha",))`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqnc_resources.errors import AnswerError
from sqnc_resources.keys import Secret, keys, names
from sqnc_resources.reading import read

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def decode(kind: type[T], value: object, path: str = "version") -> T:
    """Read the version that the request holds; raise RequestError."""
    known = keys(kind)
    if isinstance(value, dict):
        value = {name: text for name, text in value.items() if name in known}
    return read(kind, value, path, [])


def encode(version: DataclassInstance) -> dict[str, str]:
    """Write *version* as a map of strings; a key that is None is left out. Raise AnswerError."""
    found = {}
    for declared in dict.fromkeys(keys(type(version)).values()):
        value = getattr(version, declared.name)
        if value is not None:
            found[names(declared)[0]] = _text(value, declared.name)
    if not found:
        raise AnswerError(f"{version!r} is an empty version, and an engine refuses one: give it a key")
    return found


def _text(value: Any, name: str) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case Secret():
            raise AnswerError(f"version.{name}: a version is shown to everybody, so it holds no Secret")
    if not hasattr(type(value), "parse"):
        raise AnswerError(
            f"version.{name}: a version is made of strings: {value!r} has no text form to read back"
        )
    return str(value)
