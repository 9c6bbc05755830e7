"""Output under load: all of it, at speed, in flat memory, and nobody in anybody's way."""

import hashlib
import threading
import time
from pathlib import Path

from sqncshim.agent import Agent, Command, Exit, Output

PATH = {"PATH": "/usr/bin:/bin"}
SIZE = 100_000_000


def peak_kib(pid: int) -> int:
    """Return the most memory that the process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def test_a_hundred_megabytes_arrive_whole_and_in_flat_memory(started) -> None:
    before = peak_kib(started.agent.hello.pid)
    digest, sizes = hashlib.sha256(), []

    def on_output(_: Output, data: bytes) -> None:
        digest.update(data)
        sizes.append(len(data))

    script = f"yes 'a line of output, as a build writes many' | head -c {SIZE}"
    assert started.agent.run(Command(("sh", "-c", script), PATH), on_output) == Exit(0)
    line = b"a line of output, as a build writes many\n"
    assert digest.digest() == hashlib.sha256((line * (SIZE // len(line) + 1))[:SIZE]).digest()
    assert max(sizes) <= 64 * 1024
    assert peak_kib(started.agent.hello.pid) - before < 8 * 1024


def test_a_slow_reader_holds_up_its_own_process_and_no_other_nor_fills_memory(started) -> None:
    before = peak_kib(started.agent.hello.pid)
    release, flooding = threading.Event(), threading.Event()
    received = []

    def slow(_: Output, data: bytes) -> None:
        received.append(len(data))
        flooding.set()
        release.wait(60)

    flood = started.agent.start(Command(("head", "-c", str(SIZE), "/dev/zero"), PATH), slow)
    exits: list[Exit] = []
    thread = threading.Thread(target=lambda: exits.append(flood.wait()))
    thread.start()
    assert flooding.wait(10)
    began = time.monotonic()
    for _ in range(50):
        assert started.agent.run(Command(("/bin/true",)), slow) == Exit(0)
    assert time.monotonic() - began < 30
    assert not exits
    assert peak_kib(started.agent.hello.pid) - before < 8 * 1024
    release.set()
    thread.join(30)
    assert exits == [Exit(0)]
    assert sum(received) == SIZE


def test_output_that_waits_for_credit_at_the_exit_is_not_lost(agent: Agent) -> None:
    """The process has ended with full pipes and no credit left."""
    received = []

    def slow(_: Output, data: bytes) -> None:
        time.sleep(0.02)
        received.append(data)

    size = 1024 * 1024 + 60_000
    assert agent.run(Command(("head", "-c", str(size), "/dev/zero"), PATH), slow) == Exit(0)
    assert sum(map(len, received)) == size


def test_both_outputs_may_flood_at_once(agent: Agent) -> None:
    """One may use up the credit while the other is known to have something."""
    received = dict.fromkeys(Output, 0)

    def on_output(output: Output, data: bytes) -> None:
        received[output] += len(data)
        time.sleep(0.001)  # slower than they are

    script = (
        "head -c 100000 /dev/zero; head -c 8900000 /dev/zero & head -c 9000000 /dev/zero >&2 & wait; wait"
    )
    assert agent.run(Command(("sh", "-c", script), PATH), on_output) == Exit(0)
    assert received == dict.fromkeys(Output, 9_000_000)


def test_nothing_is_lost_where_output_and_end_come_together(agent: Agent) -> None:
    command = Command(("/bin/sh", "-c", "echo out; echo err >&2"))
    counts: list[int] = []

    def work() -> None:
        said: list[bytes] = []
        for _ in range(100):
            assert agent.run(command, lambda _, data: said.append(data)) == Exit(0)
        counts.append(len(b"".join(said)))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [800] * 6


def test_a_timeout_comes_while_nobody_reads(agent: Agent) -> None:
    began = time.monotonic()
    command = Command(("yes",), PATH, timeout_s=0.3)
    process = agent.start(command, lambda *_: None)
    time.sleep(1.0)
    ended = process.wait()
    assert (ended.timed_out, ended.signal) == (True, 2)
    assert time.monotonic() - began < 6


def test_both_directions_may_be_full_at_once(agent: Agent, tmp_path: Path) -> None:
    """A large upload while a process floods: who writes before reading would wait for ever."""
    (tmp_path / "source").mkdir()
    for number in range(50):
        (tmp_path / f"source/{number}").write_bytes(bytes(1_000_000))
    received: list[int] = []
    flood = agent.start(
        Command(("head", "-c", str(SIZE // 2), "/dev/zero"), PATH), lambda _, data: received.append(len(data))
    )
    thread = threading.Thread(target=flood.wait)
    thread.start()
    agent.put_tree(tmp_path / "source", None, f"{tmp_path}/target")
    agent.get_tree(f"{tmp_path}/target", tmp_path / "back")
    thread.join(60)
    assert sum(received) == SIZE // 2
    assert sum(path.stat().st_size for path in (tmp_path / "back").iterdir()) == 50_000_000
