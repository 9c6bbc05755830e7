"""Images in files, as `docker save` and builders of OCI images write them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

from tests.resources.registry_image.images import Image, digest_of

if TYPE_CHECKING:
    from pathlib import Path


def saved(file: Path, *layers: bytes, config: dict[str, Any] | None = None, images: int = 1) -> None:
    """Write an image as `docker save` does; *layers* are as they will be in it."""
    plain = [gzip.decompress(one) if one.startswith(b"\x1f\x8b") else one for one in layers]
    described = json.dumps(
        {"rootfs": {"diff_ids": [digest_of(one) for one in plain]}, **(config or {})}
    ).encode()
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    contents = [{"Config": "config.json", "RepoTags": None, "Layers": names}] * images
    files = {"config.json": described, **dict(zip(names, layers, strict=True))}
    write_tar(file, {**files, "manifest.json": json.dumps(contents).encode()})


def write_tar(file: Path, files: dict[str, bytes | str]) -> None:
    """Write a tar archive; a text is a link's target."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))


def layout(made_of: Image, *, single: bool = False) -> dict[str, bytes | str]:
    """The files of an OCI image layout."""
    every = [made_of, *made_of.children]
    blobs = {digest: blob for one in every for digest, blob in one.blobs.items()}
    blobs |= {one.digest: one.body for one in every}
    top = {"schemaVersion": 2, "manifests": [made_of.descriptor()]}
    return {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": json.dumps(top).encode(),
        **({"single-image-digest": made_of.digest.encode() + b"\n"} if single else {}),
        **{f"blobs/sha256/{digest.removeprefix('sha256:')}": blob for digest, blob in blobs.items()},
    }


def write_folder(folder: Path, files: dict[str, bytes | str]) -> None:
    for name, content in files.items():
        assert isinstance(content, bytes)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
