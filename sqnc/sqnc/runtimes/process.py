"""The process runtime: no container; the agent is a child process here, with the running interpreter.

POSIX only, as the agent is. Volumes are folders in the run's folder, and so are the agents' standard errors.
"""

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

import sqncshim
from sqnc.runfolder import remove_tree, run_folder
from sqnc.runtimes import ContainerSpec, Image, NotShareable, Progress, Pull, RuntimeFailure, Volume
from sqncshim.locks import lock_file

_TAIL_BYTES: Final = 64 * 1024
_ENDS_WITHIN_S: Final = 15.0  # the agent gives its processes some time before it kills them
_VOLUMES: Final = "volumes"
_AGENTS: Final = "agents"


class SocketStream:
    """A duplex stream over a socket. One thread may read while another writes."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes, waiting for the first; empty at the end."""
        try:
            return self._socket.recv(size)
        except OSError:
            return b""  # reset, or closed by another thread

    def write(self, data: bytes | memoryview, /) -> None:
        """Write all of *data*; raise OSError when the other end is gone."""
        self._socket.sendall(data)

    def close(self) -> None:
        """End both directions and wake whoever reads; a second call is harmless."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class AgentProcess:
    """A child process that is an agent; its standard error goes to the file *errors*."""

    def __init__(self, errors: Path) -> None:
        ours, theirs = socket.socketpair()
        self._errors = errors
        with theirs, errors.open("wb") as stderr:
            # held until the agent ends, whoever started it: see `_wait_for_agents`
            lock_file(stderr.fileno(), wait=True)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", agent_program()],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=stderr,
                start_new_session=True,  # Ctrl-C at the terminal is the engine's to answer
            )
        self._stream = SocketStream(ours)
        self.id = str(self._process.pid)

    @property
    def stream(self) -> SocketStream:
        return self._stream

    def logs(self) -> bytes:
        try:
            return self._errors.read_bytes()[-_TAIL_BYTES:]
        except FileNotFoundError:
            return b""  # pruned

    def wait(self) -> int:
        status: int = self._process.wait()
        return 128 - status if status < 0 else status  # a signal, as shells and engines tell it

    def remove(self) -> None:
        self._stream.close()
        try:
            self._await_end()
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_end(self) -> None:
        """Wait where the system tells of the end: `Popen.wait` with a time limit only looks now and then."""
        if sys.platform != "linux" or self._process.poll() is not None:
            return
        try:
            descriptor = os.pidfd_open(self._process.pid)
        except OSError:  # a kernel before 5.3
            return
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        waiting.poll(_ENDS_WITHIN_S * 1000)
        os.close(descriptor)


def agent_program() -> str:
    """The agent's file; it is for the child, and not imported here."""
    return str(Path(sqncshim.__file__).with_name("agent") / "server.py")


class ProcessRuntime:
    """See `sqnc.runtimes.Runtime`."""

    name = "process"
    address = ""
    isolated = False
    agent_root = ""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._containers: dict[str, list[AgentProcess]] = {}
        self._ahead: dict[str, AgentProcess] = {}

    def image(self, reference: str, *, pull: Pull, progress: Progress) -> Image:
        """An empty Image: whatever a job names, it is this machine that its steps get."""
        del pull, progress
        return Image(id=reference)

    def build(self, context: Path, *, dockerfile: str, tag: str, progress: Progress) -> Image:
        del tag, progress
        raise _needs_engine(f"building {context / dockerfile}")

    def create_volume(self, run: str, path: str, *, lower: Sequence[Path] = ()) -> Volume:
        if lower:
            raise NotShareable(f"{lower[-1]}: the process runtime has no copy-on-write view of a folder")
        name = f"{PurePosixPath(path).name}-{os.urandom(4).hex()}"
        folder = run_folder(self._cache, run).absolute() / _VOLUMES / name
        folder.mkdir(parents=True)
        return Volume(name, str(folder))

    def create_network(self, run: str) -> str:
        raise _needs_engine(f"a network for run {run}")

    def start(self, spec: ContainerSpec) -> AgentProcess:
        if spec.options or spec.network:
            raise _needs_engine("container options, or a network,")
        return self._ahead.pop(spec.run, None) or self._start(spec.run)

    def start_ahead(self, run: str) -> None:
        """Start the agent that the run's next `start` gives; it comes up while the engine is still busy."""
        self._ahead[run] = self._start(run)

    def _start(self, run: str) -> AgentProcess:
        folder = run_folder(self._cache, run) / _AGENTS
        folder.mkdir(parents=True, exist_ok=True)
        container = AgentProcess(folder / os.urandom(4).hex())
        self._containers.setdefault(run, []).append(container)
        return container

    def prune(self, run: str) -> None:
        self._ahead.pop(run, None)
        for container in self._containers.pop(run, ()):
            container.remove()
        folder = run_folder(self._cache, run)
        _wait_for_agents(folder / _AGENTS)
        try:
            remove_tree(folder / _VOLUMES)
            remove_tree(folder / _AGENTS)
            with suppress(OSError):
                folder.rmdir()  # stays while it is watched
        except OSError as error:
            raise RuntimeFailure(
                f"{error.filename}: cannot be removed: {error.strerror}: remove it by hand"
            ) from error

    def close(self) -> None:
        """Nothing is held."""


def _needs_engine(what: str) -> RuntimeFailure:
    return RuntimeFailure(
        f"{what} needs a container engine, and the process runtime is none: use --runtime docker"
    )


def _wait_for_agents(folder: Path) -> None:
    """Wait for the end of the run's agents, a dead engine's too: they end what they started first."""
    end = time.monotonic() + _ENDS_WITHIN_S
    for path in folder.glob("*"):
        with path.open("rb") as file:
            while time.monotonic() < end and not lock_file(file.fileno(), wait=False):
                time.sleep(0.02)  # flock knows no time limit
