"""The engine's end of an agent: `Agent` and `Process`.

One thread reads the stream and sorts what comes into a queue for each request; it never waits for anybody.
`on_output` is called in the thread that waits for the process. So a slow one holds up its own process, whose
credit then runs out, and no other. Every method may be called from any thread.
"""

from __future__ import annotations

import itertools
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final

from sqncshim.agent.protocol import (
    WINDOW_BYTES,
    FrameReader,
    Kind,
    ProtocolError,
    frame,
    pack,
    pack_texts,
    text,
    unpack,
    unpack_texts,
)
from sqncshim.agent.trees import BATCH_BYTES, TreeWriter, read_tree
from sqncshim.agent.values import AgentFailure, AgentLost, Command, CommandRefused, Exit, Hello, Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from sqncshim.agent.values import Stream

_READ_BYTES: Final = 256 * 1024
_SHOWN_BYTES: Final = 2048
_OUTPUTS: Final = {Kind.STDOUT: Output.STDOUT, Kind.STDERR: Output.STDERR}


class Agent:
    """An agent at the other end of *stream*. Raises AgentLost where what is there is none.

    Every method raises AgentLost once the stream has ended, also those that wait at that moment.
    """

    def __init__(self, stream: Stream, *, timeout_s: float = 30.0) -> None:
        """Wait for the agent's hello, at most *timeout_s*."""
        self._stream = stream
        self._writing = threading.Lock()
        self._numbers = itertools.count(1)
        self._channels: dict[int, _Channel] = {}
        self._lost = ""
        self._began = b""
        self._greeted: SimpleQueue[Hello | None] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="agent", daemon=True)
        self._reader.start()
        self.hello = self._wait_for_hello(timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, command: Command, on_output: Callable[[Output, bytes], None]) -> Exit:
        """Run to the end; the process is ended where *on_output* raises. Raise CommandRefused."""
        return self.start(command, on_output).wait()

    def start(self, command: Command, on_output: Callable[[Output, bytes], None]) -> Process:
        """Start and return at once; output comes as `Process.wait` runs, and waits for it."""
        return Process(self._open(Kind.RUN, command.encode()), on_output)

    def put_file(self, path: str, data: bytes, *, mode: int = 0o644, user: str = "") -> None:
        """Write a file, replacing what is there; its folders are made. Raise AgentFailure."""
        folder, _, name = path.rpartition("/")
        kinds = itertools.chain([b"f"], itertools.repeat(b"+"))
        pieces = [data[at : at + BATCH_BYTES] for at in range(0, len(data), BATCH_BYTES)] or [b""]
        entries = (
            pack([kind, b"%d" % mode, name.encode("utf-8", "surrogateescape"), piece])
            for kind, piece in zip(kinds, pieces, strict=False)
        )
        self._put(entries, folder or "/", user)

    def get_file(self, path: str) -> bytes | None:
        """Return a file's content, None where there is none; raise AgentFailure, also above 64 MB."""
        return next(iter(unpack(self._ask("read", path))), None)

    def put_tree(self, source: Path, paths: Iterable[str] | None, target: str, *, user: str = "") -> None:
        """Copy *paths* below *source*, folders with all in them (None: everything), to the folder *target*.

        Modes, links and empty folders come along, times do not. *target* is made; files in the way are
        replaced, others stay. Raise AgentFailure, and OSError for what cannot be read here.
        """
        self._put(read_tree(str(source), paths), target, user)

    def get_tree(self, path: str, target: Path) -> None:
        """Copy the folder *path* to *target*, as `put_tree` does; nothing is written outside *target*.

        Raise AgentFailure, and OSError for what cannot be written here.
        """
        writer = TreeWriter(str(target), None)
        channel = self._open(Kind.GET, pack_texts([path]))
        with channel:
            for kind, payload in channel.frames():
                if kind is Kind.DONE:
                    break
                writer.write(payload)
        writer.close()

    def remove(self, *paths: str) -> None:
        """Remove files, links, and folders with all in them; what is not there is fine."""
        self._ask("remove", *paths)

    def make_dirs(self, *paths: str, mode: int = 0o755, user: str = "") -> None:
        """Make folders and those above them; they get *mode* and *user* also where they were there."""
        self._ask("make-folders", str(mode), user, *paths)

    def which(self, name: str, path: str) -> str | None:
        """Return the program that *name* runs with PATH=*path*, or None."""
        return self.which_of([name], path)[0]

    def which_of(self, names: Sequence[str], path: str) -> list[str | None]:
        """`which` for several names in one question."""
        return [found or None for found in unpack_texts(self._ask("which", path, *names))]

    def exists(self, path: str) -> bool:
        """Say whether *path* is there, if only as a link that leads nowhere."""
        return self.which_exist([path])[0]

    def which_exist(self, paths: Sequence[str]) -> list[bool]:
        """`exists` for several paths in one question."""
        return [bool(found) for found in unpack_texts(self._ask("exists", *paths))]

    def hash_files(self, root: str, patterns: Sequence[str]) -> str:
        """Return what `actions_compat.hashfiles.hash_files` finds there; raise AgentFailure."""
        script = f"{self.hello.root}/sqncshim/agent/hashing.py"
        outputs: dict[Output, bytearray] = {output: bytearray() for output in Output}
        ended = self.run(
            Command((self.hello.python, "-I", "-S", script, root, *patterns), timeout_s=120.0),
            lambda output, data: outputs[output].extend(data),
        )
        if ended.timed_out:
            raise AgentFailure(f"{root}: hashing files took longer than 120 s")
        if ended.code != 0:
            raise AgentFailure(text(bytes(outputs[Output.STDERR])).strip())
        return text(bytes(outputs[Output.STDOUT])).strip()

    def close(self) -> None:
        """End the stream: the agent kills all that it started, and exits. A second call is harmless."""
        self._lost = self._lost or "the agent was closed"
        self._stream.close()
        if threading.current_thread() is not self._reader:
            self._reader.join(timeout=5.0)

    def _put(self, batches: Iterable[bytes], target: str, user: str) -> None:
        with self._open(Kind.PUT, pack_texts([target, user])) as channel:
            for batch in batches:
                if channel.has_answer():
                    break
                channel.send(Kind.ENTRIES, batch)
            channel.send(Kind.ENTRIES)
            channel.answer()

    def _ask(self, question: str, *words: str) -> bytes:
        with self._open(Kind.ASK, pack_texts([question, *words])) as channel:
            return channel.answer()

    def _open(self, kind: Kind, payload: bytes) -> _Channel:
        channel = _Channel(self, next(self._numbers))
        self._channels[channel.number] = channel
        if self._lost:  # the reader may have looked before the line above
            raise AgentLost(self._lost)
        channel.send(kind, payload)
        return channel

    def _send(self, kind: Kind, channel: int, payload: bytes) -> None:
        data = frame(kind, channel, payload)
        try:
            with self._writing:
                self._stream.write(data)
        except OSError as error:
            self._reader.join(timeout=1.0)  # it may know why
            raise AgentLost(self._lost or f"the agent does not listen any more: {error}") from error

    def _forget(self, channel: int) -> None:
        self._channels.pop(channel, None)

    def _wait_for_hello(self, timeout_s: float) -> Hello:
        from queue import Empty  # noqa: PLC0415

        try:
            hello = self._greeted.get(timeout=timeout_s)
        except Empty:
            hello = None
            self._lost = f"the agent said no hello within {timeout_s:g} s{_shown(self._began)}"
        if hello is None:
            lost = self._lost
            self.close()
            raise AgentLost(lost)
        return hello

    def _read(self) -> None:
        """Read until the end; whoever waits then, and whoever comes later, learns of it."""
        frames = FrameReader()
        greeted = False
        why = "the agent ended: its stream was closed"
        try:
            while data := self._stream.read(_READ_BYTES):
                if not greeted:
                    self._began = (self._began + data)[:_SHOWN_BYTES]
                for kind, channel, payload in frames.feed(data):
                    greeted = greeted or self._greet(kind, payload)
                    if kind is Kind.FAULT:
                        why = text(payload)
                    elif (waiting := self._channels.get(channel)) is not None:
                        waiting.arrived.put((kind, payload))
        except (OSError, ProtocolError) as error:
            why = f"the agent's stream broke: {error}"
        finally:
            if not greeted:
                why = f"no agent answered: {why}{_shown(self._began)}"
            self._lost = self._lost or why
            self._greeted.put(None)
            for waiting in tuple(self._channels.values()):
                waiting.arrived.put(None)

    def _greet(self, kind: Kind, payload: bytes) -> bool:
        if kind is Kind.FAULT:
            return False
        if kind is not Kind.HELLO:
            raise ProtocolError(f"expected HELLO, got {kind.name}")
        self._greeted.put(Hello.decode(payload))
        return True


def _shown(began: bytes) -> str:
    return f"; it began with {began.decode('utf-8', 'replace')!r}" if began else ""


class _Channel:
    """One request at the engine's end: what has arrived for it, and credit for what was used."""

    def __init__(self, agent: Agent, number: int) -> None:
        self.number = number
        self.arrived: SimpleQueue[tuple[Kind, bytes] | None] = SimpleQueue()
        self._agent = agent
        self._used = 0
        self._done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()

    def send(self, kind: Kind, payload: bytes = b"") -> None:
        self._agent._send(kind, self.number, payload)  # noqa: SLF001

    def frames(self) -> Iterator[tuple[Kind, bytes]]:
        """Yield what arrives, EXIT or DONE last, giving credit for what is taken; raise AgentLost."""
        while True:
            arrived = self.arrived.get()
            if arrived is None:
                raise AgentLost(self._agent._lost)
            kind, payload = arrived
            if kind in (Kind.EXIT, Kind.DONE, Kind.REFUSED):
                self._done = True
                self._agent._forget(self.number)
            if kind is Kind.REFUSED:
                raise AgentFailure(text(payload))
            yield arrived
            self._used += len(payload)
            if self._used >= WINDOW_BYTES // 4 and not self._done:
                self.send(Kind.CREDIT, b"%d" % self._used)
                self._used = 0

    def answer(self) -> bytes:
        """Return the payload of DONE."""
        return next(payload for kind, payload in self.frames() if kind is Kind.DONE)

    def has_answer(self) -> bool:
        return not self.arrived.empty()

    def abandon(self) -> None:
        """Tell the agent that nobody waits any more; harmless when it is done."""
        if not self._done:
            self._done = True
            self._agent._forget(self.number)
            self.send(Kind.END)


class Process:
    """A process that was started. One thread waits; any may signal or end it."""

    def __init__(self, channel: _Channel, on_output: Callable[[Output, bytes], None]) -> None:
        self._channel = channel
        self._on_output = on_output
        self._exit: Exit | None = None

    def wait(self) -> Exit:
        """Hand on the output until the exit, and return that; again at once on a second call.

        Raise CommandRefused where it could not be started. What *on_output* raises ends the process.
        """
        if self._exit is None:
            self._exit = self._follow()
        return self._exit

    def signal(self, number: int) -> None:
        """Send a signal to the process and its group; nothing happens when it has ended."""
        self._channel.send(Kind.SIGNAL, b"%d" % number)

    def end(self) -> None:
        """Have it ended with all its descendants: INT, TERM, KILL, with the command's graces between.

        Returns at once; `wait` returns when they are gone. A second call is harmless.
        """
        self._channel.send(Kind.END)

    def _follow(self) -> Exit:
        with self._channel as channel:
            try:
                for kind, payload in channel.frames():
                    if kind is Kind.EXIT:
                        return Exit.decode(payload)
                    self._on_output(_OUTPUTS[kind], payload)
            except AgentFailure as error:
                raise CommandRefused(str(error)) from None
        raise AssertionError("frames end with EXIT")
