"""What the engine says to the agent and hears from it, as values, and the errors; the agent imports none."""

from __future__ import annotations

from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING, Protocol, Self

from actions_compat.frozen import frozen
from sqncshim.agent.protocol import (
    VERSION,
    ProtocolError,
    encoded,
    number,
    pack,
    pack_pairs,
    pack_texts,
    text,
    unpack,
    unpack_pairs,
    unpack_texts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class Stream(Protocol):
    """Two directions to one agent. One thread reads while others, one at a time, write."""

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes, waiting for the first; empty at the end."""

    def write(self, data: bytes, /) -> None:
        """Write all of *data*; raise OSError when the other end is gone."""

    def close(self) -> None:
        """End both directions and wake whoever reads; a second call is harmless."""


class AgentError(Exception):
    """What the agent's caller may meet."""


class AgentLost(AgentError):  # noqa: N818 -- it is named for what happened
    """The stream ended or broke; the message holds what is known of why."""


class CommandRefused(AgentError):  # noqa: N818 -- it is named for what happened
    """The command was not started: its user, its folder, or its files are not to be had."""


class AgentFailure(AgentError):  # noqa: N818 -- it is named for what happened
    """The agent could not do this with these files."""


class Output(Enum):
    """Which of a process's outputs; with a pty all is STDOUT."""

    STDOUT = 1
    STDERR = 2


@frozen
class Command:
    """One process and what belongs to it; all paths are absolute, as the container sees them."""

    argv: tuple[str, ...]
    """The program and its arguments; a name without a slash is looked for on the PATH of *env*."""
    env: Mapping[str, str] = field(default_factory=dict)
    """The whole environment; only HOME is added, where it is missing and /etc/passwd has one for the user."""
    cwd: str = "/"
    user: str = ""
    """`name|uid[:group|gid]` as Docker reads it; empty for the agent's own."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Files to write before the start, owned by *user*; their folders are made."""
    collect: tuple[str, ...] = ()
    """Files to read when the process has ended: they come back with its exit, and are removed."""
    discard: tuple[str, ...] = ()
    """Files to remove when the process has ended."""
    spares: str = ""
    """A folder where such files may be kept for later commands, empty and under other names, instead of being
    removed, where no process can have one open any more; '' for none."""
    pty: bool = False
    """Whether the process has a terminal: then all of its output is STDOUT."""
    stdin: bytes | None = None
    """What it reads; None is /dev/null."""
    timeout_s: float | None = None
    """How long after the start it is ended, as by `Process.end`; None for never."""
    interrupt_grace_s: float = 7.5
    """How long an end waits between INT and TERM, which the process and all its descendants get."""
    terminate_grace_s: float = 2.5
    """How long it waits then until KILL."""

    def encode(self) -> bytes:
        """Return the payload of RUN; raise CommandRefused for what no process can be given."""
        if not self.argv:
            raise CommandRefused("a command without a program: argv is empty")
        env = [f"{name}={value}" for name, value in self.env.items()]
        for word in (*self.argv, *env, self.cwd, self.user, self.spares):
            if "\0" in word:
                raise CommandRefused(f"{word!r}: no argument or variable can hold a NUL")
        if (unequal := next((name for name in self.env if "=" in name or not name), None)) is not None:
            raise CommandRefused(f"{unequal!r}: no variable can have this name")
        timeout = "" if self.timeout_s is None else _milliseconds(self.timeout_s)
        return pack(
            [
                pack_texts(self.argv),
                encoded("\0".join(env)),
                pack_texts([self.cwd, self.user, self.spares]),
                pack_pairs(self.files),
                pack_texts(self.collect),
                pack_texts(self.discard),
                b"1" if self.pty else b"0",
                pack([] if self.stdin is None else [self.stdin]),
                pack_texts(
                    [timeout, _milliseconds(self.interrupt_grace_s), _milliseconds(self.terminate_grace_s)]
                ),
            ]
        )


def _milliseconds(seconds: float) -> str:
    return str(max(0, round(seconds * 1000)))


@frozen
class Exit:
    """How a process ended."""

    code: int
    """128 + n where signal *n* ended it; as with shells, 127 where the program was not found, 126 where it
    could not be run."""
    signal: int = 0
    """The signal that ended it; 0 for none."""
    timed_out: bool = False
    ended: bool = False
    """Whether `Process.end` ended it."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Those of the files to collect that were there."""
    error: str = ""
    """What the agent says beside the process, such as why a program could not be run; '' for none."""

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read the payload of EXIT; raise ProtocolError."""
        code, signal, how, error, files = unpack(payload, 5)
        return cls(
            number(code), number(signal), how == b"timeout", how == b"ended", unpack_pairs(files), text(error)
        )


@frozen
class Hello:
    """What an agent says of itself; *os* and *arch* are uname's words."""

    version: str
    """The version of sqncshim."""
    pid: int
    uid: int
    gid: int
    os: str
    arch: str
    python: str
    """The interpreter that runs it."""
    root: str
    """The folder that its modules come from."""

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read the payload of HELLO; raise ProtocolError, also where it speaks another version of this."""
        spoken, *words = unpack_texts(payload)
        if spoken != str(VERSION) or len(words) != 8:
            raise ProtocolError(f"the agent speaks version {spoken} of the protocol, this engine {VERSION}")
        version, pid, uid, gid, os, arch, python, root = words
        return cls(version, int(pid), int(uid), int(gid), os, arch, python, root)
