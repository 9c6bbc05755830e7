"""The file system of an image: its layers, one over the other.

https://github.com/opencontainers/image-spec/blob/main/layer.md is the source of the rules.
"""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from sqnc_resources.archives import ArchiveError
from sqnc_resources.archives.streams import opened
from sqnc_resources.archives.tar import for_each
from sqnc_resources.errors import ResourceError
from sqnc_resources.registry_image.manifests import short
from sqnc_resources.registry_image.tree import RootTree
from sqnc_resources.streams import say

if TYPE_CHECKING:
    import tarfile
    from pathlib import Path

    from sqnc_resources.registry_image.manifests import Descriptor, Manifest
    from sqnc_resources.registry_image.registry import RemoteRepository

_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"


def save_rootfs(remote: RemoteRepository, image: Manifest, folder: Path, *, debug: bool = False) -> None:
    """Write the file system of *image* to *folder*/rootfs; raise ResourceError.

    Of the compressed layers one is on the disk at a time, and nothing of it is unpacked before its digest is
    the one that the manifest says.
    """
    try:
        with TemporaryDirectory(prefix=".layers-", dir=folder) as work:
            tree = RootTree(str(folder / "rootfs"))
            for number, layer in enumerate(image.layers, 1):
                say(f"layer {number} of {len(image.layers)}: {short(layer.digest)}, {layer.size:,} bytes")
                _apply(remote, layer, f"{work}/layer", tree, debug=debug)
            tree.finish()
    except ArchiveError:
        raise
    except OSError as error:
        where = error.filename or folder
        raise ResourceError(f"cannot write {where}: {error.strerror or error}") from error


def _apply(remote: RemoteRepository, layer: Descriptor, file: str, tree: RootTree, *, debug: bool) -> None:
    remote.download(layer, file)
    try:
        with open(file, "rb") as compressed, opened(compressed) as stream:
            tree.begin_layer()
            for_each(stream, lambda archive, info: add_entry(tree, archive, info, debug=debug))
    except ArchiveError as error:
        raise type(error)(f"layer {layer.digest}: {error}") from error
    os.unlink(file)


def add_entry(tree: RootTree, archive: tarfile.TarFile, info: tarfile.TarInfo, *, debug: bool) -> None:
    """Add one entry, or remove what it hides."""
    if debug:
        say(f"unpacking {info.name}")
    place = tree.place(info.name)
    if place is None:  # the root itself
        if info.isdir():
            tree.set_root(info)
        return
    parent, name = place
    if name == _OPAQUE:
        tree.hide_all_in(parent)
    elif name.startswith(f"{_WHITEOUT}{_WHITEOUT}"):
        return  # AUFS wrote down things of its own
    elif name.startswith(_WHITEOUT):
        tree.hide(parent, name.removeprefix(_WHITEOUT), info.name)
    else:
        tree.add(archive, info, parent, name)
