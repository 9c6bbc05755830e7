"""Networks, and everything of a run, by its label."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from sqnc.runtimes import RuntimeFailure, RuntimeUnavailable
from sqnc.runtimes.docker.api import Engine, NotThere
from sqnc.runtimes.docker.containers import RUN_LABEL, remove_container
from sqnc.runtimes.docker.volumes import remove_volumes

_IN_USE_FOR_S: Final = 10.0
_AT_ONCE: Final = 8
_PAUSE_S: Final = 0.02


def create_network(engine: Engine, run: str) -> str:
    """Make a bridge network; return its name."""
    name = f"sqnc-{run}-{secrets.token_hex(4)}"
    with engine.doing("create a network"):
        engine.api.create_network(name, driver="bridge", labels={RUN_LABEL: run})
    return name


def prune(engine: Engine, run: str) -> None:
    """Remove the run's containers, networks and volumes, in this order.

    A container that removes itself is there for a moment longer, and holds its volumes and networks: all of
    them are tried again.
    """
    _remove_containers(engine, run)
    _until_free(lambda: _remove_networks(engine, run))
    _until_free(lambda: remove_volumes(engine, run))


def _remove_containers(engine: Engine, run: str) -> None:
    """Remove them, and look again; who takes long to remove itself is left to it."""
    end = time.monotonic() + _IN_USE_FOR_S
    while containers := _containers(engine, run):
        with ThreadPoolExecutor(_AT_ONCE) as threads:  # each takes the engine 50 ms
            list(threads.map(lambda container: remove_container(engine, container), containers))
        if time.monotonic() > end:
            return
        time.sleep(_PAUSE_S)


def _containers(engine: Engine, run: str) -> list[str]:
    with engine.doing("list containers"):
        found = engine.api.containers(all=True, quiet=True, filters={"label": f"{RUN_LABEL}={run}"})
    return [container["Id"] for container in found]


def _until_free(remove: Callable[[], None]) -> None:
    end = time.monotonic() + _IN_USE_FOR_S
    while True:
        try:
            return remove()
        except RuntimeUnavailable:
            raise
        except RuntimeFailure:
            if time.monotonic() > end:
                raise
        time.sleep(_PAUSE_S)  # the engine has no event for "no longer in use"


def _remove_networks(engine: Engine, run: str) -> None:
    with engine.doing("list networks"):
        networks = engine.api.networks(filters={"label": f"{RUN_LABEL}={run}"})
    for network in networks:
        with suppress(NotThere), engine.doing(f"remove network {network['Name']}"):
            engine.api.remove_network(network["Id"])
