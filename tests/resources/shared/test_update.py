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


@dataclass
class Clock:
    """What stands for `time`; *pauses* are the longest that each could have been, and take no time."""

    now_s: float = 0
    pauses: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def slow(self, now: Nothing) -> Change[str]:
        """A decision that takes 0.1 s."""
        self.now_s += 0.1
        return write(now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr("sqnc_resources.shared.update.time", found)
    monkeypatch.setattr("sqnc_resources.shared.update.uniform", lambda _, longest: longest)
    return found


def test_pauses_after_a_lost_connection_grow_to_a_limit(clock: Clock) -> None:
    flaky = Flaky(looks=[None, LOST, LOST, LOST, LOST], changes=[CONFLICT])
    update(flaky, write, Patience(backoff_s=1, longest_backoff_s=3))
    assert clock.pauses[1:] == [1, 2, 3, 3]


def test_after_a_conflict_others_are_let_through_but_not_for_ever(clock: Clock) -> None:
    update(Flaky(changes=[CONFLICT] * 8), clock.slow)
    assert clock.pauses == pytest.approx([0.8 / count for count in range(1, 9)])


def test_who_has_lost_often_need_not_begin_anew_when_he_has_to_wait(clock: Clock) -> None:
    reasons = ["others hold it"]

    def decide(now: Nothing) -> Change[str]:
        if len(clock.pauses) == 7 and reasons:
            raise NotYetError(reasons.pop())
        return clock.slow(now)

    update(Flaky(changes=[CONFLICT] * 8), decide, Patience(poll_s=7))
    assert clock.pauses[7:] == pytest.approx([7, 0.1])


def test_no_pause_after_a_conflict_is_longer_than_the_longest(clock: Clock) -> None:
    update(Flaky(changes=[CONFLICT]), clock.slow, Patience(longest_backoff_s=0.5))
    assert clock.pauses == [0.5]


def test_pauses_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[float] = []
    monkeypatch.setattr("sqnc_resources.shared.update.time.sleep", found.append)
    update(Flaky(changes=[CONFLICT] * 40), write)
    assert len(set(found)) == 40
