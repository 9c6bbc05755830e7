"""When the next version is due: at an interval or once for each window, in the windows alone.

A window is the time from `start` to `stop`, each day; from midnight to midnight where neither is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqnc_resources.moments import SECOND
from sqnc_resources.time.zones import clock, instant

if TYPE_CHECKING:
    from datetime import tzinfo

    from sqnc_resources.time.values import Source


def is_due(source: Source, now_ns: int, last_ns: int | None) -> bool:
    """Whether there is to be a version now, after the *last* one; None where there is none yet."""
    zone = source.zone.rules
    if source.days and clock(now_ns // SECOND, zone).isoweekday() not in {day.number for day in source.days}:
        return False
    if source.start_after and instant(source.start_after.shown, zone) * SECOND >= now_ns:
        return False
    window = Window.latest(source, now_ns)
    if not window.start * SECOND <= now_ns < window.stop * SECOND:
        return False
    if last_ns is None:
        return True
    if source.interval is not None:
        return now_ns - last_ns >= source.interval
    return last_ns < window.start * SECOND


@dataclass(frozen=True, slots=True)
class Window:
    """From *start* on and before *stop*, in seconds after 1970."""

    start: int
    stop: int

    @classmethod
    def latest(cls, source: Source, now_ns: int) -> Window:
        """The last window that has begun."""
        zone = source.zone.rules
        start = _at(source.start.minutes if source.start else 0, now_ns // SECOND, zone)
        if start * SECOND > now_ns:
            start = _days_later(start, -1, zone)
        stop = _at(source.stop.minutes if source.stop else 0, start, zone)
        if stop <= start:
            stop = _days_later(stop, 1, zone)
        return cls(start, stop)


def _at(minutes: int, day: int, zone: tzinfo) -> int:
    """When the clocks show *minutes* after midnight, on the day that they show at the moment *day*."""
    midnight = clock(day, zone).replace(hour=0, minute=0, second=0)
    return instant(midnight + timedelta(minutes=minutes), zone)


def _days_later(moment: int, days: int, zone: tzinfo) -> int:
    """When the clocks show the same as at *moment*, days later."""
    return instant(clock(moment, zone) + timedelta(days=days), zone)
