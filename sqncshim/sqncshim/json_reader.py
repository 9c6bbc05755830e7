"""Reads decoded JSON into typed values, and names the exact path of what does not fit."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from collections.abc import Set as AbstractSet
    from enum import Enum

    EnumT = TypeVar("EnumT", bound=Enum)

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_SHOWN = 60


class DocumentError(ValueError):
    """The JSON is not what was expected at *path*, such as `steps[1].env`; '' is the document as a whole."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


def join(path: str, key: str) -> str:
    """The path of *key* in the object at *path*."""
    if _PLAIN.fullmatch(key):
        return f"{path}.{key}" if path else key
    return f"{path}[{json.dumps(key)}]"


def expected(path: str, what: str, got: object) -> DocumentError:
    return DocumentError(path, f"expected {what}, got {kind_of(got)}")


class JsonObject:
    """An object of the document, whose readers each take one key; an absent key gives the default."""

    __slots__ = ("_values", "path")

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise expected(path, "an object", value)
        self._values: dict[str, object] = value
        self.path = path

    @classmethod
    def parse(cls, data: bytes | str) -> Self:
        """Read one JSON object; raise DocumentError."""
        try:
            return cls(json.loads(data, parse_constant=_refuse_constant), "")
        except UnicodeDecodeError as error:
            raise DocumentError("", f"expected JSON in UTF-8: {error}") from error
        except json.JSONDecodeError as error:
            raise DocumentError("", f"expected one JSON object: {error}{_beginning(error.doc)}") from error
        except RecursionError as error:
            raise DocumentError("", "expected one JSON object: it is nested too deeply") from error

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def get(self, key: str, default: object) -> object:
        return self._values.get(key, default)

    def only(self, known: AbstractSet[str]) -> None:
        """Refuse keys that nothing reads."""
        for key in self._values:
            if key not in known:
                raise DocumentError(join(self.path, key), f"unknown key: {near(key, known)}")

    def text(self, key: str, default: str = "") -> str:
        """A text that says something: '' is refused, because it is what absence means."""
        return self.required_text(key) if key in self._values else default

    def any_text(self, key: str) -> str | None:
        return self.required_text(key, empty=True) if key in self._values else None

    def required_text(self, key: str, *, empty: bool = False) -> str:
        path = join(self.path, key)
        if key not in self._values:
            raise DocumentError(path, "expected a string, and it is missing")
        text = _text(self._values[key], path)
        if not text and not empty:
            raise DocumentError(path, "expected a string that is not empty: leave the key out instead")
        return text

    def texts(self, key: str) -> tuple[str, ...] | None:
        if key not in self._values:
            return None
        path, items = join(self.path, key), self._values[key]
        if not isinstance(items, list):
            raise expected(path, "a list of strings", items)
        return tuple(_text(item, f"{path}[{index}]") for index, item in enumerate(items))

    def text_mapping(self, key: str) -> dict[str, str]:
        path, value = join(self.path, key), self._values.get(key, {})
        if not isinstance(value, dict):
            raise expected(path, "an object of strings", value)
        return {name: _text(item, join(path, name)) for name, item in value.items()}

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise expected(join(self.path, key), "true or false", value)
        return value

    def flag_or_text(self, key: str) -> bool | str:
        value = self._values.get(key, False)
        return self.text(key) if isinstance(value, str) else self.flag(key)

    def choice(self, key: str, choices: type[EnumT], default: EnumT) -> EnumT:
        if key not in self._values:
            return default
        value = self._values[key]
        for choice in choices:
            if choice.value == value:
                return choice
        names = ", ".join(str(choice.value) for choice in choices)
        got = json.dumps(value)[:_SHOWN] if isinstance(value, str) else kind_of(value)
        raise DocumentError(join(self.path, key), f"expected one of {names}, got {got}")

    def object(self, key: str, *, required: bool = False) -> JsonObject:
        path = join(self.path, key)
        if required and key not in self._values:
            raise DocumentError(path, "expected an object, and it is missing")
        return JsonObject(self._values.get(key, {}), path)

    def objects(self, key: str) -> list[JsonObject]:
        path, items = join(self.path, key), self._values.get(key, [])
        if not isinstance(items, list):
            raise expected(path, "a list of objects", items)
        return [JsonObject(item, f"{path}[{index}]") for index, item in enumerate(items)]


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise expected(path, "a string", value)
    return value


def kind_of(value: object) -> str:
    """What a message calls a JSON value: values themselves are not shown, for they may be secrets."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
    return "an object"


def near(key: str, known: Collection[str]) -> str:
    """The known key that *key* is probably meant to be, as a question, or all that there are."""
    from difflib import get_close_matches  # noqa: PLC0415  (only a mistake needs it)

    found = get_close_matches(key, known, n=1)
    if found:
        return f"did you mean `{found[0]}`?"
    return f"expected one of {', '.join(sorted(known))}" if known else "none is expected"


def _beginning(text: str) -> str:
    line = text.strip()[:_SHOWN]
    return f"; the text begins with {line!r}" if line else "; the text is empty"


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentError("", f"expected JSON, which has no {name}")
