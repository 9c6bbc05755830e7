"""One program on this machine, from its start to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqnc_resources.conform.executor import Call


class CannotStart(Exception):  # noqa: N818  (it is named for what happened)
    """The program cannot be started; the message says why."""


@dataclass(frozen=True, slots=True)
class Ended:
    """As in Outcome."""

    status: int | None
    stdout: bytes
    stderr: bytes
    duration_s: float


def follow(command: Sequence[str], call: Call, cwd: str) -> Ended:
    """Run *command* as *call* says; nothing that it started is left. Raise CannotStart."""
    user, group = map(int, call.user.split(":")) if call.user and os.geteuid() == 0 else (None, None)
    try:
        process = subprocess.Popen(
            command,
            env=dict(call.env),
            cwd=cwd,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise CannotStart(f"{command[0]}: {error.strerror}") from error
    with process:
        try:
            return _ended(process, call)
        finally:
            _kill(process)


def _ended(process: subprocess.Popen[bytes], call: Call) -> Ended:
    start = time.monotonic()
    request = call.request
    if call.stop_after_s is not None:
        _start_off(process, call, call.stop_after_s)
        start, request = time.monotonic(), None
        process.terminate()
        _release(process, call)
    left_s = call.timeout_s - (time.monotonic() - start)
    stdout, stderr, was_killed = _communicate(process, request, left_s)
    code = process.returncode
    status = None if was_killed else code if code >= 0 else 128 - code
    return Ended(status, stdout, stderr, time.monotonic() - start)


def _start_off(process: subprocess.Popen[bytes], call: Call, time_s: float) -> None:
    """Let it run for a while; without a request, its standard input is open and says nothing."""
    with suppress(subprocess.TimeoutExpired):
        if call.request is None:
            process.wait(time_s)
        else:
            process.communicate(call.request, time_s)


def _release(process: subprocess.Popen[bytes], call: Call) -> None:
    """Close standard input when the program itself has ended: what it started may be reading there."""
    if call.request is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(call.timeout_s)


def _communicate(
    process: subprocess.Popen[bytes], request: bytes | None, timeout_s: float
) -> tuple[bytes, bytes, bool]:
    try:
        return (*process.communicate(request, max(timeout_s, 0)), False)
    except subprocess.TimeoutExpired:
        _kill(process)
        return (*process.communicate(), True)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole session, also what the program left running."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
