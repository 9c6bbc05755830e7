"""How the agent gets into containers: the bundle's folder mounted, or a volume that is filled once.

Where the engine sees this machine's folders, the bundle in the user's cache is bind-mounted. Where it does
not, a volume takes its place: filled by the engine from the shim image (it copies an image's folder into an
empty volume that is mounted there), or, where that image cannot be had, from the local bundle through the
archive API, which moves 200 MB once for each engine.
"""

import os
import tarfile
import threading
from collections.abc import Generator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from sqnc.runtimes import ImageUnavailable, Progress, Pull
from sqnc.runtimes.docker import images
from sqnc.runtimes.docker.api import Engine
from sqnc.runtimes.docker.containers import idle_container
from sqncshim.paths import BUNDLE

SHIM_IMAGE: Final = "sqnc-shim:latest"
_WHOLE: Final = ".whole"  # written last into a volume that is filled from here
_CHUNK_BYTES: Final = 1024 * 1024


def bundle_mount(
    engine: Engine, run: str, image_id: str, *, shared: bool, cache: Path, progress: Progress
) -> dict[str, Any]:
    """Return the mount that shows the bundle, and make what it needs. *image_id*: any image that is there."""
    if shared:
        return _mount("bind", str(_local_bundle(cache, progress)))
    name = os.environ.get("SQNC_SHIM_IMAGE", SHIM_IMAGE)
    progress(
        f"the engine at {engine.endpoint} does not see this machine's folders: the shim comes from {name}"
    )
    try:
        shim = images.image(engine, name, pull=Pull.MISSING, progress=progress)
    except ImageUnavailable as error:
        progress(f"{error}; the local bundle is sent instead")
        return _mount("volume", _sent(engine, run, image_id, _local_bundle(cache, progress)))
    return _mount("volume", _copied(engine, run, shim.id))


def _local_bundle(cache: Path, progress: Progress) -> Path:
    from sqnc.bundle import ensure_bundle  # noqa: PLC0415 -- not where the shim image serves

    return ensure_bundle(cache=cache, progress=progress).path


def _copied(engine: Engine, run: str, shim_id: str) -> str:
    """A volume named after the shim image; the engine fills it when a container of that image is made."""
    name = f"sqnc-bundle-{shim_id.rpartition(':')[2][:20]}"
    with idle_container(engine, run, shim_id, _to_fill(name, no_copy=False)):
        return name


def _sent(engine: Engine, run: str, image_id: str, bundle: Path) -> str:
    """A volume named after the local bundle's folder, which is its digest."""
    name = f"sqnc-bundle-{bundle.name[:20]}"
    with idle_container(engine, run, image_id, _to_fill(name, no_copy=True)) as container:
        if engine.stat(container, f"{BUNDLE}/{_WHOLE}") is None:
            with engine.doing("take the bundle"), closing(_archived(bundle)) as archive:
                engine.api.put_archive(container, BUNDLE, archive)
    return name


def _archived(bundle: Path) -> Generator[bytes, None, None]:
    """The folder as a tar stream, made while it is sent; its last member says that all of it came."""
    reader, writer = os.pipe()

    def write() -> None:
        with (
            suppress(BrokenPipeError),
            os.fdopen(writer, "wb") as end,
            tarfile.open(fileobj=end, mode="w|") as archive,
        ):
            archive.add(bundle, ".")
            archive.addfile(tarfile.TarInfo(_WHOLE))

    thread = threading.Thread(target=write, name="archive of the bundle")
    thread.start()
    with os.fdopen(reader, "rb") as start:
        while chunk := start.read(_CHUNK_BYTES):
            yield chunk
    thread.join()


def _to_fill(volume: str, *, no_copy: bool) -> dict[str, Any]:
    mount = _mount("volume", volume) | {"ReadOnly": False}
    return mount | {"VolumeOptions": {"NoCopy": no_copy, "Labels": {"sqnc.bundle": "1"}}}


def _mount(kind: str, source: str) -> dict[str, Any]:
    return {"Type": kind, "Source": source, "Target": BUNDLE, "ReadOnly": True}
