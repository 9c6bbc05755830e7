"""Real agents: children of the test, over a socket or over pipes."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

import sqncshim.agent.descendants
from sqncshim.agent import Agent, Command, Exit, Output

SERVER = Path(sqncshim.__file__).parent / "agent" / "server.py"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class SocketStream:
    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def read(self, size: int, /) -> bytes:
        try:
            return self._socket.recv(size)
        except OSError:
            return b""

    def write(self, data: bytes, /) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class PipeStream:
    """What a container engine without a socket would give: the agent's input and output apart."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()

    def read(self, size: int, /) -> bytes:
        data = os.read(self._reader, size)
        if not data:
            with self._lock:
                os.close(self._reader)
        return data

    def write(self, data: bytes, /) -> None:
        with self._lock:
            left = memoryview(data)
            while left:
                left = left[os.write(self._writer, left) :]

    def close(self) -> None:
        with self._lock:
            if self._writer >= 0:
                os.close(self._writer)
                self._writer = -1


@dataclass
class Started:
    process: subprocess.Popen[bytes]
    agent: Agent


Launch = Callable[..., Started]


def start(argv: Sequence[str], over: str) -> Started:
    if over == "socket":
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, start_new_session=True)
        return Started(process, Agent(SocketStream(ours)))
    there, writer = os.pipe()
    reader, back = os.pipe()
    process = subprocess.Popen(argv, stdin=there, stdout=back, start_new_session=True)
    os.close(there)
    os.close(back)
    return Started(process, Agent(PipeStream(reader, writer)))


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Start agents, with a program before them if need be; end them all."""
    started: list[Started] = []

    def launch(
        *before: str, over: str = "socket", python: str = sys.executable, server: Path = SERVER
    ) -> Started:
        started.append(start([*before, python, "-I", "-S", str(server)], over))
        return started[-1]

    yield launch
    for one in started:
        one.agent.close()
        one.process.wait(10)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that every user can read; those of pytest are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def started(launch: Launch) -> Started:
    return launch()


@pytest.fixture
def agent(started: Started) -> Agent:
    return started.agent


@dataclass
class Ran:
    exit: Exit
    out: str
    err: str

    @property
    def words(self) -> tuple[int, str, str]:
        return self.exit.code, self.out, self.err


Run = Callable[..., Ran]


@pytest.fixture
def run(agent: Agent) -> Run:
    """Run a command, or a script of sh, and return its exit with what it wrote."""

    def run(command: Command | str, **options: object) -> Ran:
        if isinstance(command, str):
            command = Command(("sh", "-c", command), **{"env": {"PATH": PATH}, **options})  # type: ignore[arg-type]  # its fields
        said: dict[Output, list[bytes]] = {output: [] for output in Output}
        ended = agent.run(command, lambda output, data: said[output].append(data))
        out, err = (b"".join(said[output]).decode() for output in Output)
        return Ran(ended, out, err)

    return run


@pytest.fixture
def lives() -> Callable[[int], bool]:
    """Say whether a process lives; a zombie does not."""

    def lives(pid: int) -> bool:
        found = sqncshim.agent.descendants.read(pid)
        return found is not None and found.lives

    return lives
