"""What is tried again, and after how long."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Final

from sqnc_resources.streams import say
from sqnc_resources.web.errors import BodyError, StatusError, UnreachableError, WebError

if TYPE_CHECKING:
    from sqnc_resources.web.settings import Patience

_FAILURES: Final = frozenset({408, 425, 500, 502, 503, 504})
"""Statuses that say nothing of the request itself; 501 and 505 would be the same again."""
_LIMITS: Final = frozenset({403, 429, 503})
_EPOCH: Final = 1_000_000_000
"""A reset time that is larger is a point in time, else a number of seconds from now."""
_SECONDARY_LIMIT_S: Final = 60
"""At least a minute: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""


class Attempts:
    """How often, and until when, one call may be tried."""

    def __init__(self, patience: Patience, *, idempotent: bool) -> None:
        self._patience = patience
        self._idempotent = idempotent
        self._failures = 0
        self.deadline = time.monotonic() + patience.total_s
        """When it is over, by the monotonic clock."""

    def renew(self) -> None:
        """Begin to count attempts and time anew, since a part of the work is done."""
        self._failures = 0
        self.deadline = time.monotonic() + self._patience.total_s

    def extend(self) -> None:
        """Give the call its whole time again: the last attempt may have spent it on sending a large file."""
        self.deadline = time.monotonic() + self._patience.total_s

    def wait_or_raise(self, error: WebError) -> None:
        """Wait until the call may be tried again; raise *error* where it may not."""
        self._failures += 1
        asked = asked_wait_s(error)
        if not self._may_repeat(error, asked) or self._failures >= self._patience.attempts:
            raise error
        wait_s = self._backoff_s() if asked is None else asked
        if time.monotonic() + wait_s > self.deadline:
            raise _too_long(error, asked) from error
        say(f"{error}; trying again in {wait_s:.1f} s")
        time.sleep(wait_s)

    def _may_repeat(self, error: WebError, asked: float | None) -> bool:
        match error:
            case UnreachableError():
                return not error.final and (self._idempotent or not error.sent)
            case StatusError():
                refused = error.status == 429 or asked is not None  # the server has not begun with it
                return refused or (self._idempotent and error.status in _FAILURES)
            case BodyError():
                return self._idempotent
        return False

    def _backoff_s(self) -> float:
        """Twice as long each time, less a random part: who failed together does not return together."""
        longest = min(
            self._patience.longest_wait_s, self._patience.first_wait_s * 2.0 ** (self._failures - 1)
        )
        return longest * (0.5 + random.random() / 2)  # noqa: S311  (no secret depends on it)


def asked_wait_s(error: WebError) -> float | None:
    """How long the server wants nobody to ask; None where it did not say."""
    if not isinstance(error, StatusError) or error.status not in _LIMITS:
        return None
    now, headers = time.time(), error.headers
    for name in ("Retry-After", "X-Retry-After"):
        if wait := _seconds(headers.get(name, ""), now):
            return wait
    if error.status == 503:
        return None
    if (headers.get("X-RateLimit-Remaining") or "0").strip() == "0":
        reset = headers.get("X-RateLimit-Reset") or headers.get("RateLimit-Reset") or ""
        if wait := _seconds(reset, now):
            return wait
    return _SECONDARY_LIMIT_S if b"secondary rate limit" in error.body.lower() else None


def _seconds(text: str, now: float) -> float | None:
    """Seconds, a point in time in seconds, or a date; at least one second, and None for none of these."""
    text = text.strip()
    if text.isascii() and text.isdecimal():
        number = int(text)
        return max(number - now if number >= _EPOCH else number, 1)
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  (few servers give a date)

    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 1)
    except (ValueError, OverflowError):
        return None


def _too_long(error: WebError, asked: float | None) -> WebError:
    """*error*, which says too when to come back, where the server has told."""
    if asked is None or not isinstance(error, StatusError):
        return error
    when = time.strftime("%H:%M:%S UTC", time.gmtime(time.time() + asked))
    longer = f"{error}; the server asks to wait for {asked:.0f} s: try again after {when}"
    error.args = (longer,)
    return error
