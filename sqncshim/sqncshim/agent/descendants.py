"""The process table, and all else that differs between Linux and other systems.

Elsewhere there is no /proc and no subreaper: there a tree is its process group, and no more.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Final

LINUX: Final = sys.platform == "linux"
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_CHILD_SUBREAPER: Final = 36


def adopt_orphans() -> None:
    """Make this process the parent of every orphan below it, as process 1 is already.

    Raise OSError, or ImportError from an interpreter without ctypes.
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_with_parent(parent: int) -> None:
    """Have SIGTERM sent to this process when *parent* ends, which may be now; raise as `adopt_orphans`."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    import ctypes  # noqa: PLC0415 -- 3 ms, and process 1 needs none of it

    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


class Process:
    """A line of the process table; *born* sorts processes by age: clock ticks since the boot, then number."""

    __slots__ = ("born", "lives", "parent", "pid", "session")

    def __init__(self, pid: int, columns: list[bytes]) -> None:
        """Take what proc(5) says stands after the name."""
        self.pid = pid
        self.lives = columns[0] not in (b"Z", b"X")
        self.parent = int(columns[1])
        self.session = int(columns[3])
        self.born = (int(columns[19]), pid)


def table() -> dict[int, Process]:
    """Return the processes that live, by number; zombies do not."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdecimal() and (process := read(int(name))) and process.lives:
            found[process.pid] = process
    return found


def read(pid: int) -> Process | None:
    """Read one process, which may be a zombie; None where it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            line = file.read()
    except OSError:
        return None
    return Process(pid, line[line.rindex(b")") + 2 :].split())  # the name, in parentheses, may hold anything


def below(roots: Iterable[int], processes: dict[int, Process]) -> set[int]:
    """Return those of *roots* that live, and all that descends from any of them."""
    children: dict[int, list[int]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    left = list(roots)
    while left:
        pid = left.pop()
        if pid not in found:
            found.add(pid)
            left += children.get(pid, ())
    return {pid for pid in found if pid in processes}


def below_this() -> set[int]:
    """Return all that descends from this process; nothing where there is no /proc."""
    return below([os.getpid()], table()) - {os.getpid()} if LINUX else set()


def has_children() -> bool:
    """Whether this process has any, be it one that has ended and was not reaped."""
    if sys.platform == "darwin":  # it cannot look without reaping
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


class Family:
    """A process that the agent started, with what descends from it, also where a parent in between has gone.

    Such an orphan becomes the agent's own child. Its session tells which process it belongs to. Where it has
    left that, it belongs to the process that ran when it was born; where several ran then, to the one that it
    shares most environment variables with. One that shares as many with two is left until the agent ends.
    """

    __slots__ = ("born", "env", "main")

    def __init__(self, main: int, env: Iterable[bytes]) -> None:
        self.main = main
        self.env = frozenset(env)
        process = read(main) if LINUX else None
        self.born = process.born if process else (0, 0)

    def signal(self, number: int, others: Collection[Family]) -> bool:
        """Send *number* to all members that live, and say whether there were any."""
        if not LINUX:
            return send_group(self.main, number)
        living = self.living(others)
        send(living, number)
        return bool(living)

    def living(self, others: Collection[Family]) -> set[int]:
        """Return the members that live; *others* are the families of the processes that run meanwhile."""
        processes = table()
        mains = {family.main for family in others}
        orphans = [
            process
            for process in processes.values()
            if process.parent == os.getpid() and process.pid not in mains and process.pid != self.main
        ]
        roots = [self.main, *(orphan.pid for orphan in orphans if self._owns(orphan, others))]
        return below(roots, processes)

    def _owns(self, orphan: Process, others: Collection[Family]) -> bool:
        if orphan.session == self.main:
            return True
        if orphan.born < self.born or any(orphan.session == family.main for family in others):
            return False
        rivals = [family for family in others if family.born < orphan.born]
        if not rivals:
            return True
        carried = _environment(orphan.pid)
        return len(self.env & carried) > max(len(family.env & carried) for family in rivals)


def _environment(pid: int) -> frozenset[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return frozenset(file.read().split(b"\0"))
    except OSError:
        return frozenset()


def send(pids: Iterable[int], number: int) -> None:
    """Send *number* to parents before their children: a shell whose command ends before it goes on."""
    for pid in sorted(pids):  # as old as their numbers are high, but where these begin anew
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue  # gone; or, where the agent is not root, another user's


def send_group(leader: int, number: int) -> bool:
    """Send to a process group, and say whether there was one."""
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
