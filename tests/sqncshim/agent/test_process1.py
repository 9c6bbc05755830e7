"""The agent as process 1: of a process namespace here, as of a container elsewhere."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sqncshim.agent import Agent, Command, Exit

PATH = {"PATH": "/usr/bin:/bin"}
UNSHARE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def unsharing() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(
    not unsharing(), reason="needs unshare, and the right to make a process namespace (root)"
)


@pytest.fixture
def first(launch) -> Agent:
    agent: Agent = launch(*UNSHARE).agent
    assert agent.hello.pid == 1
    return agent


def run(agent: Agent, script: str, **options: object) -> tuple[Exit, str]:
    said: list[bytes] = []
    command = Command(("sh", "-c", script), PATH, **options)  # type: ignore[arg-type]  # its fields
    return agent.run(command, lambda _, data: said.append(data)), b"".join(said).decode()


def test_kill_9_of_process_1_in_a_step_is_harmless(first: Agent) -> None:
    assert run(first, "kill -9 1; sleep 0.1; echo well") == (Exit(0), "well\n")
    assert run(first, "kill -9 -1; echo not reached")[0] == Exit(0)


def test_process_1_reaps_orphans(first: Agent) -> None:
    run(first, "for n in 1 2 3 4 5; do (setsid sh -c 'sleep 0.05 & :' &) ; done")
    # the one that asks and its `ps`, and nobody else, be it a zombie
    assert comes(lambda: run(first, "ps -e -o pid= | wc -l") == (Exit(0), "4\n"))


def test_process_1_ends_trees_too(first: Agent) -> None:
    below = "setsid sh -c 'trap \"\" INT TERM; (setsid sleep 60 &); sleep 60' &"
    script = f"trap '' INT TERM; {below} sleep 60; sleep 60"
    # time enough, also on a busy machine, to set the traps
    ended, _ = run(first, script, timeout_s=1, interrupt_grace_s=0.1, terminate_grace_s=0.1)
    assert (ended.timed_out, ended.signal) == (True, 9)
    assert run(first, "ps -e -o comm= | grep -c sleep") == (Exit(1), "0\n")


def test_the_namespace_goes_with_its_process_1(launch, lives) -> None:
    started = launch(*UNSHARE)
    seconds = f"61.{time.time_ns()}"  # no other process of this machine has it
    run(started.agent, f"setsid sleep {seconds} >/dev/null 2>&1 &")
    assert comes(lambda: holds(seconds))
    started.agent.close()
    assert started.process.wait(5) == 0
    assert comes(lambda: not holds(seconds))


def comes(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


def holds(argument: str) -> bool:
    """Say whether any process of this machine has such an argument."""
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and argument.encode() in (folder / "cmdline").read_bytes().split(
                b"\0"
            ):
                return True
        except OSError:
            continue
    return False


def test_term_ends_process_1(launch) -> None:
    started = launch(*UNSHARE)
    run(started.agent, "kill -TERM 1; sleep 5")
    assert started.process.wait(10) == 128 + 15
    assert os.getpid() != 1
