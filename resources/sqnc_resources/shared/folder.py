"""Files in a folder that processes share, on one machine, or on several where the file system locks for all.

The folder holds these files and nothing else. A change is written to a journal first: whoever comes next
after a process that died in the middle finishes its change.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.shared.files import Change, ConflictError, is_path
from sqncshim.locks import lock_file

_LOCK: Final = ".lock"
_JOURNAL: Final = ".change"
_TEMPORARY: Final = ".new"
_OURS: Final = frozenset({_LOCK, _JOURNAL, _TEMPORARY})


@dataclass(frozen=True, slots=True)
class FolderSnapshot:
    """All files of the folder, by their paths; *revision* is a digest of them."""

    files: Mapping[str, bytes] = field(repr=False)
    revision: str

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)

    def names(self, folder: str) -> tuple[str, ...]:
        place = f"{folder.rstrip('/')}/" if folder else ""
        inside = (path.removeprefix(place) for path in self.files if path.startswith(place))
        return tuple(sorted(name for name in inside if "/" not in name))


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files in *folder*, which is made where it is missing."""

    folder: str

    def snapshot(self) -> FolderSnapshot:
        with self._locked():
            return self._read()

    def replace(self, old: FolderSnapshot, change: Change[object]) -> str:
        with self._locked():
            if self._read().revision != old.revision:
                raise ConflictError(f"{self.folder}: somebody else has changed it")
            for path in change.files:
                if path in _OURS:
                    raise ResourceError(f"{self.folder}: {path} is a name of its lock, and no file's")
            self._write(_JOURNAL, _journal(change.files))
            self._finish()
            return self._read().revision

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            os.makedirs(self.folder, exist_ok=True)
            lock = os.open(f"{self.folder}/{_LOCK}", os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise ResourceError(f"{self.folder}: {error.strerror}") from error
        try:
            lock_file(lock, wait=True)
            self._finish()
            yield
        except OSError as error:
            raise ResourceError(f"{self.folder}: {error.strerror}") from error
        finally:
            os.close(lock)

    def _read(self) -> FolderSnapshot:
        files = dict(sorted(self._files()))
        digest = sha256()
        for path, content in files.items():
            digest.update(f"{path}\0{len(content)}\0".encode(errors="surrogateescape") + content)
        return FolderSnapshot(files, digest.hexdigest() if files else "")

    def _files(self) -> Iterator[tuple[str, bytes]]:
        for folder, _, names in os.walk(self.folder):
            for name in names:
                place = f"{folder}/{name}"
                path = os.path.relpath(place, self.folder).replace(os.sep, "/")
                if path not in _OURS and os.path.isfile(place):
                    with open(place, "rb") as file:
                        yield path, file.read()

    def _finish(self) -> None:
        """Make the change that the journal holds, if there is one; harmless where some of it was made."""
        try:
            with open(f"{self.folder}/{_JOURNAL}", "rb") as file:
                changes = json.load(file)
        except FileNotFoundError:
            return
        for path, content in changes.items():
            if not is_path(path):
                raise ResourceError(f"{self.folder}/{_JOURNAL}: `{path}` is no path of a file in it")
            if content is None:
                with suppress(FileNotFoundError):
                    os.unlink(f"{self.folder}/{path}")
            else:
                os.makedirs(os.path.dirname(f"{self.folder}/{path}"), exist_ok=True)
                self._write(path, b64decode(content))
        os.unlink(f"{self.folder}/{_JOURNAL}")

    def _write(self, path: str, content: bytes) -> None:
        """Write a file whole: nobody ever sees a part of it, also after a loss of power."""
        temporary = f"{self.folder}/{_TEMPORARY}"
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, f"{self.folder}/{path}")


def _journal(files: Mapping[str, bytes | None]) -> bytes:
    shown = {
        path: None if content is None else b64encode(content).decode() for path, content in files.items()
    }
    return json.dumps(shown).encode()
