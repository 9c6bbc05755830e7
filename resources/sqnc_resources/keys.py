"""What a key may be besides plain text, numbers and lists: a secret, or one of several names."""

from __future__ import annotations

from dataclasses import MISSING, Field, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final, TypeGuard, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import DataclassInstance

T = TypeVar("T")

_NAMES: Final = "sqnc.names"


class Secret:
    """A text that nothing shows by accident: `str` and `repr` give `***`, `reveal` gives the text.

    What is read as a secret is masked in standard error, in metadata and in tracebacks.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret('***')"


def key(default: T, *, name: str = "", also: Sequence[str] = ()) -> T:
    """Make a field whose key has another *name* than the field, or *also* older names that are still read.

    The first of its names that the request holds counts; answers are written under the first of all.
    """
    value: T = field(default=default, metadata={_NAMES: (name, *also)})
    return value


def required_key(*, name: str = "", also: Sequence[str] = ()) -> Any:  # the type of the field it stands for
    """As `key`, without a default: the request must hold it."""
    return field(metadata={_NAMES: (name, *also)})


def names(declared: Field[object]) -> tuple[str, ...]:
    """The names of a field's key, the one that is written first; a trailing underscore is Python's need."""
    name, *also = declared.metadata.get(_NAMES, ("",))
    return (name or declared.name.removesuffix("_"), *also)


def is_required(declared: Field[object]) -> bool:
    return declared.default is MISSING and declared.default_factory is MISSING


def is_object(kind: object) -> TypeGuard[type[DataclassInstance]]:
    """Whether *kind* is read from an object: a dataclass, but for one that reads itself from a text."""
    return isinstance(kind, type) and is_dataclass(kind) and not hasattr(kind, "parse")


def keys(kind: type) -> dict[str, Field[object]]:
    """The fields of *kind*, a dataclass, by every name that their keys have."""
    return {name: declared for declared in fields(kind) for name in names(declared)}
