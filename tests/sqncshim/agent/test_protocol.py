"""Frames and fields, and what becomes of an end that does not speak them."""

import os
import re
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sqncshim
from sqncshim.agent import Agent, AgentLost, Command, Exit, Hello
from sqncshim.agent.protocol import (
    MAX_PAYLOAD_BYTES,
    VERSION,
    WINDOW_BYTES,
    FrameReader,
    Kind,
    ProtocolError,
    frame,
    pack,
    pack_pairs,
    pack_texts,
    unpack,
    unpack_pairs,
    unpack_texts,
)
from sqncshim.agent.request import Request

SERVER = Path(sqncshim.__file__).parent / "agent" / "server.py"
DOCUMENT = Path(__file__).parents[3] / "docs" / "agent.md"
frames = st.lists(
    st.tuples(st.sampled_from(Kind), st.integers(0, 2**32 - 1), st.binary(max_size=50)), max_size=8
)
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(frames, st.data())
def test_frames_survive_any_cut(sent: list[tuple[Kind, int, bytes]], data: st.DataObject) -> None:
    stream = b"".join(frame(*one) for one in sent)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10).map(sorted))
    reader = FrameReader()
    got = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += list(reader.feed(stream[start:end]))
    assert got == sent


@given(st.binary(max_size=200))
def test_noise_is_either_incomplete_or_refused(noise: bytes) -> None:
    read: list[tuple[Kind, int, bytes]] = []
    with suppress(ProtocolError):
        read.extend(FrameReader().feed(noise))
    assert noise.startswith(b"".join(frame(*one) for one in read))


@given(st.lists(st.binary(max_size=20)))
def test_fields_come_back(fields: list[bytes]) -> None:
    assert unpack(pack(fields)) == fields


@given(st.binary(max_size=60))
def test_fields_are_exact_or_refused(payload: bytes) -> None:
    try:
        fields = unpack(payload)
    except ProtocolError:
        return
    assert pack(fields) == payload


@pytest.mark.parametrize(
    "payload",
    [b"", b"\0\0", b"\xff\xff\xff\xff", pack([b"ab"])[:-1], pack([b"ab"]) + b"c", struct.pack(">II", 1, 9)],
)
def test_fields_that_do_not_fit_are_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError, match="fields whose lengths do not fit"):
        unpack(payload)


@given(st.dictionaries(names, st.binary(max_size=20)), st.lists(names))
def test_texts_and_pairs_come_back(pairs: dict[str, bytes], texts: list[str]) -> None:
    assert unpack_pairs(pack_pairs(pairs)) == pairs
    assert unpack_texts(pack_texts(texts)) == texts


@given(
    st.builds(
        Command,
        argv=st.lists(names, min_size=1).map(tuple),
        env=st.dictionaries(names.filter(lambda name: name and "=" not in name), names),
        cwd=names,
        user=names,
        files=st.dictionaries(names, st.binary(max_size=20)),
        collect=st.lists(names).map(tuple),
        discard=st.lists(names).map(tuple),
        spares=names,
        pty=st.booleans(),
        stdin=st.none() | st.binary(max_size=20),
        timeout_s=st.none() | st.integers(0, 10_000).map(float),
        interrupt_grace_s=st.integers(0, 100).map(float),
        terminate_grace_s=st.integers(0, 100).map(float),
    )
)
def test_the_agent_reads_every_command_as_the_engine_meant_it(command: Command) -> None:
    request = Request(command.encode())
    plan = request.plan
    env = {os.fsdecode(name): os.fsdecode(value) for name, value in plan.env.items()}
    assert (tuple(plan.argv), env, plan.cwd) == (command.argv, command.env, command.cwd)
    assert (request.user, request.spares) == (command.user, command.spares)
    assert (request.files, plan.pty, plan.stdin) == (command.files, command.pty, command.stdin)
    assert (tuple(request.collect), tuple(request.discard)) == (command.collect, command.discard)
    assert request.timeout_s == command.timeout_s
    assert request.graces_s == (command.interrupt_grace_s, command.terminate_grace_s)


def serve(stream: bytes) -> subprocess.CompletedProcess[bytes]:
    """Give an agent these bytes and no more."""
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SERVER)], input=stream, capture_output=True, timeout=20, check=False
    )


def kinds(stream: bytes) -> list[Kind]:
    return [kind for kind, _, _ in FrameReader().feed(stream)]


RUN = Command(("/bin/sleep", "60")).encode()


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "a frame of unknown kind 47"),
        (struct.pack(">IBI", 0, 99, 0), "a frame of unknown kind 99"),
        (struct.pack(">IBI", MAX_PAYLOAD_BYTES + 1, 1, 0), "a frame of 67108865 bytes; at most 67108864"),
        (frame(Kind.RUN, 1, b"rubbish"), "fields whose lengths do not fit"),
        (frame(Kind.RUN, 1, pack([b""])), "expected 9 fields, got 1"),
        (frame(Kind.EXIT, 1), "EXIT is the agent's to say"),
        (frame(Kind.ASK, 1, pack_texts(["who are you"])), "an unknown question 'who are you'"),
        (frame(Kind.ASK, 1, pack_texts([])), "an unknown question ''"),
        (frame(Kind.ASK, 1, pack_texts(["read"])), "read needs 1 words, got 0"),
        (frame(Kind.PUT, 1, pack_texts(["/tmp"])), "expected 2 fields, got 1"),
        (frame(Kind.RUN, 1, RUN) + frame(Kind.SIGNAL, 1, b"nine"), "expected a number, got b'nine'"),
        (frame(Kind.RUN, 1, RUN) + frame(Kind.SIGNAL, 1, b"4711"), "4711 is no signal"),
        (frame(Kind.RUN, 1, RUN) + frame(Kind.RUN, 1, RUN), "channel 1 is in use"),
    ],
)
def test_an_agent_that_is_not_understood_says_so_and_ends(stream: bytes, message: str) -> None:
    ended = serve(stream)
    assert ended.returncode == 2
    assert re.search(message, ended.stderr.decode()), ended.stderr
    assert b"Traceback" not in ended.stderr
    said = list(FrameReader().feed(ended.stdout))
    assert [kind for kind, _, _ in said] == [Kind.HELLO, Kind.FAULT]
    assert re.search(message, said[-1][2].decode())


@pytest.mark.parametrize(
    "stream", [b"", frame(Kind.RUN, 1, RUN)[:-1], frame(Kind.CREDIT, 7, b"1") + frame(Kind.END, 8)]
)
def test_an_end_in_mid_frame_and_requests_long_done_are_no_fault(stream: bytes) -> None:
    ended = serve(stream)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert kinds(ended.stdout) == [Kind.HELLO]


class Canned:
    """A stream that brings what it was given, and then ends or is silent."""

    def __init__(self, data: bytes, *, ends: bool = True) -> None:
        self._there, self._here = socket.socketpair()
        self._there.sendall(data)
        if ends:
            self._there.shutdown(socket.SHUT_WR)

    def read(self, size: int, /) -> bytes:
        try:
            return self._here.recv(size)
        except OSError:
            return b""

    def write(self, data: bytes, /) -> None:
        self._here.sendall(data)

    def close(self) -> None:
        with suppress(OSError):
            self._here.shutdown(socket.SHUT_RDWR)
        self._here.close()
        self._there.close()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"exec: no such file\n", r"no agent answered: .*what came is 'exec: no such file\\n'"),
        (b"", "no agent answered: its stream ended$"),
        (b"short", "no agent answered: its stream ended; what came is 'short'"),
        (frame(Kind.EXIT, 1), "expected HELLO, got EXIT"),
        (frame(Kind.HELLO, 0, pack_texts(["77", "0.1"])), "speaks version 77 of the protocol, this engine 2"),
        (frame(Kind.FAULT, 0, b"no memory"), "no agent answered: no memory"),
    ],
)
def test_what_is_no_agent_is_shown(data: bytes, message: str) -> None:
    with pytest.raises(AgentLost, match=message):
        Agent(Canned(data))


def test_an_agent_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with pytest.raises(AgentLost, match=r"the agent said no hello within 0\.1 s"):
        Agent(Canned(b"", ends=False), timeout_s=0.1)


def test_rubbish_after_the_hello_is_told_to_who_waits() -> None:
    hello = frame(Kind.HELLO, 0, pack_texts([str(VERSION), "0", "1", "2", "3", "Linux", "arm", "/p", "/r"]))
    agent = Agent(Canned(hello + b"rubbish rubbish"))
    assert agent.hello == Hello("0", 1, 2, 3, "Linux", "arm", "/p", "/r")
    with pytest.raises(AgentLost, match="the agent was lost: a frame of unknown kind 105"):
        agent.exists("/")
    agent.close()


def test_the_hello_says_who_is_there(started) -> None:
    hello = started.agent.hello
    assert f"PPid:\t{started.process.pid}\n" in Path(f"/proc/{hello.pid}/status").read_text(), "it is guarded"
    assert hello.version == sqncshim.__version__
    assert Path(hello.root) == Path(sqncshim.__file__).parents[1]
    assert started.agent.run(Command((hello.python, "-I", "-S", "-c", "")), lambda *_: None) == Exit(0)


def test_the_document_has_the_table_of_messages() -> None:
    rows = re.findall(r"^\| (\d+) \| `([A-Z]+)` \|", DOCUMENT.read_text(), re.MULTILINE)
    assert [(int(number), name) for number, name in rows] == [(kind.value, kind.name) for kind in Kind]


def test_the_document_has_the_protocol_s_numbers() -> None:
    text = DOCUMENT.read_text()
    assert f"version {VERSION} of the protocol" in text
    assert f"{MAX_PAYLOAD_BYTES // 1024 // 1024} MiB" in text
    assert f"{WINDOW_BYTES // 1024} KiB" in text
