"""Which gets are the same get (concourse/atc/db/resource_cache_factory.go)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sqnc_resources.emulator.go_json import encode

if TYPE_CHECKING:
    from sqnc_resources.emulator.configuration import Object, Version


def get_key(kind: str, source: Object | None, version: Version, params: Object | None) -> str:
    """A digest of all that a get may depend on. *kind* tells apart what runs: an image's id, for example.

    `BUILD_*` are not in it: Concourse gives a get that has the same key what the first one fetched.
    """
    return _digest([kind, source, version, params or {}])


def history_key(file: str, name: str, kind: str, source: Object | None) -> str:
    """A digest of what a history belongs to: another source is another history."""
    return _digest([file, name, kind, source])


def _digest(value: object) -> str:
    return hashlib.sha256(encode(value).encode("utf-8", "surrogatepass")).hexdigest()
