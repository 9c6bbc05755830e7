"""How the agent gets into containers: the bundle's folder mounted, or a volume that is filled once.

Where the engine sees this machine's folders, the bundle in the user's cache is bind-mounted. Where it does
not, a volume takes its place: filled by the engine from the shim image (it copies an image's folder into an
empty volume that is mounted there), or, where that image cannot be had, from the local bundle through the
archive API, which moves 200 MB once for each engine.
"""

import os
import platform
import sys
import tarfile
import threading
from collections.abc import Generator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqnc.runtimes import ImageUnavailable, Progress, Pull, RuntimeFailure
from sqnc.runtimes.docker import images
from sqnc.runtimes.docker.api import Engine
from sqnc.runtimes.docker.containers import idle_container
from sqncshim.paths import BUNDLE

SHIM_IMAGE: Final = "sqnc-shim:latest"
_WHOLE: Final = ".whole"  # written last into a volume that is filled from here
_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""Podman's words, which are Go's, for what uname says."""
_LABEL: Final = "sqnc.bundle"
_KEPT_FOR: Final = timedelta(days=7)
_CHUNK_BYTES: Final = 1024 * 1024


def bundle_mount(
    engine: Engine, run: str, image_id: str, *, shared: bool, cache: Path, progress: Progress
) -> dict[str, Any]:
    """Return the mount that shows the bundle, and make what it needs. *image_id*: any image that is there."""
    if shared:
        return _mount("bind", str(_local_bundle(engine, cache, progress)))
    remove_unused(engine)
    name = os.environ.get("SQNC_SHIM_IMAGE", SHIM_IMAGE)
    progress(
        f"the engine at {engine.endpoint} does not see this machine's folders: the shim comes from {name}"
    )
    try:
        shim = images.image(engine, name, pull=Pull.MISSING, progress=progress)
    except ImageUnavailable as error:
        progress(f"{error}; the local bundle is sent instead")
        return _mount("volume", _sent(engine, run, image_id, _local_bundle(engine, cache, progress)))
    return _mount("volume", _copied(engine, run, shim.id))


def is_made_for(engine: Engine) -> bool:
    """Whether this machine's bundle, which is made of its own programs, runs on *engine*'s."""
    theirs = str(engine.info.get("Architecture") or "")
    return sys.platform == "linux" and platform.machine() == _MACHINES.get(theirs, theirs)


def _local_bundle(engine: Engine, cache: Path, progress: Progress) -> Path:
    if not is_made_for(engine):
        raise RuntimeFailure(
            f"the engine at {engine.endpoint} does not run this machine's programs, and has no shim image: "
            "set SQNC_SHIM_IMAGE to one that it has or can pull (`make images` builds it)"
        )
    from sqnc.bundle import BundleError, ensure_bundle  # noqa: PLC0415 -- not where the shim image serves

    try:
        return ensure_bundle(cache=cache, progress=progress).path
    except BundleError as error:
        raise RuntimeFailure(str(error)) from error


def remove_unused(engine: Engine) -> None:
    """Remove the volumes of bundles that nobody uses and that are a week old: one comes with each version."""
    with engine.doing("list the bundles' volumes"):
        unused = {"label": _LABEL, "dangling": "true"}
        found = engine.api.volumes(filters=unused)["Volumes"] or ()
    for volume in found:
        if datetime.now(UTC) - datetime.fromisoformat(volume["CreatedAt"]) > _KEPT_FOR:
            with suppress(RuntimeFailure), engine.doing(f"remove volume {volume['Name']}"):
                engine.api.remove_volume(volume["Name"])


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
    return mount | {"VolumeOptions": {"NoCopy": no_copy, "Labels": {_LABEL: "1"}}}


def _mount(kind: str, source: str) -> dict[str, Any]:
    return {"Type": kind, "Source": source, "Target": BUNDLE, "ReadOnly": True}
