"""Times, days, dates and moments, in each form that they may be written in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.moments import Moment
from sqnc_resources.time.values import Date, TimeOfDay, Weekday

HOURS = st.integers(0, 23)
MINUTES = st.integers(0, 59)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)


@given(HOURS, MINUTES)
def test_every_form_of_a_time_of_day_is_the_same_time(hour: int, minute: int) -> None:
    half, short = ("PM" if hour >= 12 else "AM"), hour % 12 or 12
    forms = [
        f"{hour}:{minute:02}",
        f"{hour:02}:{minute:02}",
        f"{hour:02}{minute:02}",
        f"{short}:{minute:02} {half}",
    ]
    forms += [f"{short}{half}", f"{short} {half}", f"{short:02}   {half}"] if minute == 0 else []
    assert {TimeOfDay.parse(form).minutes for form in forms} == {hour * 60 + minute}
    assert TimeOfDay.parse(str(TimeOfDay(hour * 60 + minute))).minutes == hour * 60 + minute


@given(HOURS, MINUTES, OFFSETS)
def test_an_offset_turns_a_time_of_day_into_utcs(hour: int, minute: int, offset: int) -> None:
    hours, minutes = divmod(abs(offset), 60)
    written = f"{hour}:{minute:02} {'-' if offset < 0 else '+'}{hours:02}{minutes:02}"
    assert TimeOfDay.parse(written).minutes == (hour * 60 + minute - offset) % (24 * 60)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("0:30 PM", 750),
        ("12AM", 0),
        ("12 PM", 720),
        ("1AM -0700", 480),
        ("1504 +2400", 904),
        ("3:04 PM +0160", 784),
    ],
)
def test_odd_forms_that_are_times_too(text: str, minutes: int) -> None:
    assert TimeOfDay.parse(text).minutes == minutes


@pytest.mark.parametrize(
    "text",
    ["", "24:00", "13PM", "3pm", "3:04PM", "930", "9:5", "15:60", "15:04:05", " 15:04", "15:04 ",
     "15:04 07:00", "15:04-0700", "1504 UTC", "-1:00", "15:04 +2500", "15:04 +0061", "٣:٠٤ PM", "15"],
)  # fmt: skip
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time of day"):
        TimeOfDay.parse(text)


def test_days_are_whole_or_three_letters_in_any_case() -> None:
    for text in ("Tuesday", "tuesday", "TUE", "tue"):
        assert str(Weekday.parse(text)) == "Tuesday"
    for text in ("", "Tu", "Tues", "2"):
        with pytest.raises(ValueError, match="expected a day"):
            Weekday.parse(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-21", "2026-11-21T00:00:00"),
        ("2026-11-21T9", "2026-11-21T09:00:00"),
        ("2026-11-21T09:30", "2026-11-21T09:30:00"),
        ("2026-11-21T09:30:05", "2026-11-21T09:30:05"),
        ("2026-11-21T09:30:05.999", "2026-11-21T09:30:05"),
        ("2026-11-21 09:30:05", "2026-11-21T09:30:05"),
        ("2024-02-29", "2024-02-29T00:00:00"),
    ],
)
def test_forms_of_a_date(text: str, shown: str) -> None:
    assert str(Date.parse(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "2026-11", "26-11-21", "2026-11-31", "2026-11-21T", "2026-11-21T24", "2026-11-21T09:60",
     "2026-11-21 09:30", "2026-11-21T09:30:05Z", "2026-11-21T09:30:60", "21.11.2026"],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="expected a date"):
        Date.parse(text)


@given(st.integers(-62_000_000_000 * 10**9, 253_000_000_000 * 10**9), OFFSETS)
def test_a_moment_is_read_as_it_is_written(ns: int, offset: int) -> None:
    moment = Moment(ns, offset * 60)
    assert Moment.parse(str(moment)) == moment


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-21T08:00:00.1200Z", "2026-11-21T08:00:00.12Z"),
        ("2026-11-21T08:00:00.000Z", "2026-11-21T08:00:00Z"),
        ("2026-11-21T08:00:00.1234567899Z", "2026-11-21T08:00:00.123456789Z"),
        ("2026-11-21T08:00:00-00:00", "2026-11-21T08:00:00Z"),
        ("0999-01-01T00:00:00-03:30", "0999-01-01T00:00:00-03:30"),
    ],
)
def test_a_moment_is_written_with_no_more_digits_than_it_needs(text: str, written: str) -> None:
    assert str(Moment.parse(text)) == written
