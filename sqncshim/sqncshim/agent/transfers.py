"""Trees on their way, to the agent (PUT) and from it (GET)."""

from __future__ import annotations

from sqncshim.agent import files, users
from sqncshim.agent.protocol import WINDOW_BYTES, Kind, unpack_texts
from sqncshim.agent.trees import TreeWriter, read_tree

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from sqncshim.agent.loop import Loop


class Upload:
    """Takes batches until an empty one; what goes wrong is told once, and the rest is thrown away."""

    def __init__(self, loop: Loop, channel: int, payload: bytes) -> None:
        """Raise OSError or UnknownUser where the target cannot be made."""
        target, user = unpack_texts(payload, 2)
        self._loop = loop
        self._channel = channel
        self._writer = TreeWriter(target, users.resolve(user) if user else None)

    def take(self, batch: bytes) -> None:
        try:
            if batch:
                self._writer.write(batch)
                return
            self._writer.close()
            self._loop.send(Kind.DONE, self._channel)
        except OSError as error:
            self._loop.refuse(self._channel, files.describe(error, "the tree"))
        self._loop.forget(self._channel)

    def end(self) -> None:
        """The engine has no more to send: what is written stays."""
        self._loop.forget(self._channel)


class Download:
    """Sends batches as far as there is credit, then DONE."""

    def __init__(self, loop: Loop, channel: int, payload: bytes) -> None:
        (top,) = unpack_texts(payload, 1)
        self._loop = loop
        self._channel = channel
        self._window = WINDOW_BYTES
        self._batches = read_tree(top, None)

    def give_credit(self, size: int) -> None:
        self._window += size
        try:
            while self._window > 0:
                batch = next(self._batches, None)
                if batch is None:
                    self._loop.send(Kind.DONE, self._channel)
                    self._loop.forget(self._channel)
                    return
                self._loop.send(Kind.ENTRIES, self._channel, batch)
                self._window -= len(batch)
        except OSError as error:
            self._loop.refuse(self._channel, files.describe(error, "the tree"))
            self._loop.forget(self._channel)

    def end(self) -> None:
        """The engine wants no more."""
        self._loop.forget(self._channel)
