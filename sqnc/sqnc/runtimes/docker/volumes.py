"""Volumes: empty ones, and those that show folders of this machine copy-on-write.

An overlay's upper and work folders are the folders of two further volumes of the run. So whatever the
containers write, and root comes to own, lies in the engine's own store and goes with the run's volumes: never
in the user's folders, where an engine that runs as a user of the docker group could not remove it.
"""

import itertools
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqnc.runtimes import NotShareable, RuntimeFailure
from sqnc.runtimes.docker.api import Engine, NotThere
from sqnc.runtimes.docker.containers import RUN_LABEL

_OWN_FOLDERS: Final = ("-upper", "-work")
_UNSPEAKABLE: Final = frozenset(',:\\"')  # overlayfs and the local driver cut or escape at these


def create_volume(engine: Engine, run: str) -> str:
    """Make an empty volume; return its name."""
    return str(_create(engine, run, {}, _name(run))["Name"])


def create_overlay(engine: Engine, run: str, lower: Sequence[Path]) -> str:
    """Make a volume that shows *lower* merged, the first on top; return its name."""
    name = _name(run)
    upper, work = (_create(engine, run, {}, name + end)["Mountpoint"] for end in _OWN_FOLDERS)
    folders = ":".join(str(folder) for folder in lower)
    options = f"lowerdir={folders},upperdir={upper},workdir={work}"
    return str(_create(engine, run, {"type": "overlay", "device": "overlay", "o": options}, name)["Name"])


def check_paths(engine: Engine, lower: Sequence[Path]) -> None:
    """Raise NotShareable for folders that no overlay takes, on whatever file system they lie."""
    store = Path(engine.info.get("DockerRootDir") or "/var/lib/docker")
    for folder, inner in itertools.permutations([*(path.resolve() for path in lower), store], 2):
        if inner.is_relative_to(folder):
            raise NotShareable(f"{inner} lies in {folder}: an overlay's layers must not contain each other")
    for folder in lower:
        if _UNSPEAKABLE & set(str(folder)):
            raise NotShareable(
                f"{folder}: a path with a comma, colon, quote or backslash cannot be an overlay's layer"
            )


@contextmanager
def trial_overlay(engine: Engine, run: str, lower: Sequence[Path]) -> Iterator[str]:
    """An overlay for the time of the block."""
    name = create_overlay(engine, run, lower)
    try:
        yield name
    finally:
        with suppress(RuntimeFailure):  # what is in use still goes with the run
            for end in ("", *_OWN_FOLDERS):
                _remove(engine, name + end)


def remove_volumes(engine: Engine, run: str) -> None:
    """Remove the run's volumes; raise RuntimeFailure where one is still in use."""
    with engine.doing("list volumes"):
        found = engine.api.volumes(filters={"label": f"{RUN_LABEL}={run}"})["Volumes"] or ()
    for volume in found:
        _remove(engine, volume["Name"])


def _remove(engine: Engine, name: str) -> None:
    with suppress(NotThere), engine.doing(f"remove volume {name}"):
        engine.api.remove_volume(name)


def _create(engine: Engine, run: str, options: dict[str, str], name: str) -> dict[str, Any]:
    with engine.doing("create a volume"):
        return dict(
            engine.api.create_volume(name, driver="local", driver_opts=options, labels={RUN_LABEL: run})
        )


def _name(run: str) -> str:
    return f"sqnc-{run}-{secrets.token_hex(4)}"
