"""A version and its metadata, as people see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqnc_resources.emulator.configuration import Version


def answer_lines(version: Version, metadata: Sequence[tuple[str, str]]) -> list[str]:
    """A line for each key and each name, values below each other; what the version says is said once."""
    own = version.items()
    pairs = [*own, *(pair for pair in metadata if pair not in own)]
    width = max((len(name) for name, _ in pairs), default=0)
    indent = "\n" + " " * (width + 2)
    return [f"{name:{width}}  {value.rstrip().replace(chr(10), indent)}".rstrip() for name, value in pairs]
