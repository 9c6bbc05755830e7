"""Scalars as go-yaml v2 reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.emulator.go_json import decode_first, encode
from sqnc_resources.emulator.yaml_scalars import plain_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("On", True),
        ("y", True),
        ("OFF", False),
        ("n", False),
        ("yEs", "yEs"),
        ("", None),
        ("~", None),
        ("null", None),
        ("nulL", "nulL"),
        ("0", 0),
        ("-0", 0),
        ("+12", 12),
        ("1_000", 1000),
        ("0777", 511),
        ("0o17", 15),
        ("0b101", 5),
        ("-0b101", -5),
        ("0xFf", 255),
        ("08", 8.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", float("-inf")),
        ("12345678901234567890123", 12345678901234567890123),
        ("9007199254740993", 2**53 + 1),
        ("0x" + "f" * 3998, "0x" + "f" * 3998),
        ("9" * 5000, "9" * 5000),
        ("1e999", "1e999"),
        ("-.1e999", "-.1e999"),
        (".1e999", ".1e999"),
        ("1_0e999", "1_0e999"),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("1e", "1e"),
        ("0x", "0x"),
        ("v1", "v1"),
        ("٣", "٣"),
    ],
)
def test_plain_scalars(text: str, value: object) -> None:
    found = plain_scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["19:00", "1:30:00", "2024-01-01", "2024-01-01T00:00:00Z", "<<", "="])
def test_times_are_text_unlike_in_yaml_1_1(text: str) -> None:
    assert plain_scalar(text) == text


@given(st.integers())
def test_whole_numbers_keep_their_digits(number: int) -> None:
    assert plain_scalar(str(number)) == number


def test_every_whole_number_can_be_written() -> None:
    longest = plain_scalar("0x" + "f" * 3400)
    assert decode_first(encode(longest)) == longest == 16**3400 - 1


@given(st.text())
def test_any_text_has_a_value(text: str) -> None:
    found = plain_scalar(text)
    assert found is None or isinstance(found, str | int | float)
