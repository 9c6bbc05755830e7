"""Single files and folders: written, read, removed, made, found."""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from typing import Final

    from sqncshim.agent.users import Identity

_READ_BYTES: Final = 64 * 1024


def write(path: str, content: bytes, owner: Identity | None, mode: int = 0o644) -> None:
    """Write a file, with the folders on its way, all owned by *owner* (None: the agent); raise OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe must not wait
    try:
        descriptor = os.open(path, flags, mode)
    except FileNotFoundError:
        make_folders(os.path.dirname(path), owner)
        descriptor = os.open(path, flags, mode)
    try:
        os.fchmod(descriptor, mode)
        if owner is not None:
            os.fchown(descriptor, owner.uid, owner.gid)
        write_all(descriptor, content)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def read(path: str, limit: int) -> bytes | None:
    """Return a file's content, None where there is nothing.

    Raise OSError where it is longer than *limit*, or is a pipe or a device, which might never end.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        kind = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(kind):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if not stat.S_ISREG(kind):
            raise OSError(errno.EINVAL, "not a regular file", path)
        content = bytearray()
        while piece := os.read(descriptor, min(_READ_BYTES, limit + 1 - len(content))):
            content += piece
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"longer than {limit} bytes", path)
    return bytes(content)


def make_folders(path: str, owner: Identity | None, mode: int | None = None) -> None:
    """Make a folder and those above it that are missing; *mode* is given to *path*, also if it was there."""
    missing = []
    folder = path.rstrip("/") or "/"
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder) or "/"
    for folder in reversed(missing):
        os.mkdir(folder)
        if owner is not None:
            os.chown(folder, owner.uid, owner.gid)
    if mode is not None:
        if owner is not None:
            os.chown(path, owner.uid, owner.gid)
        os.chmod(path, mode)


def remove(path: str) -> None:
    """Remove a file, a link, or a folder with all in it; what is not there is removed already."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
    except (FileNotFoundError, NotADirectoryError):
        return
    for folder, folders, names in os.walk(path, topdown=False):
        for name in names:
            os.unlink(f"{folder}/{name}")
        for name in folders:
            below = f"{folder}/{name}"
            if os.path.islink(below):
                os.unlink(below)
            else:
                os.rmdir(below)
    os.rmdir(path)


def describe(error: OSError, what: str = "") -> str:
    """Say in which file something went wrong, or in *what* where the error names none, and why."""
    where = error.filename or what
    return f"{where}: {error.strerror}" if where else f"{error.strerror}"


def find_program(name: str, path: str) -> str:
    """Return the file that *name* runs, looked for in the folders of *path*, or ''."""
    for folder in [""] if "/" in name else path.split(":"):
        found = f"{folder or '.'}/{name}" if "/" not in name else name
        if os.path.isfile(found) and os.access(found, os.X_OK):
            return found
    return ""
