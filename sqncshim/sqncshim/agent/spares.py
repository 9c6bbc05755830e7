"""Files that a process left as they were written, kept for the next process.

A step has six files. Making and removing them can cost as much as all else that a step is: whenever ext4
makes a file, it passes over the inodes of all that were removed within the last minutes, one by one. Renaming
a file costs next to nothing.

Of a file that had content one byte stays: one that is emptied and then written to, ext4 writes to the disk at
once when it is closed, for 3 ms.
"""

from __future__ import annotations

import os

from sqncshim.agent import files

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from sqncshim.agent.users import Identity

    _Kept = tuple[str, os.stat_result]


class Spares:
    """The spare files of one owner (None: the agent) in *folder*; '' keeps none, and remembers nothing."""

    __slots__ = ("_folder", "_kept", "_made", "_owner", "_token", "_written")

    def __init__(self, folder: str, owner: Identity | None) -> None:
        self._folder = folder
        self._owner = owner
        self._token = os.urandom(4).hex()  # the agents of other containers may have theirs in this folder
        self._made = 0
        self._kept: tuple[list[_Kept], list[_Kept]] = ([], [])  # empty ones, and those with a byte
        self._written: dict[str, os.stat_result] = {}

    def write(self, path: str, content: bytes) -> None:
        """Write a new file, into a spare one where there is any; raise OSError."""
        spares = self._kept[bool(content)]
        while spares:
            spare, kept = spares.pop()
            if _is(spare, kept) and _rename(spare, path):
                if not content or _fill(path, kept, content):
                    break
                files.remove(path)
        else:
            files.write(path, content, self._owner)
        if self._folder:
            self._written[path] = os.lstat(path)

    def is_empty(self, path: str) -> bool:
        """Whether the file was written empty and has not been touched since."""
        written = self._written.get(path)
        return written is not None and written.st_size == 0 and _is(path, written)

    def keep(self, path: str) -> bool:
        """Keep a file that nobody has touched since it was written; return whether it was kept.

        No process may have it open any more.
        """
        written = self._written.pop(path, None)
        if written is None or not _is(path, written):
            return False
        self._made += 1
        spare = f"{self._folder}/.spare-{self._token}-{self._made}"
        try:
            if written.st_size:
                os.truncate(path, 1)
            os.rename(path, spare)
            self._kept[bool(written.st_size)].append((spare, os.lstat(spare)))
        except OSError:
            return False
        return True

    def forget(self, path: str) -> None:
        """Remember nothing of a file that will be removed."""
        self._written.pop(path, None)


def _is(path: str, before: os.stat_result) -> bool:
    """Whether *path* is the file of *before*, not written to, replaced, linked or changed in mode."""
    try:
        now = os.lstat(path)
    except OSError:
        return False
    return now[:7] == before[:7] and (now.st_mtime_ns, now.st_ctime_ns) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def _rename(path: str, target: str) -> bool:
    try:
        os.rename(path, target)
    except OSError:  # its folder is not there yet, or is another file system
        return False
    return True


def _fill(path: str, kept: os.stat_result, content: bytes) -> bool:
    """Write to the file *kept*, if that is what lies at *path*: its owner may have put a link there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if not os.path.samestat(os.fstat(descriptor), kept):
            return False
        files.write_all(descriptor, content)
    finally:
        os.close(descriptor)
    return True
