"""Reads decoded JSON into the frozen dataclasses of a resource type, and says of each misfit where it is.

null, an absent key and, for a whole part of the request, {} mean the same. A text may be written as a number,
and a number or a flag as a text that spells it (`((vars))` given on a command line are texts); nothing else
is converted.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sqnc_resources.errors import RequestError
from sqnc_resources.keys import Secret, is_object, is_required, keys, names
from sqncshim.json_reader import join, kind_of, near

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from dataclasses import Field

    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

_FLAGS: Final = {"true": True, "false": False}
_LONGEST: Final = 4300
"""Digits of a whole number that Python reads."""
_INFINITE: Final = float("inf")


class MisfitError(ValueError):
    """Values do not fit; *problems* says of each where and why."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def read(kind: type[T], value: object, path: str, secrets: list[str], *, called: str = "") -> T:
    """Read *value*, which the request has at *path*; raise RequestError with everything that is wrong.

    The secrets found are added to *secrets*, also where the rest does not fit. *called* is what people call
    the whole of it, where that is not its path.
    """
    try:
        return _Reader(secrets).read(kind, {} if value is None else value, path)
    except MisfitError as misfit:
        raise RequestError(
            "\n".join((*_unknown_keys(path, called or path, misfit), *misfit.problems))
        ) from None


def _unknown_keys(path: str, called: str, misfit: MisfitError) -> Iterator[str]:
    if any(f"{path}." in problem and ": unknown key" in problem for problem in misfit.problems):
        yield f"Found unknown keys in {called}:"  # the git resource's words, which scripts look for


class _Reader:
    """Reads values of all kinds that a field may have; each method raises MisfitError."""

    def __init__(self, secrets: list[str]) -> None:
        self._secrets = secrets

    def read(self, kind: type[T], value: object, path: str) -> T:
        if not isinstance(value, dict):
            raise expected(path, "an object", value)
        known, hints = keys(kind), get_type_hints(kind)
        problems = [
            f"{join(path, name)}: unknown key, {near(name, known)}" for name in value if name not in known
        ]
        arguments: dict[str, object] = {}
        for declared in dict.fromkeys(known.values()):
            try:
                for one in self._key(declared, hints[declared.name], value, path):
                    arguments[declared.name] = one
            except MisfitError as misfit:
                problems += misfit.problems
        if problems:
            raise MisfitError(problems)
        try:
            return kind(**arguments)
        except ValueError as error:  # a rule between keys, in __post_init__
            raise MisfitError([f"{path}: {error}"]) from error

    def _key(
        self, declared: Field[Any], kind: object, value: Mapping[str, object], path: str
    ) -> Iterator[object]:
        """The value of one key; none where the default counts."""
        for name in names(declared):
            if value.get(name) is not None:
                yield self.convert(kind, value[name], join(path, name))
                return
        if is_required(declared):
            missing = join(path, names(declared)[0])
            raise MisfitError([f"{missing}: expected {words(kind)}, and it is missing"])

    def convert(
        self, kind: Any, value: object, path: str
    ) -> object:  # any type, as typing has none for types
        if kind is object or kind is Any:
            return value
        if kind in _SCALARS:
            return _SCALARS[kind](value, path)
        if kind is Secret:
            text = _text(value, path)
            self._secrets.append(text)
            return Secret(text)
        origin = get_origin(kind)
        if origin is not None:
            return self._convert_generic(origin, kind, value, path)
        if is_object(kind):
            return self.read(kind, value, path)
        return _parsed(kind, value, path)

    def _convert_generic(self, origin: object, kind: Any, value: object, path: str) -> object:
        if origin in {Union, types.UnionType}:
            return self._convert_union(kind, value, path)
        if origin is Literal:
            return _literal(kind, value, path)
        if origin is tuple:
            return tuple(self._items(kind, value, path))
        if origin is Mapping:
            return dict(self._entries(kind, value, path))
        raise _undeclarable(kind)

    def _convert_union(self, kind: object, value: object, path: str) -> object:
        """The first that fits; where none does, the problems inside the value, which only one can have."""
        if value is None and types.NoneType in get_args(kind):
            return None
        for member in (members := [m for m in get_args(kind) if m is not types.NoneType]):
            try:
                return self.convert(member, value, path)
            except MisfitError as misfit:
                if len(members) == 1 or not misfit.problems[0].startswith(f"{path}: "):
                    raise
        raise expected(path, words(kind), value)

    def _items(self, kind: object, value: object, path: str) -> list[object]:
        item, *rest = get_args(kind)
        if rest != [...]:
            raise _undeclarable(kind)
        if not isinstance(value, list):
            raise expected(path, words(kind), value)
        return self._all((None, item, one, f"{path}[{index}]") for index, one in enumerate(value))[1]

    def _entries(self, kind: object, value: object, path: str) -> Iterable[tuple[str, object]]:
        if not isinstance(value, dict):
            raise expected(path, words(kind), value)
        item = get_args(kind)[1]
        found, values = self._all((name, item, one, join(path, name)) for name, one in value.items())
        return zip(found, values, strict=True)

    def _all(self, parts: Iterable[tuple[Any, object, object, str]]) -> tuple[list[Any], list[object]]:
        """Convert each part; with problems in several of them, raise them together."""
        labels: list[Any] = []
        values: list[object] = []
        problems: list[str] = []
        for label, kind, value, path in parts:
            try:
                values.append(self.convert(kind, value, path))
                labels.append(label)
            except MisfitError as misfit:
                problems += misfit.problems
        if problems:
            raise MisfitError(problems)
        return labels, values


def _text(value: object, path: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise expected(path, "a string", value)


def _number(value: object, path: str) -> int:
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii():
        if len(value) > _LONGEST:
            raise MisfitError([f"{path}: expected a whole number of {_LONGEST} digits at most"])
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # JSON has one kind of number
    if not isinstance(value, int) or isinstance(value, bool):
        raise expected(path, "a whole number", value)
    return value


def _real(value: object, path: str) -> float:
    is_spelled = (
        isinstance(value, str) and value.removeprefix("-").replace(".", "", 1).isdecimal() and value.isascii()
    )
    if not is_spelled and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise expected(path, "a number", value)
    try:
        number = float(value)  # type: ignore[arg-type]  # a text that is a number, or one
    except OverflowError:
        number = _INFINITE
    if not abs(number) < _INFINITE:
        raise MisfitError([f"{path}: expected a number that a double can hold"])
    return number


def _flag(value: object, path: str) -> bool:
    if isinstance(value, str) and value in _FLAGS:
        return _FLAGS[value]
    if not isinstance(value, bool):
        raise expected(path, "true or false", value)
    return value


_SCALARS: Final[Mapping[object, Callable[[object, str], object]]] = {
    str: _text,
    int: _number,
    float: _real,
    bool: _flag,
}
_WORDS: Final[Mapping[object, str]] = {
    str: "a string",
    Secret: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    object: "any value",
}


def _literal(kind: object, value: object, path: str) -> object:
    for choice in get_args(kind):
        if choice == value and isinstance(choice, bool) == isinstance(value, bool):  # True is not 1 in JSON
            return choice
    shown = f"`{value}`" if isinstance(value, str) else kind_of(value)
    raise MisfitError([f"{path}: expected {words(kind)}, got {shown}"])


def _parsed(kind: Any, value: object, path: str) -> object:
    """A value of a type that reads itself from a text, with `parse`; from a number too, unless it says no."""
    if not hasattr(kind, "parse"):
        raise _undeclarable(kind)
    if not isinstance(value, str) and not getattr(kind, "takes_numbers", True):
        raise MisfitError([f"{path}: expected {words(kind)}, between quotes, got {kind_of(value)}"])
    text = _text(value, path)
    try:
        return kind.parse(text)
    except ValueError as error:
        raise MisfitError([f"{path}: {error}"]) from error


def expected(path: str, what: str, got: object) -> MisfitError:
    return MisfitError([f"{path}: expected {what}, got {kind_of(got)}"])


def words(kind: Any) -> str:
    """What a message calls *kind*."""
    if kind in _WORDS:
        return _WORDS[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return " or ".join(words(member) for member in arguments if member is not types.NoneType)
    if origin is Literal:
        return ("one of " if len(arguments) > 1 else "") + ", ".join(
            f"`{spelled(choice)}`" for choice in arguments
        )
    if origin is tuple:
        return f"a list of {plural(arguments[0])}"
    if origin is Mapping:
        return f"an object of {plural(arguments[1])}"
    return "an object" if is_object(kind) else "a string"


def spelled(choice: object) -> str:
    """A value of a Literal as JSON and YAML have it, without quotes."""
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def plural(kind: object) -> str:
    """What a message calls several of *kind*."""
    word = words(kind)
    return {"any value": "any values", "true or false": "true or false"}.get(
        word, word.removeprefix("an ").removeprefix("a ") + "s"
    )


def _undeclarable(kind: object) -> TypeError:
    return TypeError(
        f"{kind}: a key is a str, int, float, bool, Secret, Literal, object, frozen dataclass, a class with "
        "`parse`, tuple[X, ...], Mapping[str, X], or a union of these"
    )
