"""Folders that checks keep from run to run: a clone, an index, an answer with its ETag.

    with kept_folder("maven", source.url) as folder:
        ...     # what is in it, an earlier run with this key has left there; it is ours alone until the end

An engine keeps the container of a check for a while, and with it the folder for temporary files, where these
lie. A folder is given to one process at a time. Whoever dies in the middle, whatever kills it, leaves
nothing: the next finds the folder empty. Together they are no larger than a limit: those go first that were
not used for the longest time.

On the disk, in a folder of this user's: `<digest>` is what is kept for a key, `<digest>.lock` is held while
it is in use, and `<digest>.whole` is there while nobody is in the middle; it holds the size.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqnc_resources.errors import ResourceError
from sqncshim.locks import lock_file

LIMIT_BYTES: Final = 1 << 30
_LOCK: Final = ".lock"
_WHOLE: Final = ".whole"
_TRASH: Final = ".trash"


@contextmanager
def kept_folder(name: str, key: str, *, limit_bytes: int = LIMIT_BYTES) -> Iterator[str]:
    """Give the folder for *key* among those of *name*, a type's; wait while somebody else has it.

    It is empty at first, and whenever it was not left in an orderly way: ResourceError is one. Where no
    folder can be kept, it is a new one each time. *limit_bytes* is for all keys of this *name*, and is looked
    at in the end. Raise ResourceError where there is no place to write to.
    """
    from tempfile import TemporaryDirectory  # noqa: PLC0415  (a check that keeps nothing needs none)

    shelf = _shelf(name)
    if shelf is None:
        with TemporaryDirectory(prefix="sqnc-") as folder:
            yield folder
        return
    with shelf.locked(sha256(key.encode(errors="surrogateescape")).hexdigest()) as kept:
        kept.begin()
        try:
            yield kept.folder
        except ResourceError:
            shelf.end(kept, limit_bytes)
            raise
        shelf.end(kept, limit_bytes)


@dataclass(frozen=True, slots=True)
class _Kept:
    """One folder, while its lock is held."""

    folder: str

    def begin(self) -> None:
        """Empty it, unless it was left in an orderly way; from now on it is in the middle of something."""
        try:
            os.unlink(self.folder + _WHOLE)
        except FileNotFoundError:
            self.remove()
        os.makedirs(self.folder, 0o700, exist_ok=True)

    def end(self) -> None:
        """Say that nobody is in the middle any more."""
        with open(f"{self.folder}{_WHOLE}", "w") as file:
            file.write(str(_size(self.folder)))
        now = time.time_ns()  # a file system's own clock may stand still for some milliseconds
        os.utime(f"{self.folder}{_WHOLE}", ns=(now, now))

    def remove(self) -> None:
        """Remove what is kept: at once for others, bit by bit on the disk."""
        with suppress(FileNotFoundError):
            os.unlink(self.folder + _WHOLE)
        with suppress(FileNotFoundError):
            trash = f"{self.folder}.{os.urandom(8).hex()}{_TRASH}"
            os.rename(self.folder, trash)
            _remove(trash)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The folders of one name."""

    folder: str

    @contextmanager
    def locked(self, digest: str) -> Iterator[_Kept]:
        while (lock := self._lock(digest, wait=True)) is None:
            pass  # it was removed while we waited for it: another one is there now
        try:
            yield _Kept(f"{self.folder}/{digest}")
        finally:
            os.close(lock)

    def _lock(self, digest: str, *, wait: bool) -> int | None:
        """Take the lock; None where somebody else has it, or it is no longer the one by that name."""
        path = f"{self.folder}/{digest}{_LOCK}"
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if lock_file(lock, wait=wait):
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock), os.stat(path)):
                    return lock
        os.close(lock)
        return None

    def end(self, own: _Kept, limit_bytes: int) -> None:
        own.end()
        self._make_room(own, limit_bytes)

    def _make_room(self, own: _Kept, limit_bytes: int) -> None:
        """Remove what dead processes left, and then the folders that were not used for the longest time."""
        names = os.listdir(self.folder)
        for name in names:
            if name.endswith(_TRASH):
                _remove(f"{self.folder}/{name}")
        digests = {name.partition(".")[0] for name in names} - {os.path.basename(own.folder)}
        sizes = {digest: _recorded(f"{self.folder}/{digest}") for digest in digests}
        total = _recorded(own.folder)[0] + sum(size for size, _ in sizes.values())
        for digest, (size, used) in sorted(sizes.items(), key=lambda item: item[1][1]):
            if (not used or total > limit_bytes) and self._try_remove(digest):
                total -= size
        if total > limit_bytes:
            own.remove()

    def _try_remove(self, digest: str) -> bool:
        """Remove it with its lock, unless it is in use."""
        lock = self._lock(digest, wait=False)
        if lock is None:
            return False
        try:
            _Kept(f"{self.folder}/{digest}").remove()
            os.unlink(f"{self.folder}/{digest}{_LOCK}")
        finally:
            os.close(lock)
        return True


def _shelf(name: str) -> _Shelf | None:
    """Where folders are kept, which nobody else can have prepared; None where somebody else has."""
    from tempfile import gettempdir  # noqa: PLC0415  (as above)

    user = os.geteuid() if hasattr(os, "geteuid") else 0
    try:
        root = f"{gettempdir()}/sqnc-cache-{user}"
    except FileNotFoundError as error:
        raise ResourceError(f"there is no folder to write to: {error}") from error
    with suppress(FileExistsError):
        os.mkdir(root, 0o700)
    if os.lstat(root).st_uid != user or os.path.islink(root):
        return None
    try:
        os.makedirs(f"{root}/{name}", 0o700, exist_ok=True)
    except OSError:  # it was made read-only, or a file has the name
        return None
    return _Shelf(f"{root}/{name}")


def _recorded(folder: str) -> tuple[int, float]:
    """The size of a folder that was left in an orderly way, and when; zeros for any other."""
    try:
        with open(folder + _WHOLE) as file:
            return int(file.read()), os.fstat(file.fileno()).st_mtime
    except (FileNotFoundError, ValueError):  # or it was killed before it wrote the size
        return 0, 0.0


def _size(folder: str) -> int:
    """The bytes that the files below *folder* take."""
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                total += _size(entry.path)
            else:
                total += entry.stat(follow_symlinks=False).st_size
    return total


def _remove(folder: str) -> None:
    from shutil import rmtree  # noqa: PLC0415  (only where there is something to remove)

    rmtree(folder, ignore_errors=True)  # another process may be at it too
