"""The files a step leaves for its runner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.file_commands import (
    SUMMARY_LIMIT_BYTES,
    FileCommandError,
    check_summary,
    is_blocked,
    parse_env,
    parse_path,
    unable_to_process,
)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("A=1\nA=2", [("A", "1"), ("A", "2")]),
        ("A=x<<y", [("A", "x<<y")]),
        ("A<<B=C\nx\nB=C\n", [("A", "x")]),
        (" A = b ", [(" A ", " b ")]),
        ("A=b\r\nC=d", [("A", "b\r"), ("C", "d")]),
        ("A<<E\n1\r\n2\nE\n", [("A", "1\r\n2")]),
        ("A<<E\n\n\nE", [("A", "\n")]),
        ("=x", [("", "x")]),
        ("A<<E\nB=1\nE", [("A", "B=1")]),
    ],
)
def test_values_are_kept_as_they_are(text: str, pairs: list[tuple[str, str]]) -> None:
    assert parse_env(text) == pairs
    assert parse_env(b"\xef\xbb\xbf" + text.encode()) == pairs


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word", "Invalid format 'word'"),
        ("<<E\nE", "Invalid format '<<E'. Name must not be empty and delimiter must not be empty"),
        ("A<<\n", "Invalid format 'A<<'. Name must not be empty and delimiter must not be empty"),
        ("A<<E\nx\n", "Invalid value. Matching delimiter not found 'E'"),
        ("A<<E\nx\n E", "Invalid value. EOF marker missing new line."),
        ("A<<E\r\nx\r\nE\n", "Invalid value. Matching delimiter not found 'E\r'"),
    ],
)
def test_a_malformed_file_has_github_s_message(text: str, message: str) -> None:
    with pytest.raises(FileCommandError) as caught:
        parse_env(text)
    assert str(caught.value) == message


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_]\w{0,8}", fullmatch=True), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_what_the_toolkit_writes_is_read_back(values: dict[str, str]) -> None:
    text = "".join(f"{name}<<ghadelimiter_1\n{value}\nghadelimiter_1\n" for name, value in values.items())
    assert dict(parse_env(text.encode())) == values


@given(st.text() | st.binary())
def test_any_file_gives_values_or_the_error(data: str | bytes) -> None:
    try:
        pairs = parse_env(data)
    except FileCommandError:
        return
    assert [len(pair) for pair in pairs] == [2] * len(pairs)


def test_paths_are_lines() -> None:
    assert parse_path(b"\xef\xbb\xbf/a\n\n/b c\r\n/d") == ["/a", "/b c", "/d"]
    assert parse_path("") == []


def test_a_summary_may_have_a_mebibyte() -> None:
    assert check_summary(b"x" * SUMMARY_LIMIT_BYTES) is None
    assert "supports content up to a size of 1024k, got 2048k" in (
        check_summary(b"x" * 2 * SUMMARY_LIMIT_BYTES) or ""
    )


def test_node_options_are_blocked_in_any_case() -> None:
    assert is_blocked("Node_Options")
    assert not is_blocked("NODE")
    assert unable_to_process("env") == "Unable to process file command 'env' successfully."
