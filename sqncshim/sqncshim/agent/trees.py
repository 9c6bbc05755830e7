"""Folders as batches of entries, for both ends: `read_tree` makes what `TreeWriter` takes.

An entry is four fields: what it is (`f` file, `+` more of the file before it, `d` folder, `l` link), its
mode in decimal, its path below the tree's top, and the content or where the link leads. Thousands of small
files go in a few batches. Sockets, pipes and devices are left out; times are not kept.
"""

from __future__ import annotations

import os
import stat

from sqncshim.agent import files
from sqncshim.agent.protocol import ProtocolError, number, pack, unpack

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

    from sqncshim.agent.users import Identity

BATCH_BYTES: Final = 256 * 1024
_FILE: Final = b"f"
_MORE: Final = b"+"
_FOLDER: Final = b"d"
_LINK: Final = b"l"


def read_tree(top: str, paths: Iterable[str] | None) -> Iterator[bytes]:
    """Yield batches with *paths* below *top*, folders with all in them; None is all of it. Raise OSError."""
    batch: list[bytes] = []
    size = 0
    for entry in _entries(top, [""] if paths is None else paths):
        batch += entry
        size += len(entry[2]) + len(entry[3]) + 32
        if size >= BATCH_BYTES:
            yield pack(batch)
            batch, size = [], 0
    if batch:
        yield pack(batch)


def _entries(top: str, paths: Iterable[str]) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    left = [path.strip("/") for path in paths]
    left.reverse()
    while left:
        path = left.pop()
        full = f"{top}/{path}" if path else top
        status = os.stat(full) if not path else os.lstat(full)  # the top may be a link to a folder
        name, mode = os.fsencode(path), b"%d" % stat.S_IMODE(status.st_mode)
        if stat.S_ISDIR(status.st_mode):
            yield _FOLDER, mode, name, b""
            prefix = f"{path}/" if path else ""
            left += [prefix + below for below in sorted(os.listdir(full), reverse=True)]
        elif stat.S_ISLNK(status.st_mode):
            yield _LINK, mode, name, os.fsencode(os.readlink(full))
        elif stat.S_ISREG(status.st_mode):
            yield from _file(full, mode, name)


def _file(full: str, mode: bytes, name: bytes) -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    kind = _FILE
    descriptor = os.open(full, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while True:
            content = os.read(descriptor, BATCH_BYTES)
            if content or kind is _FILE:
                yield kind, mode, name, content
            if len(content) < BATCH_BYTES:
                return
            kind = _MORE
    finally:
        os.close(descriptor)


class TreeWriter:
    """Writes entries below *target*, and nowhere else, whatever they are named and wherever links lead.

    What is in the way is replaced. Folders are made as they are needed and get their modes at the end.
    """

    def __init__(self, target: str, owner: Identity | None) -> None:
        """Make *target*, owned by *owner* (None: this process's user) where it is new; raise OSError."""
        files.make_folders(target, owner)
        self._target = target.rstrip("/") or "/"
        self._owner = owner
        self._folders: set[str] = {""}
        self._modes: dict[str, int] = {}
        self._last = ""

    def write(self, batch: bytes) -> None:
        """Raise OSError for what cannot be written, ProtocolError for what is no batch."""
        fields = unpack(batch)
        if len(fields) % 4:
            raise ProtocolError(f"entries have four fields, got {len(fields)}")
        for place in range(0, len(fields), 4):
            kind, mode, name, content = fields[place : place + 4]
            path = os.fsdecode(name)
            if path.startswith("/") or ".." in path.split("/") or "\0" in path:
                raise ProtocolError(f"an entry outside its tree: {path!r}")
            self._write(kind, number(mode), path, content)

    def close(self) -> None:
        """Give folders their modes, which may keep this process itself out; raise OSError."""
        for path, mode in reversed(self._modes.items()):
            if path in self._folders:
                os.chmod(self._full(path), mode)

    def _write(self, kind: bytes, mode: int, path: str, content: bytes) -> None:
        if kind == _FOLDER:
            self._make_folder(path)
            if path:
                self._modes[path] = mode
            return
        if not path:
            raise ProtocolError("the top of a tree is a folder")
        if kind == _MORE:
            self._append(path, content)
            return
        self._make_folder(os.path.dirname(path))
        if kind == _FILE:
            self._write_file(path, mode, content)
        elif kind == _LINK and b"\0" not in content:
            self._write_link(path, content)
        else:
            raise ProtocolError(f"an entry of unknown kind {kind!r}")

    def _write_file(self, path: str, mode: int, content: bytes) -> None:
        full, flags = self._full(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            descriptor = os.open(full, flags, mode)
        except FileExistsError:
            self._clear(path)
            descriptor = os.open(full, flags, mode)
        try:
            if self._owner is not None:
                os.fchown(descriptor, self._owner.uid, self._owner.gid)
            os.fchmod(descriptor, mode)
            files.write_all(descriptor, content)
        finally:
            os.close(descriptor)
        self._last = path

    def _append(self, path: str, content: bytes) -> None:
        if path != self._last:
            raise ProtocolError(f"more of a file that did not begin: {path!r}")
        mode = os.lstat(self._full(path)).st_mode
        os.chmod(self._full(path), mode | 0o200)
        descriptor = os.open(self._full(path), os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            files.write_all(descriptor, content)
            os.fchmod(descriptor, stat.S_IMODE(mode))
        finally:
            os.close(descriptor)

    def _write_link(self, path: str, content: bytes) -> None:
        full = self._full(path)
        try:
            os.symlink(os.fsdecode(content), full)
        except FileExistsError:
            self._clear(path)
            os.symlink(os.fsdecode(content), full)
        if self._owner is not None:
            os.lchown(full, self._owner.uid, self._owner.gid)

    def _make_folder(self, path: str) -> None:
        if path in self._folders:
            return
        self._make_folder(os.path.dirname(path))
        full = self._full(path)
        try:
            os.mkdir(full)
            made = True
        except FileExistsError:
            mode = os.lstat(full).st_mode
            if made := not stat.S_ISDIR(mode):
                os.unlink(full)
                os.mkdir(full)
            elif mode & stat.S_IRWXU != stat.S_IRWXU:
                self._modes[path] = stat.S_IMODE(mode)
                os.chmod(full, mode | stat.S_IRWXU)  # until the end
        if made and self._owner is not None:
            os.chown(full, self._owner.uid, self._owner.gid)
        self._folders.add(path)

    def _clear(self, path: str) -> None:
        files.remove(self._full(path))
        self._folders = {one for one in self._folders if one != path and not one.startswith(f"{path}/")}

    def _full(self, path: str) -> str:
        return f"{self._target}/{path}" if path else self._target
