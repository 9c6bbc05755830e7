"""When a version is due: by table, by what must hold for every source, and on the days when clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqnc_resources.durations import Duration
from sqnc_resources.moments import SECOND, Moment
from sqnc_resources.reading import read
from sqnc_resources.time.values import Source, TimeOfDay, Weekday
from sqnc_resources.time.windows import Window, is_due
from sqnc_resources.time.zones import Zone, clock, instant

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kolkata",
]
INDIANA = "America/Indiana/Indianapolis"


def due(source: dict[str, object], now: str, last: str | None = None) -> bool:
    return is_due(
        read(Source, source, "source", []), Moment.parse(now).ns, Moment.parse(last).ns if last else None
    )


def window(start: str, stop: str, **more: object) -> dict[str, object]:
    return {"start": start, "stop": stop, **more}


@pytest.mark.parametrize(
    ("source", "now", "wanted"),
    [
        (window("2:00 AM", "4:00 AM"), "2026-11-21T03:00:00Z", True),
        (window("2:00 AM", "4:00 AM"), "2026-11-21T05:00:00Z", False),
        (window("3:04 AM", "3:07 AM"), "2026-11-21T03:03:59.999999999Z", False),
        (window("3:04 AM", "3:07 AM"), "2026-11-21T03:04:00Z", True),
        (window("3:04 AM", "3:07 AM"), "2026-11-21T03:06:59.999999999Z", True),
        (window("3:04 AM", "3:07 AM"), "2026-11-21T03:07:00Z", False),
        (window("20:00", "08:00"), "2026-11-21T01:00:00Z", True),
        (window("20:00", "08:00"), "2026-11-21T08:00:00Z", False),
        (window("6AM", "6AM"), "2026-11-21T05:59:59Z", True),
        (window("2:00 AM -0600", "6:00 AM -0600"), "2026-11-21T08:00:00Z", True),
        (window("12:01 AM -0700", "11:59 PM -0700"), "2026-11-21T01:10:00Z", True),
        (window("1PM", "3PM", location=INDIANA), "2026-11-21T18:00:00Z", True),
        (window("1PM", "3PM", location=INDIANA), "2026-11-21T20:00:00Z", False),
        (window("9PM", "11PM", location=INDIANA, days=["Wed"]), "2026-11-19T02:00:00Z", True),
        (window("9PM", "11PM", location=INDIANA, days=["Thu"]), "2026-11-19T02:00:00Z", False),
        (window("9PM", "3AM", days=["Wed"]), "2026-11-18T22:00:00Z", True),
        (window("9PM", "3AM", days=["Wed"]), "2026-11-19T01:00:00Z", False),  # what began on Wednesday
        (window("9PM", "3AM", days=["Wed"]), "2026-11-18T01:00:00Z", True),  # what began on Tuesday
        ({"days": ["Sat", "Sun"]}, "2026-11-21T12:00:00Z", True),
        ({"days": ["Mon"]}, "2026-11-21T12:00:00Z", False),
        ({"start_after": "2026-11-21T12"}, "2026-11-21T12:00:00Z", False),
        ({"start_after": "2026-11-21T12"}, "2026-11-21T12:00:00.000000001Z", True),
        ({"start_after": "2026-11-21T12", "location": "Asia/Tokyo"}, "2026-11-21T03:00:01Z", True),
        ({"start_after": "2026-11-21T12", "location": "Asia/Tokyo"}, "2026-11-21T02:59:59Z", False),
    ],
)  # fmt: skip
def test_a_first_version_is_due_in_a_window_on_a_day_after_the_start(
    source: dict[str, object], now: str, wanted: bool
) -> None:
    assert due(source, now) is wanted


@pytest.mark.parametrize(
    ("source", "last", "now", "wanted"),
    [
        ({}, "2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z", True),
        ({}, "2026-11-21T00:00:00Z", "2026-11-21T23:59:59Z", False),
        (window("2AM", "4AM"), "2026-11-21T01:00:00Z", "2026-11-21T03:00:00Z", True),
        (window("2AM", "4AM"), "2026-11-21T02:00:00Z", "2026-11-21T03:00:00Z", False),
        (window("2AM", "4AM"), "2026-11-21T03:30:00Z", "2026-11-21T03:00:00Z", False),
        (window("10AM", "5AM"), "2026-11-20T11:00:00Z", "2026-11-21T04:00:00Z", False),
        (window("10AM", "5AM"), "2026-11-20T09:00:00Z", "2026-11-21T04:00:00Z", True),
        ({"interval": "2m"}, "2026-11-21T03:00:00Z", "2026-11-21T03:01:59.999999999Z", False),
        ({"interval": "2m"}, "2026-11-21T03:00:00Z", "2026-11-21T03:02:00Z", True),
        ({"interval": "0"}, "2026-11-21T03:00:00Z", "2026-11-21T03:00:00Z", True),
        ({"interval": "48h"}, "2026-11-19T04:00:00Z", "2026-11-21T03:00:00Z", False),
        (window("1AM", "3AM", interval="5m"), "2026-11-21T02:57:00Z", "2026-11-21T03:02:00Z", False),
        (window("1AM", "3AM", interval="5m"), "2026-11-21T02:50:00Z", "2026-11-21T02:55:00Z", True),
    ],
)
def test_a_next_version_is_due_after_the_interval_or_in_a_new_window(
    source: dict[str, object], last: str, now: str, wanted: bool
) -> None:
    assert due(source, now, last) is wanted


@pytest.mark.parametrize(
    ("zone", "shown", "wanted"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30Z"),  # skipped; 3:30 there
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T06:30Z"),  # skipped; 1:30 there
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T01:30Z"),  # twice; the second
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30Z"),  # twice; the first
        ("Europe/London", "2026-03-29T01:30", "2026-03-29T01:30Z"),  # skipped; 2:30 there
        ("Africa/Cairo", "2010-04-30T00:00", "2010-04-29T22:00Z"),  # a midnight that is skipped
    ],
)
def test_a_time_that_clocks_skip_or_show_twice_is_one_moment(zone: str, shown: str, wanted: str) -> None:
    found = instant(datetime.fromisoformat(shown), ZoneInfo(zone))
    assert datetime.fromtimestamp(found, UTC) == datetime.fromisoformat(wanted)


@given(st.integers(0, 4_000_000_000), st.sampled_from(ZONES))
def test_what_a_clock_shows_is_a_moment_when_it_shows_that(seconds: int, zone: str) -> None:
    rules = ZoneInfo(zone)
    shown = clock(seconds, rules)
    again = instant(shown, rules)
    assert clock(again, rules) == shown
    assert again == seconds or abs(again - seconds) <= 3600  # an hour that is shown twice


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001  (what a clock shows)
    st.sampled_from(ZONES),
)
def test_a_time_that_is_skipped_is_at_most_an_hour_off(shown: datetime, zone: str) -> None:
    rules = ZoneInfo(zone)
    shown = shown.replace(microsecond=0)
    assert abs(clock(instant(shown, rules), rules) - shown) <= timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Watch:
    """A source, and moments at which it is checked."""

    source: Source
    checks: list[int]


@st.composite
def watches(draw: st.DrawFn) -> Watch:
    """Checks every few minutes or hours for days, around a change of the clocks in most zones."""
    zone = draw(st.sampled_from(ZONES))
    times = st.builds(TimeOfDay, st.integers(0, 24 * 60 - 1))
    start, stop = draw(st.one_of(st.just((None, None)), st.tuples(times, times)))
    source = Source(
        interval=draw(st.none() | st.builds(Duration, st.integers(0, 30 * 3600 * SECOND))),
        location=Zone.parse(zone),
        start=start,
        stop=stop,
        days=tuple(Weekday(day) for day in sorted(draw(st.sets(st.integers(1, 7))))),
    )
    begin = datetime.fromisoformat(
        draw(st.sampled_from(["2026-03-07", "2026-03-28", "2026-04-23", "2026-10-24", "2026-11-01"]))
    )
    first = int(begin.replace(tzinfo=UTC).timestamp()) - draw(st.integers(0, 24 * 3600))
    step = draw(st.integers(300, 5 * 3600))
    return Watch(source, [first + count * step for count in range(60)])


def versions(watch: Watch) -> list[int]:
    """The versions that these checks find, in nanoseconds."""
    found: list[int] = []
    for moment in watch.checks:
        if is_due(watch.source, moment * SECOND, found[-1] if found else None):
            found.append(moment * SECOND)
    return found


@settings(max_examples=60, deadline=None)
@given(watches())
def test_every_version_lies_in_a_window_on_its_day_and_no_two_in_one_interval_or_window(watch: Watch) -> None:
    source, found = watch.source, versions(watch)
    windows = [Window.latest(source, ns) for ns in found]
    days = {day.number for day in source.days} or set(range(1, 8))
    for ns, at in zip(found, windows, strict=True):
        assert at.start * SECOND <= ns < at.stop * SECOND
        assert clock(ns // SECOND, source.zone.rules).isoweekday() in days
    if source.interval is None:
        assert len({at.start for at in windows}) == len(found)
    else:
        assert all(later - earlier >= source.interval for earlier, later in pairwise(found))


@settings(max_examples=60, deadline=None)
@given(watches())
def test_no_check_in_a_window_without_a_version_passes_without_one(watch: Watch) -> None:
    if watch.source.interval is not None or watch.source.days:
        return
    found = {Window.latest(watch.source, ns).start for ns in versions(watch)}
    for moment in watch.checks:
        at = Window.latest(watch.source, moment * SECOND)
        assert at.start in found or not at.start <= moment < at.stop


@given(st.integers(0, 24 * 60 - 1), st.integers(0, 24 * 60 - 1), st.integers(0, 10**9))
def test_in_utc_a_window_is_plain_arithmetic(start: int, stop: int, now: int) -> None:
    source = Source(start=TimeOfDay(start), stop=TimeOfDay(stop))
    minutes = (now // 60 - start) % (24 * 60)
    assert is_due(source, now * SECOND, None) is (minutes < ((stop - start) % (24 * 60) or 24 * 60))
