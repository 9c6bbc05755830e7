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
    """One process and what belongs to it; all paths are absolute, as the container sees them.

    argv: a name without a slash is looked for on the PATH of *env*. env: all of it; only HOME is added, where
    it is missing and the user's entry in /etc/passwd has one. user: `name|uid[:group|gid]` as Docker reads
    it, empty for the agent's own. files: written before the start, owned by *user*; their folders are made.
    collect: read when the process has ended, handed back with its exit, and removed. discard: removed then.
    spares: a folder where files of these may be kept for later commands instead, empty and by other names,
    as far as nobody can know of them any more; empty for none.
    stdin: None is /dev/null. timeout_s: from the start; then it is ended as by `Process.end`: INT to
    the process and all its descendants, TERM after *interrupt_grace_s*, KILL after *terminate_grace_s* more.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str = "/"
    user: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    collect: tuple[str, ...] = ()
    discard: tuple[str, ...] = ()
    spares: str = ""
    pty: bool = False
    stdin: bytes | None = None
    timeout_s: float | None = None
    interrupt_grace_s: float = 7.5
    terminate_grace_s: float = 2.5

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
    """How a process ended.

    code: 128 + n where signal *n* ended it; 127 where the program was not found and 126 where it is none, as
    shells do. signal: 0 for none. ended: by `Process.end`. files: what *collect* named and was there. error:
    what the agent has to say beside the process, such as why a program could not be run; empty for nothing.
    """

    code: int
    signal: int = 0
    timed_out: bool = False
    ended: bool = False
    files: Mapping[str, bytes] = field(default_factory=dict)
    error: str = ""

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read the payload of EXIT; raise ProtocolError."""
        code, signal, how, error, files = unpack(payload, 5)
        return cls(
            number(code), number(signal), how == b"timeout", how == b"ended", unpack_pairs(files), text(error)
        )


@frozen
class Hello:
    """What an agent says of itself: *version* is sqncshim's; *os* and *arch* are uname's words.

    python, root: the interpreter that runs it, and the folder its modules come from.
    """

    version: str
    pid: int
    uid: int
    gid: int
    os: str
    arch: str
    python: str
    root: str

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Read the payload of HELLO; raise ProtocolError, also where it speaks another version of this."""
        spoken, *words = unpack_texts(payload)
        if spoken != str(VERSION) or len(words) != 8:
            raise ProtocolError(f"the agent speaks version {spoken} of the protocol, this engine {VERSION}")
        version, pid, uid, gid, os, arch, python, root = words
        return cls(version, int(pid), int(uid), int(gid), os, arch, python, root)
