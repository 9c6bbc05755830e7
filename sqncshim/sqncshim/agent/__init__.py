"""The agent: runs processes inside a container, or on this host, for the engine at the other end of a stream.

    protocol      frames and fields, shared by both ends (docs/agent.md)
    trees         files and folders as batches of entries, shared by both ends
    values        Command, Exit, Output, Hello: what the engine says and hears
    files         single files and folders, for both ends
    client        the engine's end: Agent, Process
      connection    one stream for many requests at once
    server        the agent's end: `python -I -S .../sqncshim/agent/server.py`
      loop          the event loop: frames in, frames out, signals, time
      guard         on a host, a second process that sees to the first one's end
      request       what is to be run
      child         one process: its output, credit, its end
      spares        files of a process that the next one may have
      spawn         fork and exec
      users         /etc/passwd and /etc/group
      descendants   the process table, and what differs between systems
      transfers     trees on their way
      questions     what is answered at once
      hashing       hashFiles, a process of its own
      copying       folders copied within a container, a process of its own

AgentError                what the agent's caller may meet
├── AgentLost             the stream ended or broke: the step is *errored*
├── CommandRefused        the agent is well, and could not start this command; the message says why
└── AgentFailure          the agent is well, and could not do this with these files; the message says why

Nothing is imported before it is asked for: the agent's own start must not pay for the engine's end.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from sqncshim.agent.client import Agent, Process
    from sqncshim.agent.values import (
        AgentError,
        AgentFailure,
        AgentLost,
        Command,
        CommandRefused,
        Exit,
        Hello,
        Output,
        Stream,
    )

__all__ = [
    "Agent",
    "AgentError",
    "AgentFailure",
    "AgentLost",
    "Command",
    "CommandRefused",
    "Exit",
    "Hello",
    "Output",
    "Process",
    "Stream",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 -- see above

    home = "client" if name in {"Agent", "Process"} else "values"
    return getattr(import_module(f"{__name__}.{home}"), name)
