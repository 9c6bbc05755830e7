"""A moment as versions have it: to the nanosecond, with the offset of the place where it was seen."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

SECOND: Final = 1_000_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FORM: Final = re.compile(
    r"(?P<civil>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<part>[0-9]+))?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9]))"
)
_ZERO_SECONDS: Final = -62_135_596_800  # the year 1: what Go has where no time was given


@dataclass(frozen=True, slots=True)
class Moment:
    """*ns* since 1970 in UTC; *offset_s* is how far the clocks of its place are ahead of UTC."""

    ns: int
    offset_s: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `2026-11-21T08:00:00.5+01:00`, RFC 3339; what is finer than a nanosecond is cut off."""
        form = _FORM.fullmatch(text)
        civil = _clock(form["civil"]) if form else None
        if form is None or civil is None:
            raise ValueError(f"expected a time such as 2026-11-21T08:00:00Z (RFC 3339), got `{text}`")
        minutes = int(form["hours"] or 0) * 60 + int(form["minutes"] or 0)
        offset_s = (-60 if form["sign"] == "-" else 60) * minutes
        ns = int((form["part"] or "")[:9].ljust(9, "0"))
        return cls((seconds_of(civil) - offset_s) * SECOND + ns, offset_s)

    @classmethod
    def now(cls) -> Self:
        """Now, in UTC."""
        return cls(time.time_ns())

    @property
    def seconds(self) -> int:
        return self.ns // SECOND

    @property
    def is_zero(self) -> bool:
        """Whether it is the moment that stands for none."""
        return self.ns == _ZERO_SECONDS * SECOND

    def __str__(self) -> str:
        """As RFC 3339 has it, with no more digits than needed; so Go writes it."""
        return f"{self._civil('T')}{self._zone(':') if self._minutes else 'Z'}"

    def in_words(self) -> str:
        """`2026-11-21 08:00:00.5 +0100 +0100`: the offset stands for the zone's name, which is not known."""
        return f"{self._civil(' ')} {self._zone()} {self._zone() if self._minutes else 'UTC'}"

    @property
    def _minutes(self) -> int:
        return self.offset_s // 60

    def _civil(self, separator: str) -> str:
        clock = EPOCH + timedelta(seconds=self.seconds + self.offset_s)
        part = f"{self.ns % SECOND:09}".rstrip("0")
        text = clock.replace(tzinfo=None).isoformat(separator)
        return f"{text}.{part}" if part else text

    def _zone(self, colon: str = "") -> str:
        hours, minutes = divmod(abs(self._minutes), 60)
        return f"{'-' if self._minutes < 0 else '+'}{hours:02}{colon}{minutes:02}"


def _clock(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # the 30th of February
        return None


def seconds_of(clock: datetime) -> int:
    """The seconds since 1970 of an aware datetime."""
    return (clock - EPOCH) // timedelta(seconds=1)
