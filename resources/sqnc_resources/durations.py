"""Durations as Go writes them, which Concourse and its resources use: `90s`, `1h30m`, `1.5h`, `-250ms`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECOND: Final = 1_000_000_000
_UNITS: Final[Mapping[str, int]] = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # the micro sign
    "μs": 1_000,  # the Greek letter, which looks the same
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
}
_LIMIT: Final = 1 << 63  # Go counts nanoseconds in 64 bits: 292 years
_NUMBER: Final = frozenset("0123456789.")


class Duration(int):
    """A length of time: its whole nanoseconds."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `1h30m`: numbers with a unit each, added up, and `0` alone without one; raise ValueError."""
        unsigned = text[1:] if text[:1] in {"-", "+"} else text
        if unsigned == "0":
            return cls(0)
        amounts = list(_amounts(unsigned, text))
        if not amounts or sum(amounts) >= _LIMIT:
            raise _misfit(text)
        return cls(-sum(amounts) if text.startswith("-") else sum(amounts))

    @property
    def seconds(self) -> float:
        return self / SECOND

    def __str__(self) -> str:
        """As Go prints it: `1h30m0s`, `1.5s`, `250ms`."""
        sign, left = "-" if self < 0 else "", abs(self)
        if left < SECOND:
            return sign + _below_a_second(left)
        minutes, left = divmod(left, 60 * SECOND)
        seconds = f"{_decimal(left, SECOND)}s"
        hours, minutes = divmod(minutes, 60)
        if hours:
            return f"{sign}{hours}h{minutes}m{seconds}"
        return f"{sign}{minutes}m{seconds}" if minutes else sign + seconds


def _amounts(unsigned: str, text: str) -> Iterator[int]:
    """The nanoseconds of each number and its unit."""
    while unsigned:
        number = unsigned[: next((at for at, sign in enumerate(unsigned) if sign not in _NUMBER), None)]
        unsigned = unsigned[len(number) :]
        unit = unsigned[: next((at for at, sign in enumerate(unsigned) if sign in _NUMBER), None)]
        unsigned = unsigned[len(unit) :]
        whole, _, part = number.partition(".")
        if unit not in _UNITS or "." in part or not whole + part:
            raise _misfit(text)
        yield int(whole or 0) * _UNITS[unit] + int(part or 0) * _UNITS[unit] // 10 ** len(part)


def _misfit(text: str) -> ValueError:
    return ValueError(f"expected a duration such as 90s, 5m or 1h30m, got `{text}`")


def _below_a_second(ns: int) -> str:
    if not ns:
        return "0s"
    unit = next(unit for unit in ("ms", "µs", "ns") if ns >= _UNITS[unit])
    return _decimal(ns, _UNITS[unit]) + unit


def _decimal(ns: int, unit: int) -> str:
    """*ns* in units of *unit*, a power of ten, with no more digits than it needs."""
    whole, part = divmod(ns, unit)
    digits = str(part).zfill(len(str(unit)) - 1).rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
