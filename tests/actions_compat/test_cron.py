"""The five fields of a schedule: which are refused, and when the others are due."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.cron import Cron, CronError

START = datetime(2024, 2, 26, tzinfo=UTC)  # a Monday, before a leap day


def due(text: str, *, hours: int = 24) -> list[str]:
    """The moments from START on, as `weekday day hour:minute`."""
    cron = Cron.parse(text)
    moments = (START + timedelta(minutes=minute) for minute in range(hours * 60))
    return [moment.strftime("%a %d %H:%M") for moment in moments if cron.fits(moment)]


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("30 5 * * *", ["Mon 26 05:30"]),
        ("*/20 0 * * *", ["Mon 26 00:00", "Mon 26 00:20", "Mon 26 00:40"]),
        ("50/5 0 * * *", ["Mon 26 00:50", "Mon 26 00:55"]),
        ("1-5/2,59 0 * * *", ["Mon 26 00:01", "Mon 26 00:03", "Mon 26 00:05", "Mon 26 00:59"]),
        ("0  1 26 2 *", ["Mon 26 01:00"]),
        ("0 1 * FEB mon", ["Mon 26 01:00"]),
        ("0 1 * jan *", []),
    ],
)
def test_a_schedule_is_due(text: str, moments: list[str]) -> None:
    assert due(text) == moments


def test_one_kind_of_day_is_enough_where_both_are_limited() -> None:
    assert due("0 0 29 * TUE", hours=24 * 7) == ["Tue 27 00:00", "Thu 29 00:00"]
    assert due("0 0 29 * *", hours=24 * 7) == ["Thu 29 00:00"]
    assert due("0 0 * * SUN,2-3", hours=24 * 7) == ["Tue 27 00:00", "Wed 28 00:00", "Sun 03 00:00"]


def test_a_moment_counts_in_its_own_time_zone() -> None:
    nine = Cron.parse("0 9 * * *")
    summer = datetime(2024, 7, 1, 7, tzinfo=UTC)
    assert not nine.fits(summer)
    assert nine.fits(summer.astimezone(ZoneInfo("Europe/Berlin")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * *",
        " * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 7",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/60 * * * *",
        "1,,2 * * * *",
        "1/2/3 * * * *",
        "*-5 * * * *",
        "jan * * * *",
        "* * * * monday",
        "@daily",
        "٣ * * * *",
        "1" * 5000 + " * * * *",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(CronError, match=r"^Invalid cron expression\. Expected format: "):
        Cron.parse(text)


@given(st.text("0123456789*/-, jansu", max_size=20))
def test_any_text_is_a_schedule_or_the_error(text: str) -> None:
    with suppress(CronError):
        assert Cron.parse(text).minutes
