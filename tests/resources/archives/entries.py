"""Entries of tar archives, as no honest program would write them."""

from __future__ import annotations

import tarfile
from io import BytesIO

LINK: dict[str, object] = {"type": tarfile.SYMTYPE}
NAME: dict[str, object] = {"type": tarfile.LNKTYPE}


def add(archive: tarfile.TarFile, name: str, content: bytes = b"", /, **facts: object) -> None:
    """Add an entry whose header says *facts*."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for fact, value in facts.items():
        setattr(info, fact, value)
    archive.addfile(info, BytesIO(content))
