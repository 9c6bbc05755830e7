"""The cancellation of a job: who asks for it, and what it ends."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import field
from typing import Protocol

from actions_compat.frozen import record
from sqncshim.agent import AgentLost


class Endable(Protocol):
    """What runs and can be ended."""

    def end(self) -> None: ...


@record
class Cancellation:
    """Whether the job is to end, and what is to be ended then. Any thread may ask for it, and again.

    *is_heeded*: the conditions of steps know of it. What they let run from then on is spared, until the grace
    that `open` names is over.
    """

    is_heeded: bool = False
    _event: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: Endable | None = None
    _spared: bool = False
    _forced: bool = False
    _grace_s: float | None = None
    _grace: threading.Timer | None = None

    @property
    def is_asked(self) -> bool:
        return self._event.is_set()

    def ask(self, *, force: bool = False) -> None:
        """End what runs now; with *force* also what runs, or would, in spite of it (`always()`)."""
        with self._lock:
            self._event.set()
            self._forced = self._forced or force
            self._begin_grace()
            if self._process is not None and (force or not self._spared):
                self._end(self._process)

    def open(self, grace_s: float) -> None:
        """The job starts. What runs in spite of a cancellation is ended *grace_s* after that."""
        with self._lock:
            self._grace_s = grace_s
            if self._event.is_set():
                self._begin_grace()

    def close(self) -> None:
        """Nothing runs any more."""
        with self._lock:
            self._grace_s = None
            if self._grace is not None:
                self._grace.cancel()

    def _begin_grace(self) -> None:
        if self._grace_s is None or self._grace is not None:
            return
        self._grace = threading.Timer(self._grace_s, self.ask, kwargs={"force": True})
        self._grace.daemon = True
        self._grace.start()

    def running(self, process: Endable, *, spared: bool) -> None:
        """*process* runs from here on; *spared* if its condition knew of the cancellation."""
        with self._lock:
            self._process, self._spared = process, spared
            if self._forced or (self._event.is_set() and not spared):
                self._end(process)

    def done(self) -> None:
        with self._lock:
            self._process = None

    def _end(self, process: Endable) -> None:
        def end() -> None:
            with suppress(AgentLost):
                process.end()

        threading.Thread(target=end, daemon=True).start()
