"""The agent's event loop: frames in, frames out, children's outputs and ends, signals; one thread.

It waits in one place, for all of these together. Frames that the stream does not take at once are kept; the
credit that the engine gives bounds how many.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from collections import deque

import sqncshim
from sqncshim.agent import descendants, files, users
from sqncshim.agent.child import Child
from sqncshim.agent.guard import kill_all_below
from sqncshim.agent.protocol import (
    VERSION,
    FrameReader,
    Kind,
    ProtocolError,
    encoded,
    frame,
    number,
    pack_texts,
)
from sqncshim.agent.questions import answer
from sqncshim.agent.request import Request
from sqncshim.agent.spares import Spares
from sqncshim.agent.spawn import SpawnError
from sqncshim.agent.transfers import Download, Upload

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from sqncshim.agent.users import Identity

_READ_BYTES: Final = 64 * 1024  # more would cost each small read a mapping of memory
_LONGEST_WAIT_S: Final = 3600.0  # epoll counts milliseconds in 32 bits, so it refuses a wait of weeks
_STOP_GRACE_S: Final = 2.5


class Loop:
    """The agent: reads frames from *source* and writes them to *sink* until the engine is gone."""

    def __init__(self, source: int, sink: int, *, adopts: bool) -> None:
        """*adopts*: whether orphans become children of this process."""
        self._adopts = adopts
        self._spares: dict[tuple[str, str], Spares] = {}
        self._source = source
        self._sink = sink
        self._frames = FrameReader()
        self._pending: deque[memoryview] = deque()
        self._waits_for_room = False
        self._selector = selectors.DefaultSelector()
        self._requests: dict[int, Child | Upload | Download] = {}
        self._children: dict[int, Child] = {}
        self._running = True
        self._stop_at: float | None = None
        self._stopped_by = 0
        self.devnull = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)

    def serve(self) -> int:
        """Serve until the stream ends (0), or a signal has asked for the end (128 + its number)."""
        os.set_blocking(self._source, False)
        os.set_blocking(self._sink, False)
        self._listen_to_signals()
        self.watch_read(self._source, self._receive)
        try:
            self._say_hello()
            while self._running:
                for key, _ in self._selector.select(self._timeout_s()):
                    if self._selector.get_map().get(key.fd) is key:  # one before it may have closed it
                        key.data()
                self._meet_deadlines()
        except ProtocolError as error:
            self.send(Kind.FAULT, 0, f"the agent does not understand: {error}".encode("utf-8", "replace"))
            self._log(str(error))
            return 2
        finally:
            self._kill_all()
        return 128 + self._stopped_by if self._stopped_by else 0

    def send(self, kind: Kind, channel: int, payload: bytes = b"") -> None:
        """Send a frame, now or when there is room."""
        self._pending.append(memoryview(frame(kind, channel, payload)))
        if len(self._pending) == 1:
            self._flush()

    def refuse(self, channel: int, why: str) -> None:
        """Answer that the request of *channel* cannot be done."""
        self.send(Kind.REFUSED, channel, encoded(why))

    def watch_read(self, descriptor: int, act: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, act)

    def watch_write(self, descriptor: int, act: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_WRITE, act)

    def unwatch(self, descriptor: int) -> None:
        """Forget a descriptor; a second call is harmless."""
        try:
            self._selector.unregister(descriptor)
        except KeyError:
            return

    def discard(self, descriptor: int) -> None:
        """Read and throw away until every writer has closed its end; then close the descriptor."""

        def read() -> None:
            try:
                gone = not os.read(descriptor, _READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                gone = True
            if gone:
                self.unwatch(descriptor)
                os.close(descriptor)

        self.watch_read(descriptor, read)
        read()

    def spares(self, folder: str, user: str, owner: Identity | None) -> Spares:
        """Return the spare files in *folder* of *user*, who is *owner*."""
        key = (folder, user)
        if key not in self._spares:
            self._spares[key] = Spares(folder, owner)
        return self._spares[key]

    def is_alone(self) -> bool:
        """Say whether no process is left of all that were started here; False where nobody can know."""
        return self._adopts and not descendants.has_children()

    def forget(self, channel: int) -> None:
        """The channel's request is done."""
        del self._requests[channel]

    def other_families(self, child: Child) -> list[descendants.Family]:
        """Return the families of the processes that run beside *child*."""
        return [other.family for other in self._children.values() if other is not child]

    # what the engine sends

    def _receive(self) -> None:
        try:
            data = os.read(self._source, _READ_BYTES)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._running = False
        for kind, channel, payload in self._frames.feed(data):
            self._handle(kind, channel, payload)

    def _handle(self, kind: Kind, channel: int, payload: bytes) -> None:
        if kind in (Kind.RUN, Kind.PUT, Kind.GET, Kind.ASK):
            self._begin(kind, channel, payload)
            return
        request = self._requests.get(channel)
        if kind is Kind.CREDIT:
            if isinstance(request, Child | Download):
                request.give_credit(number(payload))
        elif kind is Kind.SIGNAL:
            if isinstance(request, Child):
                request.signal(_signal_number(payload))
        elif kind is Kind.END:
            if request is not None:
                request.end()
        elif kind is Kind.ENTRIES:
            if isinstance(request, Upload):
                request.take(payload)
        else:
            raise ProtocolError(f"{kind.name} is the agent's to say")

    def _begin(self, kind: Kind, channel: int, payload: bytes) -> None:
        if channel in self._requests:
            raise ProtocolError(f"channel {channel} is in use")
        try:
            if kind is Kind.RUN:
                child = Child(self, channel, Request(payload))
                self._requests[channel] = self._children[child.pid] = child
            elif kind is Kind.PUT:
                self._requests[channel] = Upload(self, channel, payload)
            elif kind is Kind.GET:
                self._requests[channel] = download = Download(self, channel, payload)
                download.give_credit(0)
            else:
                self.send(Kind.DONE, channel, answer(payload))
        except (SpawnError, users.UnknownUser, ValueError) as error:
            self.refuse(channel, str(error))
        except OSError as error:
            self.refuse(channel, files.describe(error))

    # what children and the system send

    def _listen_to_signals(self) -> None:
        """Handle each signal whose default effect is not wanted here; exec gives children the defaults."""
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for name in ("SIGCHLD", "SIGTERM", "SIGINT", "SIGHUP", "SIGPIPE", "SIGXFSZ"):
            signal.signal(getattr(signal, name), lambda *_: None)
        for other in signal.valid_signals():
            if signal.getsignal(other) is signal.SIG_IGN:
                signal.signal(other, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        self.watch_read(reader, lambda: self._notice(os.read(reader, 4096)))

    def _notice(self, signals: bytes) -> None:
        if signal.SIGCHLD in signals:
            self._reap()
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if one in signals and self._stop_at is None:
                self._stopped_by = one
                self._stop_at = time.monotonic() + _STOP_GRACE_S
                descendants.send({*self._children, *descendants.below_this()}, signal.SIGTERM)

    def _reap(self) -> None:
        """Reap all that have ended: the engine's processes, and orphans that became ours."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if child := self._children.pop(pid, None):
                child.exited(status)

    # time

    def _timeout_s(self) -> float | None:
        deadlines = [child.deadline for child in self._running_children() if child.deadline is not None]
        if self._stop_at is not None:
            deadlines.append(min(self._stop_at, time.monotonic() + 0.05))
        return min(max(0.0, min(deadlines) - time.monotonic()), _LONGEST_WAIT_S) if deadlines else None

    def _meet_deadlines(self) -> None:
        now = time.monotonic()
        for child in self._running_children():
            if child.deadline is not None and child.deadline <= now:
                child.due()
        if self._stop_at is not None and (now >= self._stop_at or self._is_idle()):
            self._running = False

    def _is_idle(self) -> bool:
        """Say whether all that was started has gone, and the engine been told."""
        return not self._running_children() and not self._pending and not descendants.below_this()

    def _running_children(self) -> list[Child]:
        return [request for request in self._requests.values() if isinstance(request, Child)]

    # output

    def _flush(self) -> None:
        """Write what is pending, as far as there is room; come back when there is more."""
        while self._pending:
            try:
                written = os.write(self._sink, self._pending[0])
            except BlockingIOError:
                if not self._waits_for_room:
                    self._waits_for_room = True
                    self.watch_write(self._sink, self._flush)
                return
            except OSError:  # nobody reads any more
                self._running = False
                self._pending.clear()
                break
            if written == len(self._pending[0]):
                self._pending.popleft()
            else:
                self._pending[0] = self._pending[0][written:]
        if self._waits_for_room:
            self._waits_for_room = False
            self.unwatch(self._sink)

    def _say_hello(self) -> None:
        uname = os.uname()
        root = os.path.dirname(os.path.dirname(os.path.abspath(sqncshim.__file__)))
        ids = [str(one) for one in (os.getpid(), os.geteuid(), os.getegid())]
        words = [str(VERSION), sqncshim.__version__, *ids, uname.sysname, uname.machine, sys.executable, root]
        self.send(Kind.HELLO, 0, pack_texts(words))

    def _log(self, message: str) -> None:
        print(f"sqncshim agent: {message}", file=sys.stderr, flush=True)  # noqa: T201 -- the container's log

    # the end

    def _kill_all(self) -> None:
        """Kill all that the agent started and all that came of it. For process 1 the kernel does it."""
        if os.getpid() == 1:
            return
        for pid in self._children:
            descendants.send_group(pid, signal.SIGKILL)
        kill_all_below()


def _signal_number(payload: bytes) -> int:
    if (found := number(payload)) not in signal.valid_signals():
        raise ProtocolError(f"{found} is no signal")
    return found
