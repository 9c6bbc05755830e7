"""Containers whose process 1 is the agent."""

from __future__ import annotations

import socket
import ssl
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, cast

from sqnc.runtimes import ContainerSpec, RuntimeFailure, Volume
from sqnc.runtimes.docker.api import Conflict, EndedMeanwhile, Engine, NotThere
from sqnc.runtimes.docker.attached import AttachedStream, Connection, TlsConnection
from sqnc.runtimes.docker.options import host_options
from sqncshim.paths import AGENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

RUN_LABEL = "sqnc.run"


class DockerContainer:
    """See `sqnc.runtimes.Container`. *waiting*: the engine's open answer to "wait", or None."""

    def __init__(
        self, engine: Engine, container_id: str, stream: AttachedStream, waiting: requests.Response | None
    ) -> None:
        self._engine = engine
        self._stream = stream
        self._waiting = waiting
        self._status: int | None = None
        self.id = container_id

    @property
    def stream(self) -> AttachedStream:
        return self._stream

    def logs(self) -> bytes:
        return self._stream.stderr

    def wait(self) -> int:
        if self._status is None:
            with self._engine.doing(f"wait for container {self.id[:12]}"):
                self._status = self._ask_status()
        return self._status

    def _ask_status(self) -> int:
        try:
            if self._waiting is not None:
                return int(self._waiting.json()["StatusCode"])
            return int(self._engine.api.wait(self.id, timeout=None)["StatusCode"])
        except (ValueError, KeyError):
            return -1  # the engine was stopped meanwhile and ended its answer in the middle
        except Exception as error:
            if getattr(error, "status_code", None) == 404:  # removed by itself, before anybody asked
                return -1
            raise

    def remove(self) -> None:
        self._stream.close()
        remove_container(self._engine, self.id)
        if self._waiting is not None:
            self._waiting.close()


def remove_container(engine: Engine, container_id: str) -> None:
    """End and remove it; harmless where it is gone, or where somebody else (AutoRemove) is at it."""

    def remove() -> None:
        with suppress(NotThere, Conflict), engine.doing(f"remove container {container_id[:12]}"):
            engine.api.remove_container(container_id, v=True, force=True)

    try:
        remove()
    except EndedMeanwhile:
        remove()  # now there is nothing to kill


@contextmanager
def idle_container(engine: Engine, run: str, image_id: str, mount: dict[str, Any]) -> Iterator[str]:
    """A container, never started, for the time of the block: the archive API shows what *mount* holds."""
    host = {"Mounts": [mount], "NetworkMode": "none"}
    config = {"Image": image_id, "Entrypoint": ["-"], "Labels": {RUN_LABEL: run}, "HostConfig": host}
    with engine.doing(f"create a container that shows {mount['Source']}"):
        container_id: str = engine.api.create_container_from_config(config)["Id"]
    try:
        yield container_id
    finally:
        _remove_quietly(engine, container_id)


def start_container(engine: Engine, spec: ContainerSpec, bundle: dict[str, Any]) -> DockerContainer:
    """Create, attach, start, in this order, so that not a byte is lost. *bundle*: the agent's mount."""
    with engine.doing(f"create a container of image {spec.image.id}"):
        made = engine.api.create_container_from_config(_config(spec, bundle), spec.name or None)
        container_id: str = made["Id"]
    with ExitStack() as undo:
        undo.callback(_remove_quietly, engine, container_id)
        with engine.doing(f"start a container of image {spec.image.id}"):
            stream = AttachedStream(_attach(engine, container_id))
            undo.callback(stream.close)
            waiting = None if engine.is_podman else _wait_ahead(engine, container_id)
            engine.api.start(container_id)
        undo.pop_all()
    return DockerContainer(engine, container_id, stream, waiting)


def _remove_quietly(engine: Engine, container_id: str) -> None:
    with suppress(RuntimeFailure):  # it is on the way to a failure that says more, or goes with the run
        remove_container(engine, container_id)


def _attach(engine: Engine, container_id: str) -> Connection:
    wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    raw = engine.api.attach_socket(container_id, params=wanted)
    if isinstance(raw, ssl.SSLSocket):
        return TlsConnection(raw)
    if not isinstance(raw, socket.SocketIO):
        return cast("Connection", raw)  # a channel of ssh
    theirs: socket.socket = raw._sock  # type: ignore[attr-defined]  # the stubs leave it out
    connection = theirs.dup()  # theirs is closed only when all that the SDK wrapped around it is
    connection.settimeout(None)
    theirs.close()
    raw.close()
    return connection


def _wait_ahead(engine: Engine, container_id: str) -> requests.Response:
    """Ask for the exit status before the start: an auto-removed container has none to ask for later."""
    url = engine.api._url("/containers/{0}/wait", container_id)
    response: requests.Response = engine.api.post(
        url, params={"condition": "next-exit"}, timeout=(60, None), stream=True
    )
    response.raise_for_status()
    return response


def _config(spec: ContainerSpec, bundle: dict[str, Any]) -> dict[str, Any]:
    own, host = host_options(spec.options)
    network = {"Aliases": list(spec.aliases)} if spec.aliases else {}
    return own | {
        "Image": spec.image.id,
        "Entrypoint": list(AGENT),
        "Cmd": [],
        "User": "0:0",
        "WorkingDir": "/",
        "Tty": False,
        "OpenStdin": True,
        "StdinOnce": True,  # the agent's input closes with the engine's connection, and so it ends
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "Healthcheck": {"Test": ["NONE"]},  # the image's own asks after a process that is not running
        "Labels": {RUN_LABEL: spec.run},
        "HostConfig": host
        | {
            "AutoRemove": True,
            "LogConfig": {"Type": "none"},
            "NetworkMode": spec.network or "default",
            "Mounts": [bundle, *(_mount(volume) for volume in spec.volumes)],
        },
        "NetworkingConfig": {"EndpointsConfig": {spec.network: network} if spec.network else {}},
    }


def _mount(volume: Volume) -> dict[str, Any]:
    mount: dict[str, Any] = {"Source": volume.name, "Target": volume.path, "ReadOnly": volume.read_only}
    if volume.name.startswith("/"):
        return mount | {"Type": "bind"}
    return mount | {"Type": "volume", "VolumeOptions": {"NoCopy": True}}
