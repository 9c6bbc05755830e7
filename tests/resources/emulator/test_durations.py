"""Durations as Go reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.emulator.durations import parse_duration_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (".5s", 0.5),
        ("1.s", 1),
        ("300ms", 0.3),
        ("-1m", -60),
        ("+1m", 60),
        ("2us", 2e-6),
        ("2µs", 2e-6),
        ("10s", 10),
        ("1m1m", 120),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1", "10", "1d", "1 h", "h", "1h30", "1H", ".s", "-", "never", "1h "])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration, such as 1h30m"):
        parse_duration_s(text)


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_what_go_prints(hours: int, minutes: int, seconds: int) -> None:
    assert parse_duration_s(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
