"""What the time type is told: the keys of its source; and its version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final, Self

from sqnc_resources.durations import Duration
from sqnc_resources.moments import Moment
from sqnc_resources.time.zones import Zone

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_OFFSET: Final = r"(?: +(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-4])(?P<minutes>[0-5][0-9]|60))?"
_TIMES: Final = (
    re.compile(rf"(?P<hour>[0-9]|0[0-9]|1[0-2])(?::(?P<minute>[0-5][0-9]) +| *)(?P<half>[AP]M){_OFFSET}"),
    re.compile(rf"(?P<hour>[0-9]|[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]){_OFFSET}"),
    re.compile(rf"(?P<hour>[01][0-9]|2[0-3])(?P<minute>[0-5][0-9]){_OFFSET}"),
)
_DATE: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?)?"
    r"| +(?P<hours>[0-9]{1,2}):(?P<minutes>[0-9]{2}):(?P<seconds>[0-9]{2})(?:[.,][0-9]+)?)?"
)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time that clocks show, in *minutes* after midnight."""

    minutes: int

    takes_numbers: ClassVar[bool] = False
    """YAML 1.1 reads `19:00` as 1140, which would be 11:40."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `3:04 PM`, `3PM`, `3 PM`, `15:04` or `1504`; with an offset it is turned into UTC's clock."""
        for form in _TIMES:
            if found := form.fullmatch(text):
                hour, minute = int(found["hour"]), int(found.groupdict().get("minute") or 0)
                if half := found.groupdict().get("half"):
                    hour = hour % 12 + (12 if half == "PM" else 0)
                offset = int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)
                offset = -offset if found["sign"] == "-" else offset
                return cls((hour * 60 + minute - offset) % (24 * 60))
        raise ValueError(f"expected a time of day such as 3:04 PM, 3PM, 15:04 or 1504, got `{text}`")

    def __str__(self) -> str:
        hour, minute = divmod(self.minutes, 60)
        return f"{hour}:{minute:02}"


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week; *number* 1 is Monday."""

    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        for number, name in enumerate(_DAYS, 1):
            if text.lower() in {name.lower(), name[:3].lower()}:
                return cls(number)
        raise ValueError(f"expected a day such as Monday or Mon, got `{text}`")

    def __str__(self) -> str:
        return _DAYS[self.number - 1]


@dataclass(frozen=True, slots=True)
class Date:
    """A date and time that clocks show, to the second, wherever they hang."""

    shown: datetime

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2006-01-02`, `2006-01-02T15`, `…T15:04`, `…T15:04:05` or `2006-01-02 15:04:05`."""
        if found := _DATE.fullmatch(text):
            groups = (
                found.group("hour", "minute", "second")
                if found["hour"]
                else found.group("hours", "minutes", "seconds")
            )
            hour, minute, second = (int(group or 0) for group in groups)
            try:
                return cls(
                    datetime.fromisoformat(found["date"]).replace(hour=hour, minute=minute, second=second)
                )
            except ValueError:
                pass
        raise ValueError(f"expected a date such as 2026-11-21 or 2026-11-21T15:04:05, got `{text}`")

    def __str__(self) -> str:
        return self.shown.isoformat()


@dataclass(frozen=True, slots=True)
class Source:
    """When there is to be a version. Without any key: once a day, from midnight on."""

    interval: Duration | None = None
    """How long after a version the next is due: `90s`, `30m`, `1h30m`. Without it, a version is due once in
    each window."""
    location: Zone | None = None
    """The zone that all else is meant in, by its name in the tz database: `Europe/Berlin`. UTC without it."""
    start: TimeOfDay | None = None
    """When a day's window begins: `3:04 PM`, `3PM`, `15:04`, `1504`; needs `stop` too. Put `15:04` and `1504`
    between quotes: YAML readers take them for numbers, not all for the same. An offset (`15:04 -0700`), an
    old form, makes it a time in UTC, so it goes ill with `location`."""
    stop: TimeOfDay | None = None
    """When the window ends, on the next day where that is not after `start`. The same as `start` is a whole
    day."""
    days: tuple[Weekday, ...] = ()
    """The days of the week on which there are versions: `Monday` or `Mon`. A window that goes on after
    midnight is cut off there unless the next day is one too. None means every day."""
    initial_version: bool = False
    """Whether the first check finds a version, whatever the rest says: without one, jobs cannot be started by
    hand."""
    start_after: Date | None = None
    """There is no version until after this: `2026-11-21`, `2026-11-21T15:04:05`, in `location`."""

    def __post_init__(self) -> None:
        if self.start and not self.stop:
            raise ValueError("must configure 'stop' if 'start' is set")
        if self.stop and not self.start:
            raise ValueError("must configure 'start' if 'stop' is set")

    @property
    def zone(self) -> Zone:
        return self.location or Zone("UTC", UTC)

    def as_json(self) -> Mapping[str, object]:
        """The source as a get writes it down, each key in the form that it has in Concourse's own."""
        return {
            "initial_version": self.initial_version,
            "interval": _text(self.interval),
            "start": _text(self.start),
            "stop": _text(self.stop),
            "days": [str(day) for day in self.days] or None,
            "location": _text(self.location),
            "start_after": _text(self.start_after),
        }


@dataclass(frozen=True, slots=True)
class Version:
    """A moment."""

    time: Moment
    """The time, as RFC 3339 has it, to the nanosecond: `2026-11-21T08:00:00.123456789Z`."""


def _text(value: object) -> str | None:
    return None if value is None else str(value)
