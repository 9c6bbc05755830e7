"""The entries of a zip archive."""

from __future__ import annotations

import calendar
import stat
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Final

from sqnc_resources.archives.limits import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqnc_resources.archives.tree import Tree

_MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
_ENCRYPTED: Final = 0x1
_IS_UTF8: Final = 0x800
_UNICODE_PATH: Final = 0x7075
_UNIX: Final = 3
_LONGEST_LINK: Final = 4096


def is_zip(file: IO[bytes]) -> bool:
    """Whether *file*, at its beginning, holds a zip archive, an empty one too."""
    head = file.read(4)
    file.seek(0)
    return head in _MAGIC


def unpack(file: IO[bytes], tree: Tree) -> None:
    """Write all entries to *tree*."""
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                _unpack(archive, info, tree)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ArchiveError(f"broken: {error}") from error
    except NotImplementedError as error:
        raise ArchiveError(str(error)) from error


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, tree: Tree) -> None:
    name, mode = _name(info), info.external_attr >> 16
    kind = stat.S_IFMT(mode)
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveError(f"{name}: encrypted")
    if info.is_dir():
        tree.folder(name)
        return
    if kind not in {0, stat.S_IFREG, stat.S_IFLNK}:
        raise ArchiveError(f"{name}: a device or a pipe, which no folder needs")
    with archive.open(info) as content:
        if kind == stat.S_IFLNK:
            tree.link(name, content.read(_LONGEST_LINK + 1).decode("utf-8", "surrogateescape"))
        else:
            tree.write(name, content, mode=mode, time_s=_seconds(info.date_time))


def _name(info: zipfile.ZipInfo) -> str:
    """The name, which zipfile takes for one in an old code page of DOS where nothing says that it is UTF-8.

    Info-ZIP says so in a field of its own, which Python reads from 3.13 on; on Unix it may say nothing.
    """
    if info.flag_bits & _IS_UTF8:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
        for data in _fields(info.extra, _UNICODE_PATH):
            if data[:5] == b"\1" + struct.pack("<L", zlib.crc32(raw)):
                return data[5:].decode()
        return raw.decode() if info.create_system == _UNIX else info.filename
    except UnicodeError:
        return info.filename


def _fields(extra: bytes, kind: int) -> Iterator[bytes]:
    while len(extra) >= 4:
        found, size = struct.unpack_from("<HH", extra)
        if found == kind:
            yield extra[4 : 4 + size]
        extra = extra[4 + size :]


def _seconds(date: tuple[int, int, int, int, int, int]) -> float | None:
    """The time in UTC, as archives do not say in which zone it is; None where it is no time."""
    try:
        return float(calendar.timegm((*date, 0, 0, 0)))
    except ValueError:
        return None
