"""The loop: what it tries again, and when it gives up."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.shared.files import Change, ConflictError, NotYetError
from sqnc_resources.shared.update import Patience, update

QUICK = Patience(backoff_s=0.001, poll_s=0.001, wait_s=5)


@dataclass
class Nothing:
    """A snapshot without files."""

    revision: str = "0"

    def read(self, path: str) -> bytes | None:
        return None

    def names(self, folder: str) -> tuple[str, ...]:
        return ()


@dataclass
class Flaky:
    """A place whose looks and changes fail as they are told to: None stands for success."""

    looks: list[Exception | None] = field(default_factory=list)
    changes: list[Exception | None] = field(default_factory=list)

    def snapshot(self) -> Nothing:
        self._next(self.looks)
        return Nothing()

    def replace(self, old: Nothing, change: Change[object]) -> str:
        self._next(self.changes)
        return "1"

    def _next(self, outcomes: list[Exception | None]) -> None:
        outcome = outcomes.pop(0) if outcomes else None
        if outcome:
            raise outcome


def write(_: Nothing) -> Change[str]:
    return Change({"a": b""}, "", "result")


LOST = ResourceError("connection lost")
CONFLICT = ConflictError("too late")


def test_a_first_look_that_fails_is_not_made_again() -> None:
    with pytest.raises(ResourceError, match="connection lost"):
        update(Flaky(looks=[LOST]), write, QUICK)


def test_a_later_look_that_fails_is_made_again(capfd: pytest.CaptureFixture[str]) -> None:
    flaky = Flaky(looks=[None, LOST, LOST, LOST, LOST, None], changes=[CONFLICT])
    assert update(flaky, write, QUICK).revision == "1"
    assert capfd.readouterr().err == "connection lost; trying again\n" * 4


def test_until_it_has_failed_often_enough() -> None:
    with pytest.raises(ResourceError, match="connection lost"):
        update(Flaky(looks=[None, *[LOST] * 5], changes=[CONFLICT]), write, QUICK)


def test_what_a_change_cannot_do_is_not_tried_again() -> None:
    flaky = Flaky(changes=[ResourceError("refused")])
    with pytest.raises(ResourceError, match="refused"):
        update(flaky, write, QUICK)
    assert not flaky.changes


def test_a_wait_is_told_once_for_each_reason(capfd: pytest.CaptureFixture[str]) -> None:
    reasons = ["one", "one", "two", "two"]

    def decide(now: Nothing) -> Change[str]:
        if reasons:
            raise NotYetError(reasons.pop(0))
        return write(now)

    assert update(Flaky(), decide, QUICK).result == "result"
    assert capfd.readouterr().err == "one: waiting\ntwo: waiting\n"


def test_pauses_grow_to_a_limit_and_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("sqnc_resources.shared.update.time.sleep", pauses.append)
    update(Flaky(changes=[CONFLICT] * 40), write, Patience(backoff_s=0.1, longest_backoff_s=3))
    assert len(pauses) == len(set(pauses)) == 40
    assert all(pause <= min(0.1 * 2**count, 3) for count, pause in enumerate(pauses))
    assert max(pauses) > 1
