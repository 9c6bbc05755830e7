"""The folder that an archive is unpacked to: what is written there, and what is not.

Links are made when everything else is there, so nothing is ever written through one; then each must lead to a
place inside the folder, by whatever way, or all of them go.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqnc_resources.archives.limits import ArchiveError, LimitError, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqnc_resources.archives.streams import Readable

_CHUNK: Final = 1 << 18
_LONGEST: Final = 4096  # bytes of a path, Linux' limit


class Tree:
    """Writes below *folder*; a path is one of the archive's, with `/`. Each method raises ArchiveError."""

    def __init__(self, folder: str, limits: Limits) -> None:
        self._root = folder
        self._limits = limits
        self._entries = 0
        self._size_bytes = 0
        self._folders: set[str] = set()
        self._links: dict[str, str] = {}
        os.makedirs(folder, exist_ok=True)

    def folder(self, path: str) -> None:
        """Make a folder, and those around it; one that is there is left as it is."""
        self._count(path)
        parts = self._parts(path)
        if parts:
            self._make_folders(parts, path)

    def write(self, path: str, content: Readable, *, mode: int, time_s: float | None = None) -> None:
        """Write a file, in place of one that is there."""
        self._count(path)
        place = self._place(path)
        permissions = 0o755 if mode & 0o111 else 0o644
        descriptor = os.open(
            place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), permissions
        )
        with open(descriptor, "wb", buffering=0) as file:
            while data := content.read(_CHUNK):
                self.grow(len(data))
                while data:
                    data = data[file.write(data) :]
        if time_s is not None:
            with suppress(OSError, OverflowError, ValueError):  # a time that no file can have
                os.utime(place, (time_s, time_s))

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link, in the end."""
        self._count(path)
        if not target or "\0" in target or len(os.fsencode(target)) > _LONGEST:
            raise ArchiveError(f"{path}: a link that leads nowhere")
        if target.startswith("/"):
            raise ArchiveError(f"{path}: a link out of the folder, to {target}")
        self._place(path)
        self._links["/".join(self._parts(path))] = target

    def same_file(self, path: str, other: str) -> None:
        """Make *path* another name of the file *other*, which the archive has written before."""
        self._count(path)
        parts = self._parts(other)
        source = "/".join((self._root, *parts))
        if "/".join(parts) in self._links:
            self.link(path, self._links["/".join(parts)])
            return
        if not self._are_folders(parts[:-1]) or not _is(stat.S_ISREG, source):
            raise ArchiveError(f"{path}: another name of {other}, and there is no such file before it")
        if self._parts(path) != parts:
            os.link(source, self._place(path), follow_symlinks=False)

    def grow(self, size_bytes: int) -> None:
        """Count what is written; raise LimitError where it is too much."""
        self._size_bytes += size_bytes
        if self._size_bytes > self._limits.size_bytes:
            raise LimitError(f"holds more than {self._limits.size_bytes:,} bytes")

    def finish(self) -> None:
        """Make the links, and see where they lead."""
        made = []
        try:
            for path, target in self._links.items():
                place = f"{self._root}/{path}"
                _remove(place, path)
                os.symlink(target, place)
                made.append(place)
            self._check_links()
        except BaseException:
            for place in made:
                os.unlink(place)
            raise

    def _check_links(self) -> None:
        root = os.path.realpath(self._root)
        for path, target in self._links.items():
            end = os.path.realpath(f"{self._root}/{path}")
            if end != root and not end.startswith(f"{root}{os.sep}"):
                raise ArchiveError(f"{path}: a link out of the folder, to {target}")

    def _count(self, path: str) -> None:
        self._entries += 1
        if self._entries > self._limits.entries:
            raise LimitError(f"holds more than {self._limits.entries:,} entries")
        if len(os.fsencode(path)) > _LONGEST:
            raise ArchiveError(f"{path[:40]}…: a path of more than {_LONGEST} bytes")

    def _parts(self, path: str) -> list[str]:
        """The names in *path*; none for the folder itself."""
        if path.startswith("/"):
            raise ArchiveError(f"{path}: an absolute path")
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if ".." in parts or "\0" in path:
            raise ArchiveError(f"{path}: a path out of the folder")
        if os.sep != "/" and any(sign in path for sign in f"{os.sep}:"):
            raise ArchiveError(f"{path}: a path that means something else here")
        return parts

    def _place(self, path: str) -> str:
        """Where an entry goes, which is free, in a folder that is there."""
        parts = self._parts(path)
        if not parts:
            raise ArchiveError(f"`{path}`: expected the name of a file")
        self._make_folders(parts[:-1], path)
        self._links.pop("/".join(parts), None)
        place = "/".join((self._root, *parts))
        _remove(place, path)
        return place

    def _make_folders(self, parts: list[str], path: str) -> None:
        for count in range(1, len(parts) + 1):
            inside = "/".join(parts[:count])
            if inside in self._folders:
                continue
            if inside in self._links:
                raise ArchiveError(f"{path}: a path through the link {inside}")
            place = f"{self._root}/{inside}"
            try:
                os.mkdir(place)
            except FileExistsError:
                if not _is(stat.S_ISDIR, place):
                    raise ArchiveError(f"{path}: {inside} is no folder") from None
            self._folders.add(inside)

    def _are_folders(self, parts: list[str]) -> bool:
        places = ("/".join((self._root, *parts[:count])) for count in range(1, len(parts) + 1))
        return all(_is(stat.S_ISDIR, place) for place in places)


def _is(kind: Callable[[int], bool], place: str) -> bool:
    """Whether there is something of this *kind*; a link is a link."""
    try:
        return kind(os.lstat(place).st_mode)
    except FileNotFoundError:
        return False


def _remove(place: str, path: str) -> None:
    """Remove what is in the way, unless it is a folder."""
    try:
        os.unlink(place)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError) as error:
        if _is(stat.S_ISDIR, place):
            raise ArchiveError(f"{path}: a folder is in its place") from error
        raise
