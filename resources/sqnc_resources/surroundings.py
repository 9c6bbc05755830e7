"""What a resource type may rely on wherever it runs: PATH, a HOME to write to, and an end in time.

Engines start `check`, `in` and `out` with no PATH, with a HOME that cannot be written to, and end them with
SIGTERM and, ten seconds later, SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Final, Self

from sqnc_resources.streams import say, write_all

if TYPE_CHECKING:
    from types import FrameType

TERMINATED: Final = 128 + signal.SIGTERM
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_GRACE_S: Final = 2.0
"""How long processes that the type started may take to end."""
_LIMIT_S: Final = 6.0
"""How long after SIGTERM the type's own clean-up may take; an engine waits ten."""


class Surroundings:
    """Prepares the process for the type's code, and leaves nothing of it behind."""

    def __init__(self) -> None:
        self._home: str | None = None

    def __enter__(self) -> Self:
        signal.signal(signal.SIGTERM, _terminate)
        os.environ.setdefault("PATH", _PATH)
        if not _writable(os.environ.get("HOME")):
            self._home = _temporary_home()
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end_children()
        if self._home is not None:
            _remove(self._home)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)  # threads that do not end may be what is left

    def write_last(self, answer: int, data: bytes) -> None:
        """Write the answer, whole: from now on SIGTERM changes nothing."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        write_all(answer, data)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """Unwind the type's code, and see to it that this takes no longer than it may."""
    from threading import Timer  # noqa: PLC0415  (only an end needs it)

    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    limit = Timer(_LIMIT_S, _give_up)
    limit.daemon = True
    limit.start()
    say("error: ended by SIGTERM")
    raise SystemExit(TERMINATED)


def _give_up() -> None:
    _end_children()
    os._exit(TERMINATED)


def _end_children() -> None:
    """End what the type left running: SIGTERM, then SIGKILL. Without /proc nothing is known of it."""
    if not _has_children():
        return
    _adopt_orphans()
    for number in (signal.SIGTERM, signal.SIGKILL):
        told: set[int] = set()
        deadline = time.monotonic() + _GRACE_S
        while left := _descendants():
            if time.monotonic() > deadline:
                break
            for process in left:
                if process not in told:  # also who was born meanwhile
                    _signal(process, number)
            told.update(left)
            time.sleep(0.01)
            _reap()
        else:
            return


def _adopt_orphans() -> None:
    """Keep below this process what is born while its parent ends."""
    from sqncshim.agent.descendants import adopt_orphans  # noqa: PLC0415  (the standard library alone, and little)

    try:
        adopt_orphans()
    except (OSError, ImportError):
        return


def _descendants() -> list[int]:
    """All that descends from this process, the oldest first: a shell whose command ends before it goes on."""
    from sqncshim.agent.descendants import below, table  # noqa: PLC0415  (the standard library alone, and little)

    processes, this = table(), os.getpid()
    return sorted(below([this], processes) - {this}, key=lambda pid: processes[pid].born)


def _has_children() -> bool:
    """Whether this process has any child: the kernel knows, and reads no process table for it."""
    if sys.platform != "linux":
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _signal(process: int, number: int) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _writable(folder: str | None) -> bool:
    """Whether something can be made in *folder*; its mode alone does not tell, above all to root."""
    if not folder:
        return False
    probe = f"{folder}/.sqnc-{os.urandom(8).hex()}"
    try:
        os.mkdir(probe)
    except OSError:
        return False
    os.rmdir(probe)
    return True


def _temporary_home() -> str | None:
    """Make a folder for HOME where that is possible; None on a system that is read-only throughout."""
    for parent in (os.environ.get("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108  (a name of our own in it)
        home = f"{parent}/sqnc-home-{os.urandom(8).hex()}"
        try:
            os.mkdir(home, 0o700)
        except OSError:
            continue
        os.environ["HOME"] = home
        return home
    return None


def _remove(folder: str) -> None:
    try:
        os.rmdir(folder)
    except OSError:
        from shutil import rmtree  # noqa: PLC0415  (only where something was written)

        rmtree(folder, ignore_errors=True)
