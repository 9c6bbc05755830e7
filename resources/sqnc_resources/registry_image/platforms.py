"""Which image of an index is for which platform."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.registry_image.manifests import INDEXES, ManifestError

if TYPE_CHECKING:
    from sqnc_resources.registry_image.manifests import Descriptor, Manifest
    from sqnc_resources.registry_image.registry import RemoteRepository
    from sqnc_resources.registry_image.values import Platform

_ARCHITECTURES: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv6l": "arm",
    "armv7l": "arm",
    "i386": "386",
    "i686": "386",
    "loongarch64": "loong64",
}
"""Go's words for machines whose own word is another."""
_DEEPEST: Final = 8
"""How many indexes may be in each other."""


def image_of(remote: RemoteRepository, manifest: Manifest, platform: Platform | None) -> Manifest:
    """The image for *platform*: *manifest*, or what it has where it is an index; raise ResourceError."""
    wanted = words(platform)
    for _ in range(_DEEPEST):
        if not manifest.is_index:
            return manifest
        chosen = next((one for one in manifest.manifests if fits(one, wanted)), None)
        if chosen is None:
            has = ", ".join(one.platform or "linux/amd64" for one in manifest.manifests) or "none"
            raise ResourceError(
                f"{remote.repository}@{manifest.digest}: no image for {'/'.join(wanted)}, but for {has}"
            )
        manifest = remote.manifest(chosen.digest)
    raise ManifestError(f"{manifest.digest}: more than {_DEEPEST} indexes in each other")


def words(platform: Platform | None) -> tuple[str, str]:
    """The system and the architecture, by Go's words; this machine's where *platform* does not say."""
    from platform import machine  # noqa: PLC0415  (what names one platform needs none of it)

    own = machine().lower()
    architecture = platform.architecture if platform and platform.architecture else ""
    here = "windows" if sys.platform == "win32" else sys.platform
    system = platform.os if platform and platform.os else here
    return system, architecture or _ARCHITECTURES.get(own, own)


def fits(descriptor: Descriptor, wanted: tuple[str, str]) -> bool:
    """Whether it is for this system and architecture (`arm`, `arm/v7`); linux/amd64 where nothing is said."""
    system, architecture = wanted
    if not descriptor.architecture and not descriptor.os:
        if descriptor.media_type in INDEXES:
            return True
        return wanted == ("linux", "amd64")
    named = {descriptor.architecture, f"{descriptor.architecture}/{descriptor.variant}"}
    return descriptor.os == system and architecture in named
