"""Print what the agent costs: a step, output, a tree of small files, its start."""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import sqncshim
from sqncshim.agent import Agent, Command, Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqncshim.agent import Output

SERVER = Path(sqncshim.__file__).parent / "agent" / "server.py"
ENV = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/",
    **{f"GITHUB_VARIABLE_{n}": "a value as long as most" for n in range(60)},
}
SIZE_BYTES = 100_000_000


class SocketStream:
    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection

    def read(self, size: int, /) -> bytes:
        return self._socket.recv(size)

    def write(self, data: bytes, /) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def start() -> tuple[subprocess.Popen[bytes], Agent]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SERVER)], stdin=theirs.fileno(), stdout=theirs.fileno()
        )
    return process, Agent(SocketStream(ours))


def median_ms(act: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3


def start_and_end() -> None:
    process, agent = start()
    agent.close()
    process.wait()


def fork_and_exec(argv: Sequence[str]) -> None:
    os.waitpid(os.posix_spawn(argv[0], list(argv), ENV), 0)


def ignore(_: Output, data: bytes) -> None:
    del data


def report(name: str, figure: float, unit: str) -> None:
    print(f"{name:<52} {figure:8.2f} {unit}")


def measure_steps(agent: Agent, rounds: int) -> None:
    folder = tempfile.mkdtemp()
    script, *written = (f"{folder}/{name}" for name in ("script", "env", "output", "path", "summary"))
    for argv in (("/bin/true",), ("/bin/bash", "-c", ":")):
        report(f"bare fork and exec: {' '.join(argv)}", median_ms(partial(fork_and_exec, argv), rounds), "ms")
        run = partial(agent.run, Command(argv, ENV), ignore)
        report(f"round trip: {' '.join(argv)}", median_ms(run, rounds), "ms")
    step = Command(
        ("/bin/bash", "-e", script),
        ENV,
        files={script: b"echo hello\n", **dict.fromkeys(written, b"")},
        collect=tuple(written),
        discard=(script,),
        spares=folder,
    )
    report(
        "round trip: a step with a script and command files",
        median_ms(lambda: agent.run(step, ignore), rounds),
        "ms",
    )
    agent.remove(folder)


def measure_output(agent: Agent) -> None:
    sizes: list[int] = []
    began = time.perf_counter()
    command = Command(("head", "-c", str(SIZE_BYTES), "/dev/zero"), ENV)
    assert agent.run(command, lambda _, data: sizes.append(len(data))) == Exit(0)
    assert sum(sizes) == SIZE_BYTES
    report("100 MB of output", SIZE_BYTES / 1e6 / (time.perf_counter() - began), "MB/s")


def measure_tree(agent: Agent, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source")
        for number in range(count):
            path = source / f"{number % 100}/{number}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * 1000)
        began = time.perf_counter()
        agent.put_tree(source, None, f"{folder}/target")
        report(f"put_tree, {count} files of 1 kB", (time.perf_counter() - began) * 1e3, "ms")
        began = time.perf_counter()
        agent.get_tree(f"{folder}/target", Path(folder, "back"))
        report(f"get_tree, {count} files of 1 kB", (time.perf_counter() - began) * 1e3, "ms")
        assert sum(1 for path in Path(folder, "back").glob("*/*")) == count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--files", type=int, default=5000)
    options = parser.parse_args()
    report("start to hello to end", median_ms(start_and_end, 10), "ms")
    process, agent = start()
    measure_steps(agent, options.rounds)
    measure_output(agent)
    measure_tree(agent, options.files)
    agent.close()
    process.wait()


if __name__ == "__main__":
    main()
