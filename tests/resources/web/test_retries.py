"""How long a server wants nobody to ask, from what it says."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from urllib3 import HTTPHeaderDict

from sqnc_resources.web import BodyError, Patience, StatusError, UnreachableError, WebError
from sqnc_resources.web.retries import Attempts, asked_wait_s


def refused(status: int = 429, body: bytes = b"", **headers: str) -> StatusError:
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return StatusError("GET http://h/", status, HTTPHeaderDict(found), body)


@pytest.mark.parametrize("status", [403, 429])
def test_each_way_to_say_it_is_understood(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert asked_wait_s(refused(status, Retry_After="7")) == 7
    assert asked_wait_s(refused(status, Retry_After="0")) == 1
    assert asked_wait_s(refused(status, Retry_After=formatdate(now + 30, usegmt=True))) == pytest.approx(
        30, abs=1
    )
    assert asked_wait_s(refused(status, Retry_After=formatdate(now - 30, usegmt=True))) == 1
    assert asked_wait_s(refused(status, X_Retry_After=str(int(now) + 30))) == pytest.approx(30, abs=1)
    assert asked_wait_s(refused(status, X_RateLimit_Reset=str(int(now) + 30))) == pytest.approx(30, abs=1)
    assert asked_wait_s(refused(status, X_RateLimit_Remaining="0", X_RateLimit_Reset="30")) == 30
    assert asked_wait_s(refused(status, b'{"message": "You have exceeded a secondary rate limit."}')) == 60


def test_what_is_no_limit_asks_for_nothing() -> None:
    assert asked_wait_s(refused(403)) is None
    assert asked_wait_s(refused(403, X_RateLimit_Remaining="4999", X_RateLimit_Reset="9")) is None
    assert asked_wait_s(refused(429, Retry_After="soon")) is None
    assert asked_wait_s(refused(503)) is None
    assert asked_wait_s(refused(500, Retry_After="7")) is None
    assert asked_wait_s(UnreachableError("x")) is None


def test_waits_grow_with_jitter_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    patience = Patience(attempts=9, first_wait_s=1, longest_wait_s=10)
    attempts = Attempts(patience, idempotent=True)
    for _ in range(8):
        attempts.wait_or_raise(BodyError("cut"))
    with pytest.raises(BodyError):
        attempts.wait_or_raise(BodyError("cut"))
    for wait, most in zip(waits, [1, 2, 4, 8, 10, 10, 10, 10], strict=True):
        assert most / 2 <= wait <= most
    assert len({wait / most for wait, most in zip(waits, [1, 2, 4, 8], strict=False)}) > 1


def test_no_attempt_begins_after_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    attempts = Attempts(Patience(total_s=0.1, first_wait_s=1), idempotent=True)
    with pytest.raises(UnreachableError):
        attempts.wait_or_raise(UnreachableError("x"))


@pytest.mark.parametrize(
    ("error", "idempotent", "again"),
    [
        (UnreachableError("x", sent=False), False, True),
        (UnreachableError("x"), False, False),
        (UnreachableError("x"), True, True),
        (UnreachableError("x", sent=False, final=True), True, False),
        (WebError("x"), True, False),
        (BodyError("x"), False, False),
    ],
)
def test_only_what_is_safe_is_repeated(
    error: WebError, idempotent: bool, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    attempts = Attempts(Patience(), idempotent=idempotent)
    if again:
        attempts.wait_or_raise(error)
    else:
        with pytest.raises(type(error)):
            attempts.wait_or_raise(error)
