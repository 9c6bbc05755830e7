"""Compare-and-set: look, decide, replace, and again where somebody else was faster."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from random import uniform
from typing import Final, TypeVar

from sqnc_resources.errors import ResourceError
from sqnc_resources.shared.files import Change, ConflictError, Done, NotYetError, SharedFiles, SnapshotT
from sqnc_resources.streams import say

T = TypeVar("T")

_LOOKS: Final = 5
"""How often in a row a look may fail, once there was one that did not."""
_OTHERS: Final = 8
"""How many attempts of others the pause after a first conflict leaves room for."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on, and how soon to try again; each pause is a random part of what is said here.

    After a conflict it is as long as some attempts, and shorter after each further one: who has waited
    longest comes first, and nobody starves. *conflicts_s* is the time that conflicts may take in a row. After
    a lost connection it is up to *backoff_s*, twice as much after the next. No such pause is longer than
    *longest_backoff_s*. *poll_s* is the time between two looks for what is not there yet, and *wait_s* how
    long to look: None for as long as it takes.
    """

    conflicts_s: float = 300.0
    backoff_s: float = 0.1
    longest_backoff_s: float = 5.0
    poll_s: float = 10.0
    wait_s: float | None = None


PATIENCE: Final = Patience()


def update(
    files: SharedFiles[SnapshotT],
    decide: Callable[[SnapshotT], Change[T]],
    patience: Patience = PATIENCE,
) -> Done[T]:
    """Make the change that *decide* makes of the files as they are, whoever else changes them meanwhile.

    *decide* is asked again, of what is there then, after each conflict; it raises NotYetError to wait, and
    ResourceError to give up. Exactly one of its changes is made. Raise ResourceError: what *decide* raised,
    what cannot be done, or what could not be done in time.
    """
    loop = _Loop(patience)
    while True:
        snapshot = loop.look(files)
        try:
            change = decide(snapshot)
        except NotYetError as reason:
            loop.wait(reason)
            continue
        if not change.files:
            return Done(snapshot.revision, change.result)
        try:
            return Done(files.replace(snapshot, change), change.result)
        except ConflictError as conflict:
            loop.back_off(conflict)


class _Loop:
    """Counts what went wrong, sleeps, and says when it is enough."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._started = time.monotonic()
        self._looked = 0.0
        self._seen = False
        self._conflicts = 0
        self._first_conflict: float | None = None
        self._told = ""

    def look(self, files: SharedFiles[SnapshotT]) -> SnapshotT:
        """Take a snapshot; what worked once is tried again: a long wait outlives a lost connection."""
        for failures in range(1, _LOOKS + 1):
            self._looked = time.monotonic()
            try:
                snapshot = files.snapshot()
            except ResourceError as error:
                if not self._seen or failures == _LOOKS:
                    raise
                say(f"{error}; trying again")
                self._sleep(self._patience.backoff_s * 2.0 ** (failures - 1))
            else:
                self._seen = True
                return snapshot
        raise AssertionError("the last failure was raised")

    def wait(self, reason: NotYetError) -> None:
        waited = time.monotonic() - self._started
        if self._patience.wait_s is not None and waited >= self._patience.wait_s:
            raise ResourceError(f"{reason}: gave up after {waited:.0f} s") from reason
        if self._told != str(reason):
            self._told = str(reason)
            say(f"{reason}: waiting")
        self._first_conflict = None  # but not their number: who has lost often goes on to come first
        time.sleep(self._patience.poll_s * uniform(0.5, 1.0))  # noqa: S311  (no secret: so that not all come at once)

    def back_off(self, conflict: ConflictError) -> None:
        now = time.monotonic()
        self._conflicts += 1
        if self._first_conflict is None:
            self._first_conflict = now
        elif now - self._first_conflict >= self._patience.conflicts_s:
            took = f"{self._conflicts} times within {now - self._first_conflict:.0f} s"
            raise ResourceError(f"{conflict}: others were faster {took}") from conflict
        attempt_s = now - self._looked
        self._sleep(_OTHERS * attempt_s / self._conflicts)

    def _sleep(self, longest_s: float) -> None:
        time.sleep(uniform(0, min(longest_s, self._patience.longest_backoff_s)))  # noqa: S311  (as above)
