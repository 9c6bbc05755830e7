"""Manifests of images, and indexes of manifests: OCI's, and Docker's that they came from.

https://github.com/opencontainers/image-spec and https://distribution.github.io/distribution/spec/manifest-v2-2/
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from sqnc_resources.errors import ResourceError

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
OCI_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
DOCKER_INDEX: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER: Final = "application/vnd.docker.image.rootfs.diff.tar.gzip"
INDEXES: Final = (OCI_INDEX, DOCKER_INDEX)
MANIFESTS: Final = (OCI_MANIFEST, DOCKER_MANIFEST)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class ManifestError(ResourceError):
    """It is no manifest that we can use."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What points to a blob or a manifest."""

    media_type: str
    digest: str
    size: int
    architecture: str = ""
    """Of the platform that it is for; empty where it says nothing, as what follows."""
    os: str = ""
    variant: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """Raise ManifestError; *where* says in what it stands."""
        fields = _object(value, where)
        digest, size = fields.get("digest"), fields.get("size")
        if not isinstance(digest, str) or not is_digest(digest):
            raise ManifestError(f"{where}: expected a digest such as sha256:<hex>, got {digest!r}")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise ManifestError(f"{where}: {digest}: expected its size in bytes, got {size!r}")
        platform = _object(fields.get("platform"), where)
        return cls(
            str(fields.get("mediaType") or ""),
            digest,
            size,
            str(platform.get("architecture") or ""),
            str(platform.get("os") or ""),
            str(platform.get("variant") or ""),
            _texts(fields.get("annotations")),
        )

    @property
    def platform(self) -> str:
        """`linux/arm/v7`; empty where nothing is said of it."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def json(self) -> dict[str, object]:
        """In the order that Go's programs write it in, so that digests agree."""
        return {"mediaType": self.media_type, "size": self.size, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image's manifest, or an index; *body* is what its digest is of."""

    media_type: str
    digest: str
    body: bytes
    config: Descriptor | None
    """None for an index."""
    layers: tuple[Descriptor, ...]
    """The lowest first."""
    manifests: tuple[Descriptor, ...]
    """Of an index: of its images and of other indexes."""
    annotations: Mapping[str, str]

    @classmethod
    def parse(cls, body: bytes, media_type: str = "", algorithm: str = "sha256") -> Self:
        """Read a manifest; raise ManifestError. *media_type* is what it was said to be, if anything."""
        digest = f"{algorithm}:{hashlib.new(algorithm, body).hexdigest()}"
        value = _read(body, digest)
        kind = _kind(value, media_type.partition(";")[0].strip(), digest)
        config = value.get("config")
        return cls(
            kind,
            digest,
            body,
            None if kind in INDEXES else Descriptor.parse(config, f"{digest}: config"),
            _descriptors(value.get("layers"), f"{digest}: layers"),
            _descriptors(value.get("manifests"), f"{digest}: manifests"),
            _texts(value.get("annotations")),
        )

    @property
    def is_index(self) -> bool:
        return self.config is None

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """What an image consists of besides its manifest, each once."""
        every = (*self.layers, *((self.config,) if self.config else ()))
        return tuple({blob.digest: blob for blob in every}.values())

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, len(self.body))


@dataclass(frozen=True, slots=True)
class Config:
    """What an image says of how it runs."""

    env: tuple[str, ...] | None
    user: str
    entrypoint: tuple[str, ...] | None
    cmd: tuple[str, ...] | None
    labels: Mapping[str, str]
    created: str
    """A moment as RFC 3339 has it; empty where nothing is said."""

    @classmethod
    def parse(cls, body: bytes, digest: str) -> Self:
        """Raise ManifestError."""
        value = _read(body, digest)
        inner = _object(value.get("config"), f"{digest}: config")
        return cls(
            _list(inner.get("Env")),
            str(inner.get("User") or ""),
            _list(inner.get("Entrypoint")),
            _list(inner.get("Cmd")),
            _texts(inner.get("Labels")),
            str(value.get("created") or ""),
        )


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def short(digest: str) -> str:
    """The first digits of a digest, as people are shown it."""
    return digest.partition(":")[2][:12]


def _kind(value: Mapping[str, Any], said: str, digest: str) -> str:
    """The media type: as the manifest has it, else as it was *said*, else by what is in it.

    What it has and what is in it must agree: else one reader sees an image, and another one an index.
    """
    known = INDEXES if "manifests" in value else MANIFESTS
    fits = "manifests" in value or ("layers" in value and "config" in value)
    declared = str(value.get("mediaType") or "")
    if fits and not declared:
        declared = said if said in known else known[0]
    if fits and declared in known:
        return declared
    if value.get("schemaVersion") == 1:
        declared = "Docker's schema 1, which registries gave up in 2019: push the image anew"
    raise ManifestError(
        f"{digest}: expected an image or an index of images, got {declared or said or 'neither'}"
    )


def _read(body: bytes, digest: str) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{digest}: expected JSON: {error}") from error
    if not isinstance(value, dict):
        raise ManifestError(f"{digest}: expected a JSON object")
    return value


def _object(value: object, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ManifestError(f"{where}: expected an object")
    return value


def _descriptors(value: object, where: str) -> tuple[Descriptor, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ManifestError(f"{where}: expected a list")
    return tuple(Descriptor.parse(one, where) for one in value)


def _texts(value: object) -> Mapping[str, str]:
    return {name: str(text) for name, text in value.items()} if isinstance(value, dict) else {}


def _list(value: object) -> tuple[str, ...] | None:
    return tuple(str(one) for one in value) if isinstance(value, list) else None
