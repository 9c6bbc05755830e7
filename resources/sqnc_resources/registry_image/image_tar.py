"""An image as one tar archive, in the form of `docker save`, that `docker load` reads.

https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
"""

from __future__ import annotations

import os
import tarfile
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from sqnc_resources.emulator.go_json import encode
from sqnc_resources.errors import ResourceError
from sqnc_resources.registry_image.manifests import short
from sqnc_resources.streams import say

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.registry_image.manifests import Manifest
    from sqnc_resources.registry_image.registry import RemoteRepository

_CHUNK = 1 << 20


def save_image_tar(remote: RemoteRepository, image: Manifest, name: str, folder: Path) -> None:
    """Write *image*, called *name*, to *folder*/image.tar, whole or not at all; raise ResourceError.

    Its layers stay compressed as they are in the registry; one at a time is on the disk besides.
    """
    try:
        with TemporaryDirectory(prefix=".image-", dir=folder) as work:
            with open(f"{work}/image.tar", "xb") as file:
                _Writer(file, f"{work}/blob").write(remote, image, name)
            os.replace(f"{work}/image.tar", folder / "image.tar")
    except OSError as error:
        raise ResourceError(f"cannot write {folder / 'image.tar'}: {error.strerror or error}") from error


class _Writer:
    """Writes the archive *file*; each content lies in the file *blob* before."""

    def __init__(self, file: BinaryIO, blob: str) -> None:
        self._file = file
        self._blob = blob

    def write(self, remote: RemoteRepository, image: Manifest, name: str) -> None:
        assert image.config is not None
        names = {layer.digest: f"{layer.digest.partition(':')[2]}.tar.gz" for layer in image.layers}
        names[image.config.digest] = image.config.digest
        for descriptor in image.blobs:
            say(f"fetching {short(descriptor.digest)}, {descriptor.size:,} bytes")
            remote.download(descriptor, self._blob)
            self._add(names[descriptor.digest])
        contents = {
            "Config": names[image.config.digest],
            "RepoTags": [name] if name else None,
            "Layers": [names[layer.digest] for layer in image.layers],
        }
        with open(self._blob, "wb") as manifest:
            manifest.write(encode([contents]).encode())
        self._add("manifest.json")
        self._file.write(bytes(2 * tarfile.BLOCKSIZE))

    def _add(self, name: str) -> None:
        info = tarfile.TarInfo(name)
        info.size = os.path.getsize(self._blob)
        self._file.write(info.tobuf(tarfile.GNU_FORMAT))
        with open(self._blob, "rb") as content:
            while data := content.read(_CHUNK):
                self._file.write(data)
        self._file.write(bytes(-info.size % tarfile.BLOCKSIZE))
        os.unlink(self._blob)
