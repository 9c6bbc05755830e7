"""Which artifacts a put sees (concourse/atc/exec/put_inputs.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Inputs: TypeAlias = Literal["detect", "all"] | Sequence[str]
"""`detect`, which is also what a put without `inputs` does; `all`; or names."""

DETECT: Final = "detect"


class InputNotFoundError(ValueError):
    """A put names an input that is no artifact."""


def put_inputs(inputs: Inputs, params: object, artifacts: Collection[str]) -> tuple[str, ...]:
    """Return the names of the artifacts that the put sees; raise InputNotFoundError."""
    if inputs == "all":
        return tuple(artifacts)
    if inputs == DETECT:
        return tuple(dict.fromkeys(name for name in detected(params) if name in artifacts))
    for name in inputs:
        if name not in artifacts:
            raise InputNotFoundError(f"input not found: {name}")
    return tuple(dict.fromkeys(inputs))


def detected(params: object) -> Iterator[str]:
    """Every text in *params* that may name an artifact: its first segment that is neither `.` nor `..`.

    Of an absolute path that is the empty text, so it names none. Keys are not looked at.
    """
    match params:
        case str():
            parts = params.split("/")
            yield next((part for part in parts if part not in {".", ".."}), params) if parts[1:] else params
        case Mapping():
            for value in params.values():
                yield from detected(value)
        case list() | tuple():
            for value in params:
                yield from detected(value)
