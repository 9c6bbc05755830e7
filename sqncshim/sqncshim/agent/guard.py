"""A second process that cleans up after the agent, where the agent is not process 1 of a container.

With process 1 the kernel ends everything else. On a host, an agent that is killed with KILL, perhaps by one
of its own steps, would leave its processes behind. So it is the child of a guard, which kills what the agent
has left; and when the guard is killed, its agent gets SIGTERM and ends in good order.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from sqncshim.agent import descendants

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from typing import Final, NoReturn

_GIVES_UP_S: Final = 5.0


def fork_guarded() -> bool:
    """Return True in the child, which is to be the agent; the parent guards it, and ends as it does.

    Where orphans cannot be adopted it says so on standard error, and returns False: there is no guard.
    """
    try:
        descendants.adopt_orphans()
    except (OSError, ImportError) as error:
        print(f"sqncshim agent: orphans may outlive it: {error}", file=sys.stderr)  # noqa: T201 -- its log
        return False
    guard = os.getpid()
    if agent := os.fork():
        _watch(agent)
    descendants.adopt_orphans()
    descendants.end_with_parent(guard)
    return True


def _watch(agent: int) -> NoReturn:
    """Wait for the agent's end, kill what it left, and end as it did."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: descendants.send([agent], number))
    devnull = os.open(os.devnull, os.O_RDWR)
    os.dup2(devnull, 0)  # the stream's end is the agent's to have
    os.dup2(devnull, 1)
    _, status = os.waitpid(agent, 0)
    kill_all_below()
    code = os.waitstatus_to_exitcode(status)
    os._exit(128 - code if code < 0 else code)


def kill_all_below() -> None:
    """Kill all that descends from this process, until nobody does, and reap it.

    Orphans are its children too, so without a child there is nobody, and the process table need not be read.
    """
    end = time.monotonic() + _GIVES_UP_S
    while _reap() and time.monotonic() < end:
        descendants.send(descendants.below_this(), signal.SIGKILL)
        time.sleep(0.002)


def _reap() -> bool:
    """Reap who has ended; say whether a child is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True
