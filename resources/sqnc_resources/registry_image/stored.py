"""Images in files, to be pushed: tar archives of `docker save` and of OCI builders, and OCI image layouts.

Nothing is read into memory but manifests and configs: a blob is a file, or a part of one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.registry_image.files import Files, Folder, Stored, TarFiles, content
from sqnc_resources.registry_image.layout import SINGLE
from sqnc_resources.registry_image.manifests import INDEXES, Manifest, ManifestError, is_digest
from sqnc_resources.web import FilePart

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.registry_image.manifests import Descriptor

_DEEPEST: Final = 8


def load(path: str, work: Path) -> Stored:
    """Read the image in *path*, a tar archive or the folder of a layout; raise ResourceError.

    Layers that are not compressed are compressed into *work*.
    """
    try:
        if os.path.isdir(path):
            return _load_layout(Folder(path), is_folder=True)
        files = TarFiles.opened(path)
        if files.part("manifest.json") is not None:
            from sqnc_resources.registry_image.docker_archive import load_archive  # noqa: PLC0415  (one form)

            return load_archive(files, work)
        if files.part("index.json") is not None:
            return _load_layout(files, is_folder=False)
    except OSError as error:
        raise ResourceError(f"cannot read the image: {error.strerror or error}") from error
    raise ResourceError("expected manifest.json or index.json in it, as `docker save` and OCI builders write")


def _load_layout(files: Files, *, is_folder: bool) -> Stored:
    """The image that a layout is for: the one that it names, else its index, without indexes of one index.

    A folder's index is pushed also where it has one image; that of an archive stands for its one image.
    """
    if files.part("oci-layout") is None:
        raise ManifestError("there is no oci-layout in it: expected an OCI image layout")
    root = Manifest.parse(content(files, "index.json"))
    for _ in range(_DEEPEST):
        one = root.manifests[0] if len(root.manifests) == 1 else None
        if one is None or (one.media_type not in INDEXES and is_folder):
            break
        root = _manifest(files, one.digest)
    if files.part(SINGLE) is not None:
        digest = content(files, SINGLE).decode(errors="replace").strip()
        if not is_digest(digest):
            raise ManifestError(f"{SINGLE}: expected a digest such as sha256:<hex>, got `{digest}`")
        root = _manifest(files, digest)
    children = _children(files, root)
    blobs = {blob.digest: _blob(files, blob) for one in (root, *children) for blob in one.blobs}
    return Stored(root, tuple(reversed(children)), blobs)


def _children(files: Files, root: Manifest) -> list[Manifest]:
    """What *root* names, the outermost first, each once."""
    found: dict[str, Manifest] = {}
    left = list(root.manifests)
    while left:
        descriptor = left.pop(0)
        if descriptor.digest not in found:
            found[descriptor.digest] = _manifest(files, descriptor.digest)
            left += found[descriptor.digest].manifests
    return list(found.values())


def _manifest(files: Files, digest: str) -> Manifest:
    manifest = Manifest.parse(content(files, _name(digest)), algorithm=digest.partition(":")[0])
    if manifest.digest != digest:
        raise ManifestError(f"{_name(digest)}: expected the digest {digest}, got {manifest.digest}")
    return manifest


def _blob(files: Files, descriptor: Descriptor) -> FilePart:
    part = files.part(_name(descriptor.digest))
    if part is None:
        raise ManifestError(f"there is no {_name(descriptor.digest)} in it")
    if part.length != descriptor.size:
        raise ManifestError(
            f"{_name(descriptor.digest)}: expected {descriptor.size} bytes, got {part.length}"
        )
    return part


def _name(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
