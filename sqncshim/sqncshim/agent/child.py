"""One process that the engine asked for, from its start to its exit.

Its output is read as far as the engine has given credit. Without credit its pipes fill and it waits, and no
other process is held up. It counts as ended when its main process has: what its pipes hold then is read, a
pipe's capacity at most, and the exit is sent. What background processes still write to them is discarded.
"""

from __future__ import annotations

import errno
import os
import signal
import time
from functools import partial

from sqncshim.agent import files, users
from sqncshim.agent.descendants import Family
from sqncshim.agent.protocol import (
    MAX_PAYLOAD_BYTES,
    WINDOW_BYTES,
    Kind,
    encoded,
    pack,
    pack_pairs,
)
from sqncshim.agent.spawn import Pipes, Plan, SpawnError, failure, spawn

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from typing import Final

    from sqncshim.agent.loop import Loop
    from sqncshim.agent.request import Request

READ_BYTES: Final = 64 * 1024
_PIPE_BYTES: Final = 64 * 1024  # what a pipe holds, on Linux and macOS
_KILL_AGAIN_S: Final = 0.01
_KILL_GIVES_UP_S: Final = 5.0
_TERMINAL_QUIET_S: Final = 0.05
_END_OF_INPUT: Final = b"\4"
_COLLECT_BYTES: Final = MAX_PAYLOAD_BYTES - 1024 * 1024  # leaves room for the exit's other fields


class _Source:
    """One of the outputs; *left* is how much of it may still be read once the process has ended."""

    __slots__ = ("descriptor", "kind", "left")

    def __init__(self, descriptor: int, kind: Kind) -> None:
        self.descriptor = descriptor
        self.kind = kind
        self.left = -1


class Child:
    """See the module's docstring. The loop calls `readable`, `due`, `exited`; the engine the others."""

    def __init__(self, loop: Loop, channel: int, request: Request) -> None:
        """Start the process; raise SpawnError, UnknownUser or OSError where that cannot be."""
        self._loop = loop
        self._channel = channel
        self._request = request
        self._window = WINDOW_BYTES
        self._status: int | None = None
        self._how = ""
        self._error = ""
        self._stages: list[tuple[int, float]] = []
        self._kill_since = 0.0
        self._gone = True  # nothing is left to be killed
        self._family: Family | None = None
        self.deadline: float | None = None
        self.pid, self._pipes = self._start()
        self._sources = [_Source(self._pipes.stdout, Kind.STDOUT)]
        if self._pipes.stderr >= 0:
            self._sources.append(_Source(self._pipes.stderr, Kind.STDERR))
        self._watching = False
        self._watch()
        self._typed = memoryview(_typed(request.plan))
        if request.plan.stdin is not None:
            self._loop.watch_write(self._pipes.stdin, self._writable)
        if request.timeout_s is not None:
            self.deadline = time.monotonic() + request.timeout_s

    def _start(self) -> tuple[int, Pipes]:
        request, plan = self._request, self._request.plan
        identity = users.resolve(request.user) if request.user else None
        if b"HOME" not in plan.env and (home := identity.home if identity else users.home_of(os.geteuid())):
            plan.env[b"HOME"] = encoded(home)
        if identity is not None and os.geteuid() != 0:
            if not users.is_own(identity):
                raise SpawnError(f"user {request.user}: the agent runs as {os.geteuid()} and cannot change")
            identity = None
        plan.identity = identity
        self._spares = self._loop.spares(request.spares, request.user, identity)
        try:
            for path, content in request.files.items():
                self._spares.write(path, content)
            return spawn(plan, self._loop.devnull)
        except (OSError, SpawnError):
            self._remove_files()
            raise

    @property
    def family(self) -> Family:
        """The process with its descendants; the first access has to come while the process lives."""
        if self._family is None:
            env = self._request.plan.env
            self._family = Family(self.pid, [b"%s=%s" % pair for pair in env.items()])
        return self._family

    def readable(self, source: _Source) -> None:
        """Read once and pass it on."""
        size = min(READ_BYTES, self._window)
        if source.left >= 0:
            size = min(size, source.left)
        try:
            data = os.read(source.descriptor, size)
        except BlockingIOError:
            if source.left >= 0 and not self._request.plan.pty:
                source.left = 0
            return
        except OSError:  # a terminal that nobody holds any more
            data = b""
        if not data:
            self._close(source)
            return
        self._loop.send(source.kind, self._channel, data)
        self._window -= len(data)
        if source.left > 0:
            source.left -= len(data)
        if self._window <= 0:
            self._unwatch()

    def give_credit(self, size: int) -> None:
        self._window += size
        if self._window > 0:
            if self._status is None:
                self._watch()
            else:
                self._drain()

    def signal(self, number: int) -> None:
        """Send it to the main process's group."""
        if self._status is None:
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):
                return

    def end(self, how: str = "ended") -> None:
        """Begin to end it and its descendants; a second call is harmless."""
        if self._how or self._status is not None:
            return
        self._how = how
        self._gone = False
        interrupt_s, terminate_s = self._request.graces_s
        self._stages = [(signal.SIGTERM, terminate_s), (signal.SIGINT, interrupt_s)]
        self.due()

    def due(self) -> None:
        """Do what *deadline* was set for."""
        self.deadline = None
        if self._status is not None and self._gone:
            if self._window > 0:
                self._drop_sources()  # the terminal has been quiet
                self._settle()
        elif not self._how:
            self.end("timeout")
        elif self._stages:
            number, grace_s = self._stages.pop()
            self.family.signal(number, self._loop.other_families(self))
            self.deadline = time.monotonic() + grace_s
        else:
            self._kill()

    def _kill(self) -> None:
        """Kill all that live, until none do: who is killed may just have had a child."""
        now = time.monotonic()
        self._kill_since = self._kill_since or now
        lived = self.family.signal(signal.SIGKILL, self._loop.other_families(self))
        if not lived and self._status is not None:
            self._gone = True
        elif now - self._kill_since > _KILL_GIVES_UP_S and self._status is not None:
            self._gone = True
            self._error = "some of its processes could not be killed"
        else:
            self.deadline = now + _KILL_AGAIN_S
        if self._gone:
            self._drain()

    def exited(self, status: int) -> None:
        """Take the main process's wait status: it has been reaped."""
        self._status = status
        self.deadline = None
        if self._pipes.stdin >= 0:
            self._close_stdin()
        for source in self._sources:
            source.left = _PIPE_BYTES
        if self._how:
            self._stages.clear()
            self._kill()
        else:
            self._drain()

    def _drain(self) -> None:
        """Read what was written before the end, as far as there is credit; then settle."""
        for source in tuple(self._sources):
            while source in self._sources and source.left > 0 and self._window > 0:
                before = source.left
                self.readable(source)
                if source.left == before:  # a terminal may have more in a moment
                    self.deadline = time.monotonic() + _TERMINAL_QUIET_S
                    break
            if source.left == 0:
                self._drop(source)
        self._settle()

    def _settle(self) -> None:
        if self._status is not None and self._gone and not self._sources:
            self._finish(self._status)

    def _finish(self, status: int) -> None:
        error, refused = failure(self._request.plan, self._pipes.failure)
        os.close(self._pipes.failure)
        collected = {} if refused else self._collect()
        self._remove_files()
        self._loop.forget(self._channel)
        if refused:
            self._loop.refuse(self._channel, error)
            return
        if error:
            self._loop.send(Kind.STDERR, self._channel, encoded(f"{error}\n"))
        killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        code = 128 + killed if killed else os.WEXITSTATUS(status)
        told = (str(code), str(killed), self._how, error or self._error)
        self._loop.send(Kind.EXIT, self._channel, pack([*map(encoded, told), pack_pairs(collected)]))

    def _collect(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        left = _COLLECT_BYTES
        for path in self._request.collect:
            try:
                content = b"" if self._spares.is_empty(path) else files.read(path, left)
            except OSError as error:
                self._error = f"{path}: {error.strerror}"
                continue
            if content is not None:
                found[path] = content
                left -= len(content) + len(path) + 64
        return found

    def _remove_files(self) -> None:
        # who is left may have one open, and write to it when it is another's
        keeps = bool(self._request.spares) and self._loop.is_alone()
        for path in (*self._request.collect, *self._request.discard):
            try:
                if not (keeps and self._spares.keep(path)):
                    self._spares.forget(path)
                    files.remove(path)
            except OSError as error:
                self._error = f"{path}: {error.strerror}"

    def _writable(self) -> None:
        try:
            self._typed = (
                self._typed[os.write(self._pipes.stdin, self._typed) :] if self._typed else self._typed
            )
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):
                raise
            self._typed = memoryview(b"")  # it does not want the rest
        if not self._typed:
            self._close_stdin()

    def _close_stdin(self) -> None:
        self._loop.unwatch(self._pipes.stdin)
        os.close(self._pipes.stdin)
        self._pipes.stdin = -1

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            for source in self._sources:
                self._loop.watch_read(source.descriptor, partial(self.readable, source))

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            for source in self._sources:
                self._loop.unwatch(source.descriptor)

    def _close(self, source: _Source) -> None:
        self._loop.unwatch(source.descriptor)
        os.close(source.descriptor)
        self._sources.remove(source)

    def _drop(self, source: _Source) -> None:
        """Stop reading it here: the loop reads on and discards what other holders of the pipe still write."""
        self._loop.unwatch(source.descriptor)
        self._sources.remove(source)
        self._loop.discard(source.descriptor)

    def _drop_sources(self) -> None:
        for source in tuple(self._sources):
            self._drop(source)


def _typed(plan: Plan) -> bytes:
    """Return what is written to its input; a terminal ends with a character, in mid-line with two."""
    if not plan.pty or plan.stdin is None:
        return plan.stdin or b""
    ends_line = not plan.stdin or plan.stdin.endswith(b"\n")
    return plan.stdin + (_END_OF_INPUT if ends_line else _END_OF_INPUT * 2)
