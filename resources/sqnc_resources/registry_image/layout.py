"""OCI image layouts: folders that hold images, by the digests of their parts.

https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.registry_image.manifests import OCI_INDEX, short
from sqnc_resources.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqnc_resources.registry_image.manifests import Descriptor, Manifest
    from sqnc_resources.registry_image.registry import RemoteRepository

SINGLE: Final = "single-image-digest"
"""The file that says which image it is, where `index.json` is not the image's own index."""
_LAYOUT: Final = '{\n    "imageLayoutVersion": "1.0.0"\n}'
_MOST: Final = 10_000
"""How many manifests one image may have."""


def save_layout(remote: RemoteRepository, manifest: Manifest, folder: Path) -> None:
    """Write *manifest*, with the images of all its platforms, to *folder*; `index.json` comes last."""
    try:
        _save(remote, manifest, folder)
    except OSError as error:
        raise ResourceError(f"cannot write {error.filename or folder}: {error.strerror or error}") from error


def _save(remote: RemoteRepository, manifest: Manifest, folder: Path) -> None:
    for every in manifests_in(remote, manifest):
        if every is not manifest or not manifest.is_index:
            _place(folder, every.digest).write_bytes(every.body)
        for blob in every.blobs:
            place = _place(folder, blob.digest)
            if not place.exists():
                say(f"fetching {short(blob.digest)}, {blob.size:,} bytes")
                remote.download(blob, place)
    (folder / "oci-layout").write_text(_LAYOUT)
    if manifest.is_index:
        (folder / "index.json").write_bytes(manifest.body)
        return
    (folder / SINGLE).write_text(manifest.digest)
    (folder / "index.json").write_text(json.dumps(_index_of(manifest.descriptor), separators=(",", ":")))


def manifests_in(remote: RemoteRepository, manifest: Manifest) -> Iterator[Manifest]:
    """*manifest*, and all that it names, each once."""
    left, seen = [manifest], {manifest.digest}
    while left:
        one = left.pop(0)
        yield one
        for child in one.manifests:
            if child.digest in seen:
                continue
            seen.add(child.digest)
            if len(seen) > _MOST:
                raise ResourceError(f"{manifest.digest}: more than {_MOST} manifests")
            left.append(remote.manifest(child.digest))


def _place(folder: Path, digest: str) -> Path:
    algorithm, _, name = digest.partition(":")
    place = folder / "blobs" / algorithm
    os.makedirs(place, exist_ok=True)
    return place / name


def _index_of(descriptor: Descriptor) -> dict[str, object]:
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor.json()]}
