"""The files of an image that is stored in a folder or in a tar archive; none is read before it is needed."""

from __future__ import annotations

import os
import posixpath
import tarfile
from dataclasses import dataclass, field
from typing import Final, Protocol

from sqnc_resources.errors import ResourceError
from sqnc_resources.registry_image.manifests import Manifest, ManifestError
from sqnc_resources.web import FilePart

SMALL_BYTES: Final = 64 << 20
"""How long what is read into memory may be."""
_MOST_LINKS: Final = 8


class Files(Protocol):
    """Files by their paths, with `/`."""

    def part(self, name: str) -> FilePart | None:
        """None where there is no such file."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An image, or an index of images, and where all of it lies."""

    root: Manifest
    children: tuple[Manifest, ...] = ()
    """What the root names, the innermost first."""
    blobs: dict[str, FilePart] = field(default_factory=dict)
    """By their digests."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The files in a folder."""

    path: str

    def part(self, name: str) -> FilePart | None:
        place = f"{self.path}/{name}"
        return FilePart(place) if os.path.isfile(place) else None


@dataclass(frozen=True, slots=True)
class TarFiles:
    """The files in a tar archive that is not compressed."""

    path: str
    members: dict[str, tarfile.TarInfo]

    @classmethod
    def opened(cls, path: str) -> TarFiles:
        """Raise ResourceError for what is no tar archive, or not a whole one."""
        try:
            with tarfile.open(path, "r:") as archive:
                members = {_clean(info.name): info for info in archive}
        except (tarfile.TarError, EOFError, RecursionError) as error:
            raise ResourceError(f"expected a whole tar archive that is not compressed: {error}") from error
        size = os.path.getsize(path)
        for info in members.values():
            if info.isreg() and info.offset_data + info.size > size:
                raise ResourceError(f"expected a whole tar archive: {info.name} is cut off")
        return cls(path, members)

    def part(self, name: str) -> FilePart | None:
        info = self.members.get(_clean(name))
        for _ in range(_MOST_LINKS):  # old archives have links for layers that occur twice
            if info is None or not (info.issym() or info.islnk()):
                break
            start = posixpath.dirname(info.name) if info.issym() else ""
            info = self.members.get(_clean(posixpath.join(start, info.linkname)))
        if info is None or not info.isreg() or info.issparse():
            return None
        return FilePart(self.path, info.offset_data, info.size)


def content(files: Files, name: str) -> bytes:
    """A small file; raise ManifestError where it is missing or long."""
    part = files.part(name)
    if part is None:
        raise ManifestError(f"there is no {name} in it")
    if part.length > SMALL_BYTES:
        raise ManifestError(f"{part.length} bytes are too many for a manifest or a config")
    with open(part.path, "rb") as file:
        file.seek(part.offset)
        return file.read(part.length)


def _clean(name: str) -> str:
    return posixpath.normpath(name.lstrip("/"))
