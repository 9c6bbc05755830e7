r"""`((vars))`, as Concourse and `fly` interpolate them (concourse/vars/template.go).

A text that is nothing but one `((var))` becomes its value, of whatever type; inside a longer text only
strings and whole numbers can stand. Keys of maps are interpolated too. A value that was put in is not looked
through again.

    VarError              a var's value cannot be used; the message is Concourse's
    └── UndefinedVars     these vars have no value, and nothing later will give them one
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from sqnc_resources.emulator.go_json import number_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Go's \w is ASCII, and \pL letters; Python's \w is wider, so `_names` looks again
_VAR: Final = re.compile(r'\(\(((?:[-/.\w]+:)?[-/.:@"\w]+)\)\)')
_TYPE_NAMES: Final[tuple[tuple[type, str], ...]] = (
    (bool, "bool"),  # before int, which it is, too
    (int, "int"),
    (float, "float64"),
    (str, "string"),
    (Mapping, "map[string]interface {}"),
    (list, "[]interface {}"),
)
_NEEDS_QUOTES: Final = frozenset(",.:/ ")


class VarError(ValueError):
    """A var's value cannot be used."""


class UndefinedVars(VarError):  # noqa: N818  (Concourse's words)
    """No value for these."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(f"undefined vars: {', '.join(self.names)}")


class Number(float):
    """A number as `-y` gives it: unlike one from a file, it can stand inside a text."""


class Reference(NamedTuple):
    """`source:path.field."quoted.field"`; no source is ''."""

    source: str
    path: str
    fields: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what stands between the brackets; raise VarError."""
        source, colon, rest = _split_unquoted(text, ":")
        if not colon:
            source, rest = "", text
        if '"' in source:
            raise VarError(f"invalid var '{text}': source must not be quoted")
        path, *fields = _segments(rest)
        if not path or not all(fields):
            raise VarError(f"invalid var '{text}': empty field")
        return cls(source, path, tuple(fields))

    def __str__(self) -> str:
        prefix = f"{self.source}:" if self.source else ""
        return prefix + ".".join(map(_segment_text, (self.path, *self.fields)))


@dataclass(frozen=True, slots=True)
class Variables:
    """Where values come from.

    Of *layers* the first that has a path decides, even where a field is missing there. *sources* are what
    `((name:path))` reads; `.` are local vars. A source that is not here has no values.
    """

    layers: tuple[Mapping[str, object], ...] = ()
    sources: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def find(self, reference: Reference) -> tuple[object, bool]:
        """Return the value and whether there is one; raise VarError for a field that cannot be reached."""
        layers = self.layers
        if reference.source:
            layers = (self.sources.get(reference.source, {}),)
        for layer in layers:
            if reference.path in layer:
                return _follow(layer[reference.path], reference), True
        return None, False


@dataclass(slots=True)
class Interpolation:
    """One pass over one or more values, which remembers what was missing and which texts were put in."""

    variables: Variables
    missing: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    """Every string that came from a var, to be kept out of logs."""

    def apply(self, value: object) -> object:
        """Interpolate the whole tree; vars without a value stay as they are. Raise VarError."""
        match value:
            case str():
                return self._text(value)
            case list() | tuple():
                return [self.apply(item) for item in value]
            case Mapping():
                return {key_text(self.apply(key)): self.apply(item) for key, item in value.items()}
        return value

    def part(self, text: str) -> str:
        """Interpolate a part of a longer text: a var in it is never the whole. Raise VarError."""
        return str(self._text(text, is_part=True))

    def finish(self) -> None:
        """Raise UndefinedVars if there was anything without a value."""
        if self.missing:
            raise UndefinedVars(self.missing)

    def _text(self, text: str, *, is_part: bool = False) -> object:
        for name in _names(text):
            reference = Reference.parse(name)
            value, is_there = self.variables.find(reference)
            if not is_there:
                self.missing.add(str(reference))
                continue
            self._use(value)
            if text == f"(({name}))" and not is_part:
                return value
            text = text.replace(f"(({name}))", _embedded(value, name))
        return text

    def _use(self, value: object) -> None:
        match value:
            case str():
                self.used.add(value)
            case Mapping():
                for item in value.values():
                    self._use(item)
            case list():
                for item in value:
                    self._use(item)


def interpolate(value: object, variables: Variables) -> object:
    """Interpolate a value for which every var must be there, as before a step; raise VarError."""
    interpolation = Interpolation(variables)
    result = interpolation.apply(value)
    interpolation.finish()
    return result


def expand(pairs: Iterable[tuple[Reference, object]]) -> dict[str, object]:
    """Return what `-v a.b=c` and the like give together; a later one wins, and adds to earlier maps."""
    found: dict[str, object] = {}
    for reference, value in pairs:
        _put(found, (reference.path, *reference.fields), value)
    return found


def key_text(key: object) -> str:
    """A map's key as JSON has it; raise VarError for what cannot be one."""
    match key:
        case str():
            return key
        case bool():
            return "true" if key else "false"
        case int():
            return str(key)
        case float():
            return number_text(key)
    raise VarError(f"cannot use {_type_name(key)} as a key")


def _put(into: dict[str, object], path: tuple[str, ...], value: object) -> None:
    name, *rest = path
    inner = into.get(name)
    if rest and isinstance(inner, dict):
        _put(inner, tuple(rest), value)
        return
    for part in reversed(rest):
        value = {part: value}
    into[name] = value


def _names(text: str) -> Iterator[str]:
    for found in _VAR.finditer(text):
        if all(c.isascii() or unicodedata.category(c).startswith("L") for c in found[1]):
            yield found[1]


def _follow(value: object, reference: Reference) -> object:
    for name in reference.fields:
        if not isinstance(value, Mapping):
            raise VarError(
                f"cannot access field '{name}' of non-map value ('{_type_name(value)}') from var: {reference}"
            )
        if name not in value:
            raise VarError(f"missing field '{name}' in var: {reference}")
        value = value[name]
    return value


def _embedded(value: object, name: str) -> str:
    match value:
        case str():
            return value
        case Number():
            return number_text(value)
        case int() if not isinstance(value, bool):
            return str(value)
    raise VarError(f"cannot interpolate non-primitive value ({_type_name(value)}) from var: {name}")


def _type_name(value: object) -> str:
    """Go's name for the type of a value that was read from YAML or JSON."""
    return next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "<nil>")


def _segments(text: str) -> Iterator[str]:
    is_more = "."
    while is_more:
        segment, is_more, text = _split_unquoted(text, ".")
        yield segment.strip().replace('"', "")


def _split_unquoted(text: str, separator: str) -> tuple[str, str, str]:
    """`str.partition`, but for separators between double quotes."""
    is_quoted = False
    for place, character in enumerate(text):
        if character == '"':
            is_quoted = not is_quoted
        elif character == separator and not is_quoted:
            return text[:place], separator, text[place + 1 :]
    return text, "", ""


def _segment_text(segment: str) -> str:
    return f'"{segment}"' if _NEEDS_QUOTES & set(segment) else segment
