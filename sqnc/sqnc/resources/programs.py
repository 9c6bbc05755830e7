"""One run of a resource type's program: its request, its answer, its log, its end."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen
from sqncshim.agent import AgentLost, Output

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqnc.resources.executors import Executor, Role
    from sqncshim.agent import Exit, Process

GRACE_S: Final = 10.0
"""Between SIGTERM and SIGKILL, as in Concourse."""
_ANSWER_BYTES: Final = 64 * 2**20
_NOT_RUN: Final = frozenset({126, 127})


class StepError(Exception):
    """The step ended without what was asked for."""


class StepFailed(StepError):  # noqa: N818  (its branches are named for what happened)
    """The type said no, or there is no such version: *failed*."""


class StepTimedOut(StepFailed):
    """It took longer than it may."""


class StepErrored(StepError):  # noqa: N818  (as above)
    """It cannot be run, or its answer is none: *errored*."""


class StepCanceled(StepError):  # noqa: N818  (as above)
    """Somebody ended it."""


@frozen
class Call:
    """One run. *folder* is where the program sees it, '' for check; *env* is added to the executor's own."""

    role: Role
    request: bytes
    folder: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float | None = None


@frozen
class Session:
    """What the runs of a step share.

    log: takes what a program writes to standard error, as it comes, unmasked. on_start: gets each program
    that was started; its `end` may be called from any thread. env: variables that come before all others.
    """

    log: Callable[[bytes], None]
    on_start: Callable[[Running], None] = lambda _: None
    env: Mapping[str, str] = field(default_factory=dict)

    def say(self, line: str) -> None:
        self.log(f"{line}\n".encode())


class Running:
    """A program that runs."""

    def __init__(self, process: Process) -> None:
        self.timed_out = False
        self.canceled = False
        self.is_over = False
        self._process = process
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def end(self) -> None:
        """Have it ended: SIGTERM, and what is left ten seconds later SIGKILL. Returns at once."""
        with self._lock:
            if self.canceled or self.timed_out:
                return
            self.canceled = True
        self._terminate()

    def wait(self, timeout_s: float | None) -> Exit:
        """Wait for its end, which it is sent to after *timeout_s*."""
        if timeout_s is not None:
            self._start_timer(timeout_s, self._time_out)
        try:
            return self._process.wait()
        finally:
            self.is_over = True
            with self._lock:
                if self._timer is not None:
                    self._timer.cancel()

    def _time_out(self) -> None:
        with self._lock:
            if self.canceled:
                return
            self.timed_out = True
        self._terminate()

    def _terminate(self) -> None:
        with suppress(AgentLost):
            self._process.signal(signal.SIGTERM)
        self._start_timer(GRACE_S, self._kill)

    def _kill(self) -> None:
        with suppress(AgentLost):
            self._process.end()

    def _start_timer(self, seconds: float, function: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, function)
        timer.daemon = True
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = timer
        timer.start()


_REMEDIES: Final = {
    "Permission denied": "make it executable, with `chmod +x`",
    "Exec format error": "let it begin with a line that says what runs it, such as `#!/bin/sh`",
    "No such file": "it must be there, and so must be what its first line says runs it",
}
"""What to do about a program that cannot be started."""


def run_program(executor: Executor, call: Call, session: Session) -> bytes:
    """Run it to the end and return its standard output; raise StepError, AgentError, RuntimeFailure."""
    command = executor.command(call.role, call.folder)
    command = replace(
        command,
        env={**command.env, **call.env, **session.env},
        stdin=call.request,
        interrupt_grace_s=0,  # it had SIGTERM and its time already
        terminate_grace_s=0,
    )
    answer = bytearray()

    def write(output: Output, data: bytes) -> None:
        if output is Output.STDERR:
            session.log(data)
            return
        answer.extend(data)
        if len(answer) > _ANSWER_BYTES:
            raise StepErrored(f"{call.role.value}: its answer is longer than {_ANSWER_BYTES >> 20} MiB")

    running = Running(executor.agent.start(command, write))
    session.on_start(running)
    ended = running.wait(call.timeout_s)
    if running.timed_out:
        raise StepTimedOut("timeout exceeded")
    if running.canceled:
        raise StepCanceled(f"{call.role.value} was canceled")
    if ended.code in _NOT_RUN and ended.error:
        remedy = next((f": {text}" for why, text in _REMEDIES.items() if why in ended.error), "")
        raise StepErrored(f"{call.role.value} cannot be run: {ended.error}{remedy}")
    if ended.code:
        raise StepFailed(f"{call.role.value} failed: exit status {ended.code}")
    return bytes(answer)
