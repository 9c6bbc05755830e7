"""Annotations and their limits."""

from __future__ import annotations

import pytest

from actions_compat.annotations import Annotation, AnnotationLimit, read_span
from actions_compat.commands import Vocabulary, parse_command


def test_a_step_has_ten_annotations_of_each_level() -> None:
    limit = AnnotationLimit()
    errors = [limit.admit(Annotation("error", str(number))) for number in range(12)]
    assert [one.message if one else None for one in errors] == [*map(str, range(10)), None, None]
    assert limit.admit(Annotation("warning", "w")) is not None


def test_a_long_message_is_cut() -> None:
    admitted = AnnotationLimit().admit(Annotation("notice", "x" * 5000))
    assert admitted is not None
    assert len(admitted.message) == 4096


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("+7", 7),
        ("-7", -7),
        ("7x", None),
        ("2147483648", None),
        ("\u0667", None),
        ("--7", None),
    ],
)
def test_numbers_are_32_bit_integers(text: str, number: int | None) -> None:
    command = parse_command(f"::error file=f,line={text}::m".encode(), Vocabulary())
    assert command is not None
    assert read_span(command).line == number
