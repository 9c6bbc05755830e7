"""Archives from elsewhere, unpacked so that they do no harm: no file outside, no device, no bomb.

    unpack(Path("release.tar.gz"), folder)      # tar, zip, and gzip, xz, bzip2, zstd around a tar or one file

    limits     how much an archive may hold
    streams    what is compressed, as a stream of what is in it
    tree       the folder: what is written there, and what is not
    tar, zip   the entries of an archive into the folder

What an archive is, its first bytes say; its name does not count, but for what a single compressed file is
called. Everything flows: whatever the size, no more is held at once than the decompressor needs.

ArchiveError      an archive that is none, or broken, or that does not belong to this folder
└── LimitError    one that holds more than it may
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqnc_resources.archives.limits import LIMITS, ArchiveError, LimitError, Limits

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LIMITS", "ArchiveError", "LimitError", "Limits", "unpack"]


def unpack(archive: Path, folder: Path, limits: Limits = LIMITS) -> None:
    """Unpack *archive* into *folder*, which is made where it is missing; raise ArchiveError.

    Files in it are replaced. Modes keep what says who may execute, times of files are kept, owners are not.
    After an error the folder holds a part.
    """
    try:
        _unpack(archive, folder, limits)
    except ArchiveError as error:
        raise type(error)(f"{archive.name}: {error}") from error
    except OSError as error:
        raise ArchiveError(f"{archive.name}: {error.strerror or error}") from error


def _unpack(archive: Path, folder: Path, limits: Limits) -> None:
    from sqnc_resources.archives import streams, tar, zip  # noqa: A004, PLC0415  (only an unpacking needs it)
    from sqnc_resources.archives.tree import Tree  # noqa: PLC0415  (as above)

    tree = Tree(os.fspath(folder), limits)
    with open(archive, "rb") as file:
        if zip.is_zip(file):
            zip.unpack(file, tree)
        else:
            with streams.opened(file) as stream:
                if tar.is_tar(stream.peek(), archive.name):
                    tar.unpack(stream, tree)
                elif stream.suffixes:
                    tree.write(_stem(archive.name, stream.suffixes), stream, mode=0o644)
                else:
                    raise ArchiveError("expected a tar or zip archive, or what gzip, xz, bzip2 or zstd made")
    tree.finish()


def _stem(name: str, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if name.lower().endswith(suffix) and name[: -len(suffix)] not in {"", ".", ".."}:
            return name[: -len(suffix)]
    return f"{name}.unpacked"
