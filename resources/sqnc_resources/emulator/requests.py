"""What `check`, `in` and `out` read on standard input (concourse/atc/resource/resource.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.emulator.go_json import encode

if TYPE_CHECKING:
    from sqnc_resources.emulator.configuration import Object, Version


def request(source: Object | None, *, params: Object | None = None, version: Version | None = None) -> bytes:
    """Return the document: `source` is always there, `null` for None; the rest only where it is not empty."""
    parts = ",".join(
        f'"{name}":{encode(value)}'
        for name, value in (("source", source), ("params", params), ("version", version))
        if value or name == "source"
    )
    return f"{{{parts}}}".encode()
