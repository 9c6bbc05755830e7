"""How a pattern learns its author's types: from the square brackets."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, get_args, get_origin

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SourceT = TypeVar("SourceT", bound="DataclassInstance")
VersionT = TypeVar("VersionT", bound="DataclassInstance")
PutParamsT = TypeVar("PutParamsT", bound="DataclassInstance")


class Typed:
    """`class Mine(Pattern[A, B])` has A and B as the attributes that the pattern's type variables name.

    SourceT becomes `Source`, and so on.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for base in cls.__dict__.get("__orig_bases__", ()):
            pattern = get_origin(base)
            if isinstance(pattern, type) and issubclass(pattern, Typed):
                for variable, kind in zip(
                    getattr(pattern, "__parameters__", ()), get_args(base), strict=True
                ):
                    if isinstance(kind, type):
                        setattr(cls, variable.__name__.removesuffix("T"), kind)
