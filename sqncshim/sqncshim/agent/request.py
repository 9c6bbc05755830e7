"""What the engine asks to be run: RUN's fields, read."""

from __future__ import annotations

from sqncshim.agent.protocol import ProtocolError, number, unpack, unpack_pairs, unpack_texts
from sqncshim.agent.spawn import Plan


class Request:
    """RUN's fields; `values.Command` says what they mean."""

    __slots__ = ("collect", "discard", "files", "graces_s", "plan", "spares", "timeout_s", "user")

    def __init__(self, payload: bytes) -> None:
        """Read RUN's payload; raise ProtocolError."""
        argv, env, place, written, collect, discard, pty, stdin, times = unpack(payload, 9)
        words, (cwd, self.user, self.spares) = unpack_texts(argv), unpack_texts(place, 3)
        if not words:
            raise ProtocolError("RUN without a program")
        pairs = (pair.partition(b"=") for pair in env.split(b"\0") if pair)
        self.plan = Plan(words, {name: value for name, _, value in pairs}, cwd)
        self.plan.pty = pty == b"1"
        self.plan.stdin = next(iter(unpack(stdin)), None)
        self.files = unpack_pairs(written)
        self.collect = unpack_texts(collect)
        self.discard = unpack_texts(discard)
        timeout, interrupt, terminate = unpack_texts(times, 3)
        self.timeout_s = number(timeout.encode()) / 1000 if timeout else None
        self.graces_s = (number(interrupt.encode()) / 1000, number(terminate.encode()) / 1000)
