"""The `cron` of a schedule, as GitHub takes it: five fields, POSIX's syntax with steps and English names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Self

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from datetime import datetime

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# of each field: its least and greatest number, and the names of these numbers
_FIELDS: Final[tuple[tuple[int, int, tuple[str, ...]], ...]] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
_PART: Final = re.compile(r"(?:\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/([0-9]+))?", re.ASCII | re.IGNORECASE)


class CronError(ValueError):
    """The text is no cron expression; the message is GitHub's."""


@frozen
class Cron:
    """When a schedule is due. Minutes, hours, days of the month, months, days of the week (0 is Sunday)."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Both kinds of days are limited: then one of them is enough."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `minute hour day month weekday`; raise CronError."""
        fields = re.split(" +", text)
        if len(fields) != len(_FIELDS):
            raise _error()
        minutes, hours, days, months, weekdays = map(_numbers, fields, _FIELDS)
        either_day = not fields[2].startswith("*") and not fields[4].startswith("*")
        return cls(minutes, hours, days, months, weekdays, either_day)

    def fits(self, moment: datetime) -> bool:
        """Whether it is due in the minute of *moment*, in the schedule's time zone (without one, UTC)."""
        day = moment.day in self.days
        weekday = moment.isoweekday() % 7 in self.weekdays
        return (
            moment.minute in self.minutes
            and moment.hour in self.hours
            and moment.month in self.months
            and ((day or weekday) if self.either_day else (day and weekday))
        )


def _error() -> CronError:
    return CronError("Invalid cron expression. Expected format: '* * * * *' (minute hour day month weekday)")


def _numbers(field: str, allowed: tuple[int, int, tuple[str, ...]]) -> frozenset[int]:
    least, greatest, names = allowed
    found: set[int] = set()
    for part in field.split(","):
        read = _PART.fullmatch(part)
        if read is None:
            raise _error()
        first, last, step = read.groups()
        start = least if first is None else _number(first, least, names)
        # `5/15` goes on to the end, as `5-59/15` does
        end = _number(last, least, names) if last else greatest if first is None or step else start
        if not least <= start <= end <= greatest or (step and not 0 < int(step) <= greatest):
            raise _error()
        found.update(range(start, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, least: int, names: tuple[str, ...]) -> int:
    if text.lower() in names:
        return names.index(text.lower()) + least
    if not text.isdigit() or len(text) > 2:
        raise _error()
    return int(text)
