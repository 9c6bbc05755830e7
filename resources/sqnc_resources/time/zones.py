"""Zones: which moment it is when the clocks of a place show a time, in the hours they skip or repeat too.

Where clocks are put forward, some times are never shown, and where they are put back, some are shown twice.
Which moment such a time means is decided as Go's time.Date does, on which Concourse's time resource relies.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final, Self

from sqnc_resources.moments import EPOCH, seconds_of

_LOCAL: Final = "Local"
_LOCAL_FILE: Final = "/etc/localtime"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone by its *name* in the tz database; `Local` is the one that this machine is set to."""

    name: str
    rules: tzinfo

    @classmethod
    def parse(cls, text: str) -> Self:
        if text in {"", "UTC"}:
            return cls("UTC", UTC)
        try:
            return cls(text, _local() if text == _LOCAL else _named(text))
        except (LookupError, OSError, ValueError):
            raise ValueError(
                f"expected a zone of the tz database such as Europe/Berlin, got `{text}`"
            ) from None

    def __str__(self) -> str:
        return self.name


def _named(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo  # noqa: PLC0415  (a check in UTC needs none)

    return ZoneInfo(name)


def _local() -> tzinfo:
    """What TZ says, else this machine; UTC where neither says anything."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415  (as above)

    if (name := os.environ.get("TZ")) is not None:
        return ZoneInfo(name.removeprefix(":")) if name else UTC
    try:
        with open(_LOCAL_FILE, "rb") as file:
            return ZoneInfo.from_file(file)
    except FileNotFoundError:
        return UTC


def offset_s(seconds: int, rules: tzinfo) -> int:
    """How far the clocks are ahead of UTC, *seconds* after 1970."""
    offset = (EPOCH + timedelta(seconds=seconds)).astimezone(rules).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def clock(seconds: int, rules: tzinfo) -> datetime:
    """What the clocks show, *seconds* after 1970, as a datetime without a zone."""
    return (EPOCH + timedelta(seconds=seconds + offset_s(seconds, rules))).replace(tzinfo=None)


def instant(shown: datetime, rules: tzinfo) -> int:
    """The seconds after 1970 when the clocks show *shown*.

    The offset that counts is the one that is in force at that time less the offset that is in force when UTC
    shows it.
    """
    as_utc = seconds_of(shown.replace(tzinfo=UTC))
    return as_utc - offset_s(as_utc - offset_s(as_utc, rules), rules)
