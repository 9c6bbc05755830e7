"""The stream to an agent, shared by all that goes on at once: `Connection`, and a `Channel` for each request.

One thread reads the stream and sorts what comes into a queue for each channel; it never waits for anybody,
because nobody is sent more than they gave credit for.
"""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from sqncshim.agent.protocol import WINDOW_BYTES, FrameReader, Kind, ProtocolError, frame, text
from sqncshim.agent.values import AgentFailure, AgentLost, Hello

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

    from sqncshim.agent.values import Stream

_READ_BYTES: Final = 64 * 1024  # more would cost each small read a mapping of memory
_SHOWN_BYTES: Final = 2048
_UNBOUNDED: Final = 1 << 40
_LAST: Final = (Kind.EXIT, Kind.DONE, Kind.REFUSED)


class Connection:
    """See the module's docstring. Every method may be called from any thread."""

    def __init__(self, stream: Stream) -> None:
        self.lost = ""
        self._stream = stream
        self._writing = threading.Lock()
        self._numbers = itertools.count(1)
        self._channels: dict[int, Channel] = {}
        self._began = b""
        self._greeting: SimpleQueue[Hello | None] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="agent", daemon=True)
        self._reader.start()

    def wait_for_hello(self, timeout_s: float) -> Hello:
        """Return what the agent says first; raise AgentLost, with what came instead."""
        try:
            hello = self._greeting.get(timeout=timeout_s)
        except Empty:
            hello = None
            self.lost = f"the agent said no hello within {timeout_s:g} s{self._instead()}"
        if hello is None:
            self.close()
            raise AgentLost(self.lost)
        return hello

    def open(self, kind: Kind, payload: bytes) -> Channel:
        """Begin a request; raise AgentLost, or AgentFailure where it is too long to be sent."""
        channel = Channel(self, next(self._numbers))
        self._channels[channel.number] = channel
        try:
            self._check()  # the reader may have told all channels before this one was there
            channel.send(kind, payload)
        except BaseException:
            self.forget(channel.number)
            raise
        return channel

    def _check(self) -> None:
        if self.lost:
            raise AgentLost(self.lost)

    def send(self, kind: Kind, channel: int, payload: bytes) -> None:
        try:
            data = frame(kind, channel, payload)
        except ValueError as error:
            raise AgentFailure(str(error)) from None
        try:
            with self._writing:
                self._stream.write(data)
        except OSError as error:
            self._reader.join(timeout=1.0)  # it may know why
            raise AgentLost(self.lost or f"the agent does not listen any more: {error}") from error
        except BaseException:
            self.close()  # half a frame may have gone out: what follows would not be understood
            raise

    def forget(self, channel: int) -> None:
        """Drop what else comes for it; a second call is harmless."""
        self._channels.pop(channel, None)

    def close(self) -> None:
        """End the stream, and with it the agent; a second call is harmless."""
        self.lost = self.lost or "the agent was closed"
        self._stream.close()
        if threading.current_thread() is not self._reader:
            self._reader.join(timeout=5.0)

    def _read(self) -> None:
        """Read until the end; who waits then, and who comes later, learns of it."""
        frames = FrameReader()
        why, greeted = "its stream ended", False
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
            why = str(error)
        finally:
            self.lost = self.lost or (
                f"the agent was lost: {why}" if greeted else f"no agent answered: {why}{self._instead()}"
            )
            self._greeting.put(None)
            for waiting in tuple(self._channels.values()):
                waiting.arrived.put(None)

    def _greet(self, kind: Kind, payload: bytes) -> bool:
        if kind is Kind.FAULT:
            return False
        if kind is not Kind.HELLO:
            raise ProtocolError(f"expected HELLO, got {kind.name}")
        self._greeting.put(Hello.decode(payload))
        return True

    def _instead(self) -> str:
        return f"; what came is {self._began.decode('utf-8', 'replace')!r}" if self._began else ""


class Channel:
    """One request: what has arrived for it, and credit for what was used of that."""

    def __init__(self, connection: Connection, number: int) -> None:
        self.number = number
        self.arrived: SimpleQueue[tuple[Kind, bytes] | None] = SimpleQueue()
        self._connection = connection
        self._used = 0
        self._done = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Tell the agent, where it has not answered yet, that nobody waits any more."""
        if not self._done:
            self._connection.forget(self.number)
            with suppress(AgentLost):
                self.send(Kind.END)
                self.send(Kind.CREDIT, b"%d" % _UNBOUNDED)  # what it still has to say must not wait
            self._done = True

    def send(self, kind: Kind, payload: bytes = b"") -> None:
        """Send a frame of this request; nothing happens once it has its answer. Raise AgentLost."""
        if not self._done:
            self._connection.send(kind, self.number, payload)

    def frames(self) -> Iterator[tuple[Kind, bytes]]:
        """Yield what arrives, EXIT or DONE last; credit for a frame is given when the next is asked for.

        Raise AgentFailure for REFUSED, and AgentLost.
        """
        while True:
            arrived = self.arrived.get()
            if arrived is None:
                raise AgentLost(self._connection.lost)
            kind, payload = arrived
            if kind in _LAST:
                self._done = True
                self._connection.forget(self.number)
            if kind is Kind.REFUSED:
                raise AgentFailure(text(payload))
            yield arrived
            if self._done:
                return
            self._give_credit(len(payload))

    def answer(self) -> bytes:
        """Return the payload of the last frame."""
        *_, (_, payload) = self.frames()
        return payload

    def has_answer(self) -> bool:
        return not self.arrived.empty()

    def _give_credit(self, size: int) -> None:
        self._used += size
        if self._used >= WINDOW_BYTES // 4:
            self.send(Kind.CREDIT, b"%d" % self._used)
            self._used = 0
