"""A root file system that layers are put into: whatever they hold, nothing outside of it is touched.

Paths are followed as they would be inside the image: a link to `/etc` leads to the root's own `etc`.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqnc_resources.archives import ArchiveError

if TYPE_CHECKING:
    import tarfile

_CHUNK: Final = 1 << 18
_MOST_LINKS: Final = 255
_XATTR: Final = "SCHILY.xattr."
_SECOND: Final = 1_000_000_000
_NOT_HERE: Final = {errno.ENOTSUP, errno.EPERM, errno.EACCES, errno.EINVAL}
"""Why an attribute cannot be set: it is not ours to set, or the file system has none of its kind."""


class RootTree:
    """Writes below *root*, which it makes. Methods raise ArchiveError, and the OSErrors of writing."""

    def __init__(self, root: str) -> None:
        self._root = os.path.abspath(root)
        self._is_superuser = os.geteuid() == 0
        self._own: set[str] = set()
        """What this layer has made: it hides only what is below it."""
        self._folders: dict[str, tarfile.TarInfo] = {}
        """What the folders are to be in the end: until then they are open, and their times change."""
        self._real: dict[str, str] = {}
        os.makedirs(self._root, exist_ok=True)

    def begin_layer(self) -> None:
        self._own.clear()

    def place(self, path: str) -> tuple[str, str] | None:
        """The folder and the name in a layer's *path*; None for the root itself."""
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if ".." in parts or "\0" in path:
            raise ArchiveError(f"{path!r}: a path out of the image")
        return ("/".join(parts[:-1]), parts[-1]) if parts else None

    def add(self, archive: tarfile.TarFile, info: tarfile.TarInfo, parent: str, name: str) -> None:
        """Add what *info* says as *name* in *parent*, in place of what is there; devices are left out."""
        if info.isdev() and not info.isfifo():
            return
        place = f"{self._folder(parent)}/{name}"
        source = self._linked(info) if info.islnk() else ""
        if source == place:
            return
        self._make_room(place, for_folder=info.isdir())
        self._own.add(place)
        if source:
            os.link(source, place, follow_symlinks=False)
        else:
            self._make(archive, info, place)
            self._finish(place, info)

    def set_root(self, info: tarfile.TarInfo) -> None:
        """Make the root itself what *info* says."""
        self._folders[self._root] = info
        self._own_as(self._root, info)

    def hide(self, parent: str, name: str, path: str) -> None:
        """Remove *name* in *parent*, but for what this layer has made; it may be missing."""
        if name in {"", ".", ".."}:
            raise ArchiveError(f"{path!r}: hides what has no name")
        folder = self._find(parent, make=False)
        found = _mode(f"{folder}/{name}") if folder else None
        if found is None:
            return
        place = f"{folder}/{name}"
        if stat.S_ISDIR(found):
            self._clear(place, keep_own=True)
            self._remove_folder(place, keep_own=True)
        elif place not in self._own:
            self._unlink(place)

    def hide_all_in(self, parent: str) -> None:
        """Remove all in *parent*, but for what this layer has made."""
        folder = self._find(parent, make=False)
        if folder is not None:
            self._clear(folder, keep_own=True)

    def finish(self) -> None:
        """Give the folders their modes and times, the deepest first."""
        for place in sorted(self._folders, reverse=True):
            info = self._folders[place]
            os.chmod(place, info.mode & 0o7777)
            _set_time(place, info)

    def _make(self, archive: tarfile.TarFile, info: tarfile.TarInfo, place: str) -> None:
        if info.isdir():
            with suppress(FileExistsError):
                os.mkdir(place, 0o700)
            self._folders[place] = info
        elif info.issym():
            if "\0" in info.linkname:
                raise ArchiveError(f"{info.name}: a link that leads nowhere")
            os.symlink(info.linkname, place)
        elif info.isfifo():
            os.mkfifo(place, 0o600)
        elif info.isreg():
            content = archive.extractfile(info)
            assert content is not None
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with open(descriptor, "wb", buffering=0) as file:
                while data := content.read(_CHUNK):
                    while data:
                        data = data[file.write(data) :]
        else:
            raise ArchiveError(f"{info.name}: expected a file, a folder or a link, got type {info.type!r}")

    def _finish(self, place: str, info: tarfile.TarInfo) -> None:
        self._own_as(place, info)
        if not info.issym() and not info.isdir():
            os.chmod(place, info.mode & 0o7777)  # after the owner, whose change takes setuid away
        _set_attributes(place, info)
        if not info.isdir():
            _set_time(place, info)

    def _own_as(self, place: str, info: tarfile.TarInfo) -> None:
        if self._is_superuser:
            try:
                os.lchown(place, info.uid, info.gid)
            except OverflowError as error:
                raise ArchiveError(f"{info.name}: no user has the number {info.uid}:{info.gid}") from error

    def _linked(self, info: tarfile.TarInfo) -> str:
        """What a hard link is another name of."""
        found = self.place(info.linkname)
        folder = self._find(found[0], make=False) if found else None
        source = f"{folder}/{found[1]}" if found and folder else ""
        mode = _mode(source) if source else None
        if mode is None or stat.S_ISDIR(mode):
            raise ArchiveError(f"{info.name}: another name of {info.linkname}, and there is no such file")
        return source

    def _folder(self, parent: str) -> str:
        found = self._find(parent, make=True)
        assert found is not None
        return found

    def _find(self, parent: str, *, make: bool) -> str | None:
        """The folder that *parent* is in the end; made where it is missing, or else None."""
        found = self._real.get(parent)
        if found is None:
            found = self._walk(parent, make=make)
            if found is not None:
                self._real[parent] = found
        return found

    def _walk(self, parent: str, *, make: bool) -> str | None:
        current, links = self._root, 0
        left = parent.split("/")[::-1]
        while left:
            part = left.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                current = current if current == self._root else os.path.dirname(current)
                continue
            place = f"{current}/{part}"
            mode = _mode(place)
            if mode is None and not make:
                return None
            if mode is None:
                os.mkdir(place)
                os.chmod(place, 0o755)  # noqa: S103  (what a folder of an image has that no layer speaks of)
            elif stat.S_ISLNK(mode):
                links += 1
                target = os.readlink(place)
                if links > _MOST_LINKS:
                    raise ArchiveError(f"{parent}: links that lead to each other")
                current = self._root if target.startswith("/") else current
                left += target.split("/")[::-1]
                continue
            elif not stat.S_ISDIR(mode):
                if make:
                    raise ArchiveError(f"{parent}: {part} is no folder")
                return None
            current = place
        return current

    def _make_room(self, place: str, *, for_folder: bool) -> None:
        mode = _mode(place)
        if mode is None or (for_folder and stat.S_ISDIR(mode)):
            return
        if stat.S_ISDIR(mode):
            self._clear(place, keep_own=False)
            self._remove_folder(place, keep_own=False)
        else:
            self._unlink(place)

    def _clear(self, top: str, *, keep_own: bool) -> None:
        """Remove what is in *top*; without recursion, as a layer says how deep it is."""
        folders = [top]
        for folder in folders:
            with os.scandir(folder) as inside:
                entries = list(inside)
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not (keep_own and entry.path in self._own):
                    self._unlink(entry.path)
        for folder in reversed(folders[1:]):
            self._remove_folder(folder, keep_own=keep_own)

    def _remove_folder(self, place: str, *, keep_own: bool) -> None:
        """Remove a folder, unless something is left in it."""
        if keep_own and place in self._own:
            return
        with suppress(OSError):
            os.rmdir(place)
            self._folders.pop(place, None)
        self._real.clear()

    def _unlink(self, place: str) -> None:
        if os.path.islink(place):
            self._real.clear()
        os.unlink(place)


def _mode(place: str) -> int | None:
    """What is there, links not followed; None where nothing is."""
    try:
        return os.lstat(place).st_mode
    except FileNotFoundError:
        return None


def _set_attributes(place: str, info: tarfile.TarInfo) -> None:
    """Set what else the layer says of a file, such as capabilities, as far as that may be done here."""
    for name, value in info.pax_headers.items():
        if name.startswith(_XATTR) and hasattr(os, "setxattr"):
            content = value.encode("utf-8", "surrogateescape")
            try:
                os.setxattr(place, name.removeprefix(_XATTR), content, follow_symlinks=False)
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise


def _set_time(place: str, info: tarfile.TarInfo) -> None:
    seconds, _, part = info.pax_headers.get("mtime", "").partition(".")
    ns = (
        int(seconds) * _SECOND + int(part[:9].ljust(9, "0"))
        if seconds.isdecimal() and (part.isdecimal() or not part)
        else int(info.mtime * _SECOND)
    )
    with suppress(OverflowError, ValueError):  # a time that no file can have
        os.utime(place, ns=(ns, ns), follow_symlinks=False)
