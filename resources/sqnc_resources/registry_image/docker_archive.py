"""The tar archive of `docker save`, as something to push.

https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format
"""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from sqnc_resources.registry_image.digests import digest_of
from sqnc_resources.registry_image.files import Stored, content
from sqnc_resources.registry_image.manifests import (
    DOCKER_CONFIG,
    DOCKER_LAYER,
    DOCKER_MANIFEST,
    OCI_CONFIG,
    OCI_LAYER,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
    ManifestError,
)
from sqnc_resources.web import FilePart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqnc_resources.registry_image.files import TarFiles

_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_CHUNK: Final = 1 << 20
_LEVEL: Final = 1  # the time of a put counts; a registry's disk is large
_HEADER: Final = 16 + zlib.MAX_WBITS  # of gzip, which then has no name and no time in it


def load_archive(files: TarFiles, work: Path) -> Stored:
    """The one image in *files*; its layers are compressed into *work* where they are not compressed."""
    described = _described(files)
    config = content(files, str(described.get("Config")))
    names = [str(name) for name in described.get("Layers") or ()]
    diff_ids = _diff_ids(config)
    if len(diff_ids) != len(names):
        raise ManifestError(f"manifest.json has {len(names)} layers, and the config {len(diff_ids)}")
    layers: list[tuple[Descriptor, FilePart]] = []
    done: dict[str, tuple[Descriptor, FilePart]] = {}
    for name, diff_id in zip(names, diff_ids, strict=True):
        if diff_id not in done:
            done[diff_id] = _layer(files, name, diff_id, work)
        layers.append(done[diff_id])
    kinds = _kinds([layer for layer, _ in layers])
    about = Descriptor(kinds[1], digest_of(config), len(config))
    (work / "config").write_bytes(config)
    value = {
        "schemaVersion": 2,
        "mediaType": kinds[0],
        "config": about.json(),
        "layers": [{**layer.json(), "mediaType": _kind(layer, kinds)} for layer, _ in layers],
    }
    root = Manifest.parse(json.dumps(value, separators=(",", ":")).encode())
    parts = {layer.digest: part for layer, part in layers}
    return Stored(root, (), {**parts, about.digest: FilePart(work / "config")})


def _described(files: TarFiles) -> Mapping[str, Any]:
    """What manifest.json says of the one image."""
    try:
        value = json.loads(content(files, "manifest.json"))
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"manifest.json: expected JSON: {error}") from error
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ManifestError("manifest.json: expected a list of images")
    if len(value) != 1:
        raise ManifestError(f"manifest.json: expected exactly one image, got {len(value)}")
    found: Mapping[str, Any] = value[0]
    return found


def _diff_ids(config: bytes) -> list[str]:
    """The digests of the layers, uncompressed."""
    try:
        found = json.loads(config)["rootfs"]["diff_ids"]
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise ManifestError("the config has no rootfs.diff_ids: expected that of an image") from error
    return [str(one) for one in found or ()]


def _layer(files: TarFiles, name: str, diff_id: str, work: Path) -> tuple[Descriptor, FilePart]:
    """A layer as it will be in the registry; its media type is how it is compressed."""
    part = files.part(name)
    if part is None:
        raise ManifestError(f"there is no {name} in it")
    head = next(_chunks(part), b"")
    if head.startswith((_GZIP, _ZSTD)):
        hashed = hashlib.sha256()
        for chunk in _chunks(part):
            hashed.update(chunk)
        suffix = "+gzip" if head.startswith(_GZIP) else "+zstd"
        return Descriptor(OCI_LAYER + suffix, f"sha256:{hashed.hexdigest()}", part.length), part
    return _compressed(part, name, diff_id, work)


def _compressed(part: FilePart, name: str, diff_id: str, work: Path) -> tuple[Descriptor, FilePart]:
    """The layer, with gzip; raise ManifestError where it is not the one that the config names."""
    plain, packed, size = hashlib.sha256(), hashlib.sha256(), 0
    made = work / diff_id.partition(":")[2]
    gzip = zlib.compressobj(_LEVEL, wbits=_HEADER)
    with open(made, "wb") as file:
        for chunk in _with_end(part):
            data = gzip.flush() if chunk is None else gzip.compress(chunk)
            if chunk is not None:
                plain.update(chunk)
            packed.update(data)
            size += file.write(data)
    if f"sha256:{plain.hexdigest()}" != diff_id:
        raise ManifestError(f"{name}: expected the digest {diff_id}, got sha256:{plain.hexdigest()}")
    return Descriptor(f"{OCI_LAYER}+gzip", f"sha256:{packed.hexdigest()}", size), FilePart(made)


def _with_end(part: FilePart) -> Iterator[bytes | None]:
    yield from _chunks(part)
    yield None


def _chunks(part: FilePart) -> Iterator[bytes]:
    left = part.length
    with open(part.path, "rb") as file:
        file.seek(part.offset)
        while left and (data := file.read(min(left, _CHUNK))):
            left -= len(data)
            yield data


def _kinds(layers: list[Descriptor]) -> tuple[str, str]:
    """The types of manifest and config: Docker's, unless a layer is one that only OCI has a type for."""
    if any(layer.media_type.endswith("+zstd") for layer in layers):
        return OCI_MANIFEST, OCI_CONFIG
    return DOCKER_MANIFEST, DOCKER_CONFIG


def _kind(layer: Descriptor, kinds: tuple[str, str]) -> str:
    return layer.media_type if kinds[0] == OCI_MANIFEST else DOCKER_LAYER
