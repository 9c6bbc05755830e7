"""What get and put answer with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

VersionT = TypeVar("VersionT")


@dataclass(frozen=True, slots=True)
class Result(Generic[VersionT]):
    """The version that was fetched or made, and what people are shown of it, in this order.

    Metadata is a mapping; or a sequence of pairs, where a name occurs more than once, and of objects with
    `name`, `value` and whatever else a reader of the type's metadata knows: engines read these two.
    """

    version: VersionT
    metadata: Mapping[str, str] | Sequence[tuple[str, str] | Mapping[str, str]] = field(default=())


@dataclass(frozen=True, slots=True)
class NoKeys:
    """There are none."""
