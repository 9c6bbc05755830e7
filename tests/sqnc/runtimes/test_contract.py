"""What every runtime promises, and what the agent promises in each of them."""

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sqnc.runtimes import ContainerSpec, Image, ImageUnavailable, NotShareable, Pull, Runtime, RuntimeFailure
from sqnc.runtimes.memory import MemoryRuntime
from sqnc.runtimes.process import ProcessRuntime
from sqncshim.agent import Agent, AgentLost, Command, Exit, Output

BUSYBOX = "sqnc-test/busybox:1"
_PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}


@pytest.fixture(params=["memory", "process", pytest.param("docker", marks=pytest.mark.docker)])
def runtime(request: pytest.FixtureRequest, tmp_path: Path, run: str) -> Iterator[Runtime]:
    if request.param == "docker":
        yield request.getfixturevalue("docker_runtime")
        return
    runtime: Runtime = ProcessRuntime(tmp_path)
    if request.param == "memory":
        runtime = MemoryRuntime(tmp_path, images={BUSYBOX: Image("b")})
    yield runtime
    runtime.prune(run)
    runtime.close()


@pytest.fixture
def image(runtime: Runtime) -> Image:
    return runtime.image(BUSYBOX, pull=Pull.NEVER, progress=print)


@pytest.fixture
def spec(runtime: Runtime, run: str, image: Image) -> ContainerSpec:
    return ContainerSpec(run, image, network="none" if runtime.isolated else "")


@pytest.fixture
def agent(runtime: Runtime, spec: ContainerSpec) -> Iterator[Agent]:
    container = runtime.start(spec)
    with Agent(container.stream) as agent:
        yield agent
    container.remove()


class Run:
    """A command that was run to its end."""

    def __init__(self, agent: Agent, script: str, **more: Any) -> None:
        self.out = bytearray()
        self.err = bytearray()
        command = Command(("/bin/sh", "-c", script), env=_PATH, **more)
        self.exit: Exit = agent.run(command, self._take)

    def _take(self, output: Output, data: bytes) -> None:
        (self.out if output is Output.STDOUT else self.err).extend(data)


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 1", 1), ("exit 42", 42), ("kill -9 $$", 137), ("kill $$", 143)]
)
def test_a_steps_exit_status_comes_back(agent: Agent, script: str, code: int) -> None:
    assert Run(agent, script).exit.code == code


def test_standard_output_and_error_stay_apart(agent: Agent) -> None:
    run = Run(agent, "echo out; echo err >&2; echo more")
    assert bytes(run.out) == b"out\nmore\n"
    assert bytes(run.err) == b"err\n"


def test_100_mb_of_output_come_whole_and_in_flat_memory(runtime: Runtime, agent: Agent) -> None:
    line = b"0123456789abcdef" * 63 + b"0123456789abcde\n"
    expected = hashlib.sha256()
    for _ in range(100_000):
        expected.update(line)
    received, size, peak, before = hashlib.sha256(), 0, 0, _resident_bytes()

    def take(output: Output, data: bytes) -> None:
        nonlocal size, peak
        if size == 0:
            time.sleep(0.3)  # a reader that is late must not make anybody keep what it has not read
        if size // 10_000_000 != (size + len(data)) // 10_000_000:
            peak = max(peak, _resident_bytes())
        received.update(data)
        size += len(data)

    script = f"yes {line.decode().strip()} | head -n 100000"
    started = time.monotonic()
    assert agent.run(Command(("/bin/sh", "-c", script), env=_PATH), take).code == 0
    took = time.monotonic() - started - 0.3
    print(f"{runtime.name}: {size / 1e6 / took:.0f} MB/s")
    assert received.digest() == expected.digest()
    assert peak - before < 32_000_000
    assert _agent_peak_bytes(agent) < 64_000_000


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _agent_peak_bytes(agent: Agent) -> int:
    status = agent.get_file(f"/proc/{agent.hello.pid}/status")
    assert status is not None
    return next(int(line.split()[1]) * 1000 for line in status.splitlines() if line.startswith(b"VmHWM"))


def test_a_writer_ends_when_its_reader_does(agent: Agent) -> None:
    run = Run(agent, "yes | head -n 1", timeout_s=20.0)
    assert bytes(run.out) == b"y\n"
    assert not run.exit.timed_out


def test_a_command_may_fill_its_output_while_it_waits_for_input(agent: Agent) -> None:
    given = b"z" * 3_000_000
    run = Run(agent, "head -c 3000000 /dev/zero; cat", stdin=given, timeout_s=30.0)
    assert len(run.out) == 6_000_000
    assert bytes(run.out[3_000_000:]) == given


def test_a_background_process_outlives_its_step(agent: Agent) -> None:
    started = time.monotonic()
    run = Run(agent, "sleep 300 & echo $!")
    assert time.monotonic() - started < 30
    assert Run(agent, f"kill -0 {int(run.out)}").exit.code == 0


def test_a_timeout_ends_the_whole_tree_however_it_resists(agent: Agent) -> None:
    stubborn = "trap '' INT TERM HUP; echo \\$\\$; while :; do sleep 1; done"
    script = f'trap "" INT TERM; setsid sh -c "{stubborn}" & sh -c "{stubborn}"'
    # time enough, also on a busy machine, for both to be there
    run = Run(agent, script, timeout_s=2.0, interrupt_grace_s=0.2, terminate_grace_s=0.2)
    assert run.exit.timed_out
    pids = [int(word) for word in run.out.split()]
    assert len(pids) == 2
    for pid in pids:
        assert Run(agent, f"kill -0 {pid} 2>/dev/null").exit.code == 1


def test_a_step_that_kills_process_1_hits_nobody_or_is_told(runtime: Runtime, spec: ContainerSpec) -> None:
    container = runtime.start(spec)
    with Agent(container.stream) as agent:
        if runtime.isolated:
            assert Run(agent, "kill -9 1; echo still here").out == b"still here\n"
        else:  # there, process 1 is this machine's: the agent is what stands for it
            with pytest.raises(AgentLost):
                Run(agent, f"kill -9 {agent.hello.pid}; sleep 60")
            assert container.wait() == 137
    container.remove()


def test_orphans_are_reaped(agent: Agent) -> None:
    Run(agent, "for i in 1 2 3 4 5; do (sleep 0.1 &); done")
    deadline = time.monotonic() + 20
    while _children(agent):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _children(agent: Agent) -> list[bytes]:
    """The agent's children, zombies among them, without the one that asks."""
    table = Run(agent, "echo $$; cat /proc/[0-9]*/stat 2>/dev/null")
    asking, *lines = bytes(table.out).splitlines()
    found = []
    for line in lines:
        pid = line.split()[0]
        parent = line.rpartition(b")")[2].split()[1]
        if int(parent) == agent.hello.pid and pid != asking:
            found.append(line)
    return found


def test_containers_share_a_volume(runtime: Runtime, spec: ContainerSpec) -> None:
    volume = runtime.create_volume(spec.run, "/shared/place")
    mounted = ContainerSpec(spec.run, spec.image, volumes=(volume,), network=spec.network)
    first, second = runtime.start(mounted), runtime.start(mounted)
    with Agent(first.stream) as one, Agent(second.stream) as other:
        assert Run(one, f"echo hello > {volume.path}/file").exit.code == 0
        assert Run(other, f"cat {volume.path}/file").out == b"hello\n"
    first.remove()
    second.remove()


def test_a_new_volume_is_empty_and_each_is_its_own(runtime: Runtime, spec: ContainerSpec) -> None:
    one, two = (runtime.create_volume(spec.run, path) for path in ("/a", "/b"))
    mounted = ContainerSpec(spec.run, spec.image, volumes=(one, two), network=spec.network)
    container = runtime.start(mounted)
    with Agent(container.stream) as agent:
        assert Run(agent, f"ls -A {one.path} {one.path}; touch {one.path}/x; ls -A {two.path}").exit.code == 0
        assert Run(agent, f"ls -A {two.path}").out == b""
    container.remove()


def test_containers_are_started_by_several_threads_at_once(runtime: Runtime, spec: ContainerSpec) -> None:
    with ThreadPoolExecutor(4) as threads:
        containers = list(threads.map(lambda _: runtime.start(spec), range(4)))
        agents = list(threads.map(lambda container: Agent(container.stream), containers))
        said = list(threads.map(lambda agent: bytes(Run(agent, "echo here").out), agents))
    assert said == [b"here\n"] * 4
    for agent, container in zip(agents, containers, strict=True):
        agent.close()
        container.remove()


def test_the_agent_runs_as_process_1_or_here(runtime: Runtime, agent: Agent) -> None:
    assert agent.hello.uid == os.geteuid() or runtime.isolated
    if runtime.isolated:
        assert (agent.hello.pid, agent.hello.uid, agent.hello.gid) == (1, 0, 0)
        assert agent.hello.root.startswith(runtime.agent_root)


def test_a_closed_stream_ends_the_container(runtime: Runtime, spec: ContainerSpec) -> None:
    container = runtime.start(spec)
    agent = Agent(container.stream)
    Run(agent, "sleep 300 &")
    agent.close()
    assert container.wait() == 0
    container.remove()


def test_what_the_agent_says_of_its_own_end_is_kept(runtime: Runtime, spec: ContainerSpec) -> None:
    container = runtime.start(spec)
    container.stream.write(b"GET / HTTP/1.1\r\n\r\n")
    while container.stream.read(65536):
        pass
    assert container.wait() == 2
    assert b"sqncshim agent: " in container.logs()
    container.remove()


def test_remove_and_prune_may_be_repeated(runtime: Runtime, spec: ContainerSpec) -> None:
    container = runtime.start(spec)
    runtime.create_volume(spec.run, "/v")
    container.remove()
    container.remove()
    runtime.prune(spec.run)
    runtime.prune(spec.run)
    container.remove()


def test_prune_ends_what_still_runs_and_no_other_run(runtime: Runtime, spec: ContainerSpec) -> None:
    other = ContainerSpec(f"{spec.run}-other", spec.image, network=spec.network)
    ours, theirs = runtime.start(spec), runtime.start(other)
    with Agent(ours.stream) as agent, Agent(theirs.stream) as living:
        runtime.prune(spec.run)
        with pytest.raises(AgentLost):
            Run(agent, "sleep 60")
        assert Run(living, "echo alive").out == b"alive\n"
    ours.remove()
    theirs.remove()
    runtime.prune(other.run)


def test_an_image_that_is_not_there_is_unavailable(runtime: Runtime) -> None:
    if runtime.name == "process":
        assert runtime.image("any", pull=Pull.ALWAYS, progress=print) == Image("any")
        return
    with pytest.raises(ImageUnavailable, match="sqnc-test/none:1"):
        runtime.image("sqnc-test/none:1", pull=Pull.NEVER, progress=print)


def test_what_a_runtime_cannot_do_it_refuses(runtime: Runtime, run: str, tmp_path: Path) -> None:
    if runtime.name != "process":
        assert runtime.create_network(run)
        return
    with pytest.raises(RuntimeFailure, match="use --runtime docker"):
        runtime.create_network(run)
    with pytest.raises(RuntimeFailure, match=r"building .*/Dockerfile needs a container engine"):
        runtime.build(tmp_path, dockerfile="Dockerfile", tag="x", progress=print)


def test_a_tree_that_cannot_be_shown_says_so(
    runtime: Runtime, image: Image, run: str, tmp_path: Path
) -> None:
    tree = tmp_path / "a,b"
    tree.mkdir()
    with pytest.raises(NotShareable, match="a,b"):
        runtime.create_volume(run, "/w", lower=[tree])
