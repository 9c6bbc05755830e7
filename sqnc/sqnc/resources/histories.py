"""The versions of a resource, kept between runs in one file each.

A change reads, changes and writes under a lock that other processes respect, and a file is replaced whole,
so that a kill at any moment leaves the old or the new history. A file holds versions and metadata, and
nothing of the source: its name is a digest of that.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqnc_resources.emulator.cache_key import history_key
from sqnc_resources.emulator.history import History, KnownVersion
from sqncshim.locks import lock_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqnc_resources.emulator.configuration import Object

_FORMAT: Final = 1


class StateError(Exception):
    """A history cannot be read or written; the message says which file, and what to do."""


class HistoryFile:
    """The history of one resource; nothing is read or made before it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of(cls, folder: Path, file: str, name: str, *, kind: str, source: Object | None) -> HistoryFile:
        """That of the resource *name* in *file*: another type or source has another history."""
        return cls(folder / f"{history_key(file, name, kind, source)}.json")

    @property
    def key(self) -> str:
        """What tells it from any other history."""
        return self._path.stem

    def read(self) -> History:
        """Return what is known; raise StateError."""
        try:
            return _decode(self._path.read_bytes())
        except FileNotFoundError:
            return History()
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise StateError(f"{self._path}: it is no history of versions ({error}): remove it") from error

    def update(self, change: Callable[[History], History]) -> History:
        """Replace the history by what *change* makes of it, and return that; raise StateError."""
        with self._locked():
            before = self.read()
            after = change(before)
            if after is not before:
                self._write(after)
            return after

    def clear(self) -> None:
        """Forget all versions; raise StateError."""
        self.update(lambda _: History())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unwritable(error) from error
        try:
            lock_file(lock, wait=True)
            yield
        finally:
            os.close(lock)

    def _write(self, history: History) -> None:
        fresh = self._path.with_suffix(".new")
        try:
            fresh.touch(0o600)
            fresh.write_bytes(_encode(history))
            fresh.replace(self._path)
        except OSError as error:
            raise _unwritable(error) from error


def _encode(history: History) -> bytes:
    versions = [
        {"version": entry.version, "check_order": entry.check_order, "metadata": entry.metadata}
        for entry in history.known
    ]
    return json.dumps({"format": _FORMAT, "versions": versions}, indent=1).encode()


def _decode(data: bytes) -> History:
    found = json.loads(data)
    if found["format"] != _FORMAT:
        raise ValueError(f"format {found['format']}, expected {_FORMAT}")
    return History(
        tuple(
            KnownVersion(
                entry["version"],
                entry["check_order"],
                tuple((name, value) for name, value in entry["metadata"]),
            )
            for entry in found["versions"]
        )
    )


def _unwritable(error: OSError) -> StateError:
    return StateError(
        f"{error.filename}: {error.strerror}: set SQNC_STATE to a folder that can be written to"
    )
