"""How processes, trees of them, and agents end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import sqncshim
from sqncshim.agent import Agent, AgentLost, Command, Exit, Output
from sqncshim.agent.protocol import Kind, frame

SERVER = Path(sqncshim.__file__).parent / "agent" / "server.py"
PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
STUBBORN = "trap '' INT TERM; echo $$; while :; do sleep 60; done"
TREE = f"""
trap '' INT TERM
setsid sh -c "{STUBBORN.replace("$", chr(92) + "$")}" &
setsid sh -c "setsid sh -c 'trap \\"\\" INT TERM; echo \\$\\$; exec sleep 60' & exit 0"
sleep 60 & echo $!
while :; do sleep 60; done
"""


class Watched:
    """A process whose output is read in a thread of its own."""

    def __init__(
        self, agent: Agent, script: str, *, env: Mapping[str, str] = PATH, **options: object
    ) -> None:
        self.lines: list[str] = []
        self._said = b""
        self._more = threading.Condition()
        self.process = agent.start(Command(("bash", "-c", script), env, **options), self._on_output)  # type: ignore[arg-type]  # its fields
        self.exits: list[Exit | AgentLost] = []
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()

    def _wait(self) -> None:
        try:
            self.exits.append(self.process.wait())
        except AgentLost as error:
            self.exits.append(error)

    def _on_output(self, _: Output, data: bytes) -> None:
        with self._more:
            self._said += data
            self.lines = [line for line in self._said.decode().split("\n")[:-1] if line.isdecimal()]
            self._more.notify_all()

    def pids(self, count: int) -> list[int]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.lines) >= count, 10), self.lines
            return [int(line) for line in self.lines]

    def exit(self, within_s: float = 10) -> Exit | AgentLost:
        self._thread.join(within_s)
        assert self.exits, "the process has not ended"
        return self.exits[0]


def gone(pids: list[int], lives: Callable[[int], bool], within_s: float = 10) -> bool:
    end = time.monotonic() + within_s
    while any(lives(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.01)
    return not any(lives(pid) for pid in pids)


def test_the_end_takes_the_whole_tree_whatever_it_ignores_and_wherever_it_went(agent: Agent, lives) -> None:
    watched = Watched(agent, TREE, interrupt_grace_s=0.2, terminate_grace_s=0.2)
    pids = watched.pids(3)
    assert all(lives(pid) for pid in pids)
    began = time.monotonic()
    watched.process.end()
    ended = watched.exit()
    assert isinstance(ended, Exit)
    assert (ended.code, ended.signal, ended.ended, ended.timed_out) == (137, 9, True, False)
    assert 0.35 < time.monotonic() - began < 5
    assert not any(lives(pid) for pid in pids)


def test_a_timeout_takes_the_whole_tree_too(agent: Agent, lives) -> None:
    # time enough, also on a busy machine, for all of the tree to be there
    watched = Watched(agent, TREE, timeout_s=2, interrupt_grace_s=0.1, terminate_grace_s=0.1)
    pids = watched.pids(3)
    ended = watched.exit()
    assert isinstance(ended, Exit)
    assert (ended.timed_out, ended.ended, ended.code) == (True, False, 137)
    assert not any(lives(pid) for pid in pids)


def test_int_comes_first_and_leaves_time_to_tidy_up(agent: Agent) -> None:
    watched = Watched(agent, "trap 'sleep 0.3; echo 2; exit 9' INT; echo 1; while :; do sleep 0.01; done")
    watched.pids(1)
    watched.process.end()
    watched.process.end()
    assert watched.exit() == Exit(9, ended=True)
    assert watched.lines == ["1", "2"]


def test_term_comes_after_the_grace_of_int(agent: Agent) -> None:
    script = "trap 'echo 2' INT; trap 'echo 3; exit 8' TERM; echo 1; while :; do sleep 0.01; done"
    watched = Watched(agent, script, interrupt_grace_s=0.3)
    watched.pids(1)
    began = time.monotonic()
    watched.process.end()
    assert watched.exit() == Exit(8, ended=True)
    assert time.monotonic() - began > 0.25
    assert watched.lines == ["1", "2", "3"]


def test_what_is_left_once_the_main_process_has_answered_int_is_killed_at_once(agent: Agent, lives) -> None:
    watched = Watched(agent, "setsid sleep 60 & echo $!; (trap '' INT; sleep 60) & echo $!; wait")
    pids = watched.pids(2)
    began = time.monotonic()
    watched.process.end()
    watched.exit()
    assert time.monotonic() - began < 5, "the grace of INT is longer"
    assert not any(lives(pid) for pid in pids)


def test_collected_files_come_back_from_a_process_that_was_ended(agent: Agent, tmp_path: Path) -> None:
    path = f"{tmp_path}/outputs"
    watched = Watched(agent, f"echo a=b > {path}; echo 1; sleep 60", collect=(path,))
    watched.pids(1)
    watched.process.end()
    ended = watched.exit()
    assert isinstance(ended, Exit)
    assert ended.files == {path: b"a=b\n"}
    assert ended.ended


@pytest.mark.parametrize("ended", [0, 1])
def test_processes_that_run_beside_it_are_left_alone(agent: Agent, lives, ended: int) -> None:
    script = "setsid sleep 60 & echo $!; (setsid sleep 61 & echo $!); (sleep 62 & echo $!); wait; sleep 60"
    grace = {"interrupt_grace_s": 0.1, "terminate_grace_s": 0.1}
    both = [Watched(agent, script, env={**PATH, "STEP": str(step)}, **grace) for step in range(2)]
    pids = [watched.pids(3) for watched in both]
    both[ended].process.end()
    both[ended].exit()
    assert not any(lives(pid) for pid in pids[ended])
    assert all(lives(pid) for pid in pids[1 - ended])
    assert not both[1 - ended].exits


def test_a_background_process_outlives_its_step_and_ends_with_the_agent(started, lives) -> None:
    first = Watched(started.agent, "(while sleep 0.01; do echo to nobody; echo and >&2; done) & echo $!")
    assert first.exit() == Exit(0)
    (pid,) = first.pids(1)[:1]
    second = Watched(started.agent, "echo 2; sleep 60", timeout_s=0.3)
    assert isinstance(second.exit(), Exit)
    assert lives(pid), "the end of another process must not end it, nor must a pipe that nobody reads"
    started.agent.close()
    assert started.process.wait(5) == 0
    assert gone([pid], lives)


def test_a_background_process_that_only_holds_the_pipes_does_not_hold_up_the_exit(agent: Agent) -> None:
    began = time.monotonic()
    watched = Watched(agent, "sleep 60 & seq 10000")
    assert watched.exit() == Exit(0)
    assert time.monotonic() - began < 5
    assert watched.lines[-1] == "10000"


def test_a_background_process_that_floods_the_pipes_does_not_hold_up_the_exit(agent: Agent) -> None:
    watched = Watched(agent, "yes 7 & sleep 0.1; exit 6")
    assert watched.exit() == Exit(6)
    assert agent.run(Command(("/bin/true",)), lambda *_: None) == Exit(0)


def test_orphans_are_reaped(started, lives) -> None:
    watched = Watched(started.agent, "for n in 1 2 3 4 5; do (setsid sh -c 'sleep 0.1 & :' &) ; done")
    assert watched.exit() == Exit(0)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and children(started.agent.hello.pid):
        time.sleep(0.02)
    assert children(started.agent.hello.pid) == []


def children(pid: int) -> list[int]:
    """Return the numbers of its children, zombies included."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("over", ["socket", "pipes"])
def test_the_engine_s_death_ends_the_agent_and_all_that_it_started(launch, lives, over: str) -> None:
    started = launch(over=over)
    watched = Watched(started.agent, TREE)
    pids = watched.pids(3)
    began = time.monotonic()
    started.agent.close()
    assert started.process.wait(5) == 0
    assert time.monotonic() - began < 2
    assert gone(pids, lives)
    assert isinstance(watched.exit(), AgentLost)


def test_an_engine_that_reads_no_more_is_an_engine_that_is_gone() -> None:
    """Its writing end is still open here: nothing but the broken pipe says so."""
    argv = [sys.executable, "-I", "-S", str(SERVER)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(frame(Kind.RUN, 1, Command(("yes",), PATH).encode()))
        process.stdin.flush()
        assert process.stdout.read(100_000)
        process.stdout.close()
        assert process.wait(5) == 0


def test_an_engine_killed_with_9_takes_its_agent_along(tmp_path: Path, lives) -> None:
    """The engine is a process of its own here, which gets no chance to say anything."""
    program = tmp_path / "engine.py"
    program.write_text(
        "import socket, subprocess, sys\n"
        "ours, theirs = socket.socketpair()\n"
        f"argv = [sys.executable, '-I', '-S', {str(SERVER)!r}]\n"
        "agent = subprocess.Popen(argv, stdin=theirs, stdout=theirs); theirs.close()\n"
        "from sqncshim.agent import Agent, Command\n"
        "class Stream:\n"
        "    def read(self, size): return ours.recv(size)\n"
        "    def write(self, data): ours.sendall(data)\n"
        "    def close(self): ours.close()\n"
        "print(agent.pid, flush=True)\n"
        "script = 'setsid sleep 60 & echo $!; wait'\n"
        "command = Command(('sh', '-c', script), {'PATH': '/bin:/usr/bin'})\n"
        "Agent(Stream()).run(command, lambda _, data: print(data.decode(), end='', flush=True))\n"
    )
    engine = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE)
    assert engine.stdout is not None
    pids = [int(engine.stdout.readline()) for _ in range(2)]
    assert all(lives(pid) for pid in pids)
    engine.kill()
    engine.wait()
    engine.stdout.close()
    assert gone(pids, lives)


def test_an_agent_that_is_killed_leaves_nobody_and_is_lost_to_all_that_wait(started, lives) -> None:
    """One of its own steps may do it, where the agent is not process 1."""
    watched = [Watched(started.agent, TREE) for _ in range(2)]
    pids = [pid for one in watched for pid in one.pids(3)]
    os.kill(started.agent.hello.pid, signal.SIGKILL)
    assert started.process.wait(5) == 137
    assert not any(lives(pid) for pid in pids)
    for one in watched:
        assert isinstance(one.exit(), AgentLost)
    with pytest.raises(AgentLost, match="the agent was lost: its stream ended"):
        started.agent.exists("/")


def test_an_agent_whose_guard_is_killed_ends_in_good_order(started, lives) -> None:
    watched = Watched(started.agent, "trap 'echo 2; exit 7' TERM; echo 1; while :; do sleep 0.01; done")
    watched.pids(1)
    started.process.kill()
    assert watched.exit() == Exit(7)
    assert watched.lines == ["1", "2"]
    assert gone([started.agent.hello.pid], lives)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_agent_in_good_order(started, lives, number: int) -> None:
    tidy = Watched(started.agent, "trap 'echo 2; exit 7' TERM; echo 1; while :; do sleep 0.01; done")
    stubborn = Watched(started.agent, "trap '' TERM; echo $$; while :; do sleep 0.01; done")
    tidy.pids(1)
    pids = stubborn.pids(1)
    began = time.monotonic()
    started.process.send_signal(number)
    assert tidy.exit() == Exit(7)
    assert tidy.lines == ["1", "2"]
    assert started.process.wait(10) == 128 + number
    assert 2 < time.monotonic() - began < 7
    assert gone(pids, lives)
    assert isinstance(stubborn.exit(), AgentLost)


def test_a_signal_ends_an_idle_agent_at_once(started) -> None:
    began = time.monotonic()
    started.process.terminate()
    assert started.process.wait(5) == 143
    assert time.monotonic() - began < 2, "the grace of those that run is longer"


def test_what_on_output_raises_ends_the_process(agent: Agent, lives, tmp_path: Path) -> None:
    pids: list[int] = []
    script = tmp_path / "script"

    def on_output(_: Output, data: bytes) -> None:
        pids.append(int(data))
        raise ValueError("enough")

    command = Command(
        ("sh", str(script)),
        PATH,
        files={str(script): b"echo $$; trap '' INT; sleep 0.2; yes >&2"},
        discard=(str(script),),
        interrupt_grace_s=1.0,
    )
    with pytest.raises(ValueError, match="enough"):
        agent.run(command, on_output)
    assert gone(pids, lives)
    end = time.monotonic() + 3
    while script.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert not script.exists(), "what it wrote and nobody read must not keep it from its end"


def test_a_closed_agent_says_so(started) -> None:
    started.agent.close()
    started.agent.close()
    with pytest.raises(AgentLost, match="the agent was closed"):
        started.agent.run(Command(("/bin/true",)), lambda *_: None)
