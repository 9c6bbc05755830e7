"""Images made by hand: layers, configs and manifests as builders make them, without a builder."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OCI = "application/vnd.oci.image"
OCI_INDEX = f"{OCI}.index.v1+json"
OCI_MANIFEST = f"{OCI}.manifest.v1+json"
DOCKER = "application/vnd.docker"
DOCKER_INDEX = f"{DOCKER}.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = f"{DOCKER}.distribution.manifest.v2+json"


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest, or an index with the images that it names; *blobs* are by their digests."""

    body: bytes
    media_type: str
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    children: tuple[Image, ...] = ()

    @property
    def digest(self) -> str:
        return digest_of(self.body)

    @property
    def layers(self) -> list[str]:
        """The digests of the layers, the lowest first."""
        return [layer["digest"] for layer in json.loads(self.body)["layers"]]

    @property
    def config(self) -> str:
        return str(json.loads(self.body)["config"]["digest"])

    def descriptor(self, **more: Any) -> dict[str, Any]:
        return {"mediaType": self.media_type, "size": len(self.body), "digest": self.digest, **more}


def entry(name: str, content: bytes | None = None, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    """An entry of a layer: a file where there is content, else what `type` says, else a folder."""
    info = tarfile.TarInfo(name)
    info.type = tarfile.REGTYPE if content is not None else tarfile.DIRTYPE
    info.mode = 0o644 if content is not None else 0o755
    info.mtime = 1_600_000_000
    for key, value in fields.items():
        setattr(info, key, value)
    info.size = len(content or b"")
    return info, content or b""


def link(name: str, target: str, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, type=tarfile.SYMTYPE, linkname=target, **fields)


def same_file(name: str, other: str) -> tuple[tarfile.TarInfo, bytes]:
    return entry(name, type=tarfile.LNKTYPE, linkname=other)


def tar(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def packed(data: bytes, compression: str) -> bytes:
    match compression:
        case "gzip":
            return gzip.compress(data, 1, mtime=0)
        case "zstd":
            return subprocess.run(["zstd", "-qc"], input=data, capture_output=True, check=True).stdout
    return data


def image(
    *layers: bytes,
    compression: str = "gzip",
    form: str = "oci",
    annotations: Mapping[str, str] | None = None,
    created: str = "2024-01-01T00:00:00Z",
    architecture: str = "amd64",
    **config: Any,
) -> Image:
    """An image of these *layers*, tar archives; *config* is what its config has in `config`."""
    blobs = [packed(layer, compression) for layer in layers]
    described = json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "created": created,
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]},
        }
    ).encode()
    suffix = {"gzip": "+gzip", "zstd": "+zstd", "plain": ""}[compression]
    kinds = (
        (OCI_MANIFEST, f"{OCI}.config.v1+json", f"{OCI}.layer.v1.tar{suffix}")
        if form == "oci"
        else (DOCKER_MANIFEST, f"{DOCKER}.container.image.v1+json", f"{DOCKER}.image.rootfs.diff.tar.gzip")
    )
    value = {
        "schemaVersion": 2,
        "mediaType": kinds[0],
        "config": {"mediaType": kinds[1], "size": len(described), "digest": digest_of(described)},
        "layers": [{"mediaType": kinds[2], "size": len(one), "digest": digest_of(one)} for one in blobs],
        **({"annotations": annotations} if annotations else {}),
    }
    body = json.dumps(value, separators=(",", ":")).encode()
    return Image(body, kinds[0], {digest_of(one): one for one in (*blobs, described)})


def index(images: Mapping[str, Image], form: str = "oci") -> Image:
    """An index of *images* by their platforms, `linux/arm/v7`."""
    described = []
    for platform, one in images.items():
        names = zip(("os", "architecture", "variant"), platform.split("/"), strict=False)
        described.append(one.descriptor(platform=dict(names)))
    kind = OCI_INDEX if form == "oci" else DOCKER_INDEX
    body = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": described}).encode()
    return Image(body, kind, children=tuple(images.values()))


def simple(content: str = "hello", **more: Any) -> Image:
    """A small image of one layer with one file."""
    return image(tar(entry("etc"), entry("etc/motd", content.encode())), **more)


def tree(folder: Path) -> dict[str, str]:
    """What is below *folder*: `/` for a folder, `-> target` for a link, else the text of a file."""
    found = {}
    for place in sorted(folder.rglob("*")):
        name = str(place.relative_to(folder))
        if place.is_symlink():
            found[name] = f"-> {place.readlink()}"
        elif place.is_dir():
            found[name] = "/"
        else:
            found[name] = place.read_text() if place.is_file() else "?"
    return found
