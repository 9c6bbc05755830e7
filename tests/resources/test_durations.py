"""Durations are read and written as Go does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.durations import Duration

NS = st.integers(-(2**63) + 1, 2**63 - 1)


@pytest.mark.parametrize(
    ("text", "ns", "printed"),
    [
        ("0", 0, "0s"),
        ("60s", 60_000_000_000, "1m0s"),
        ("90m", 5_400_000_000_000, "1h30m0s"),
        ("1h30m", 5_400_000_000_000, "1h30m0s"),
        ("1.5h", 5_400_000_000_000, "1h30m0s"),
        (".5s", 500_000_000, "500ms"),
        ("1.s", 1_000_000_000, "1s"),
        ("+5s", 5_000_000_000, "5s"),
        ("-1m0.5s", -60_500_000_000, "-1m0.5s"),
        ("3us", 3_000, "3µs"),
        ("3µs4ns", 3_004, "3.004µs"),
        ("3\u03bcs", 3_000, "3µs"),
        ("100h", 360_000_000_000_000, "100h0m0s"),
        ("1h1ns", 3_600_000_000_001, "1h0m0.000000001s"),
    ],
)
def test_a_duration_is_read_and_printed(text: str, ns: int, printed: str) -> None:
    assert Duration.parse(text) == ns
    assert str(Duration.parse(text)) == printed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "never",
        "1H",
        "1h ",
        "5",
        "5d",
        "s",
        ".s",
        "1.2.3s",
        "1 h",
        "1h30",
        "1h-30m",
        "300000000h",
        "٣s",
    ],
)
def test_what_go_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 90s"):
        Duration.parse(text)


@given(NS)
def test_what_is_printed_is_read_back(ns: int) -> None:
    assert Duration.parse(str(Duration(ns))) == ns


@given(st.text(alphabet="0123456789.+-hmsuµn", max_size=12))
def test_a_text_is_a_duration_or_a_misfit(text: str) -> None:
    try:
        found = Duration.parse(text)
    except ValueError:
        return
    assert Duration.parse(str(found)) == found
