"""The command parser: what is a command, what is output, at any chunk boundary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.commands import (
    LINE_LIMIT_BYTES,
    RESUME,
    Command,
    CommandParser,
    Vocabulary,
    format_command,
    parse_command,
)

# what lines with and without commands are made of, so that random text is often nearly a command
WORDS = st.sampled_from(
    [
        b"::",
        b":",
        b"##[",
        b"##",
        b"]",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"error",
        b"stop-commands",
        b"set-output",
        b"tok",
        b"name=x",
        b"=",
        b",",
        b";",
        b"%0A",
        b"%25",
        b"text",
        b"\xc2\xa0",
        b"\xff",
        b"::stop-commands::tok\n",
        b"::tok::\n",
    ]
)  # fmt: skip  (a table reads better than one word a line)
OUTPUT = st.lists(WORDS, max_size=30).map(b"".join)


def read(*chunks: bytes, vocabulary: Vocabulary | None = None) -> list[bytes | Command]:
    """Feed the chunks and join plain pieces that touch, which is all that chunk boundaries may change."""
    parser = CommandParser(vocabulary)
    pieces = [piece for chunk in chunks for piece in parser.feed(chunk)] + parser.flush()
    joined: list[bytes | Command] = []
    for piece in pieces:
        if joined and isinstance(piece, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def names(pieces: list[bytes | Command]) -> list[str]:
    return [piece.name for piece in pieces if isinstance(piece, Command)]


@given(OUTPUT, st.data())
def test_chunk_boundaries_change_nothing(output: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(output)), max_size=8)))
    chunks = [output[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(output)], strict=True)]
    assert read(*chunks) == read(output)


@given(OUTPUT)
def test_each_byte_alone_gives_the_same(output: bytes) -> None:
    assert read(*(output[place : place + 1] for place in range(len(output)))) == read(output)


@given(OUTPUT)
def test_nothing_is_lost(output: bytes) -> None:
    assert b"".join(piece if isinstance(piece, bytes) else piece.line for piece in read(output)) == output


@given(OUTPUT)
def test_every_command_is_one_that_a_line_alone_holds(output: bytes) -> None:
    found = [piece for piece in read(output) if isinstance(piece, Command) and piece.name != RESUME]
    assert found == [parse_command(command.line, Vocabulary()) for command in found]


@given(st.binary(max_size=200))
def test_any_bytes_are_read(output: bytes) -> None:
    read(output)


def test_a_chunk_without_commands_passes_as_one_piece() -> None:
    chunk = b"one\ntwo: three\n# four\n" * 1000
    (piece,) = CommandParser().feed(chunk)
    assert piece is chunk


def test_lines_between_commands_stay_together() -> None:
    pieces = read(b"a\nb\n::group::G\nc\nstd::move(x)\nd\n::endgroup::\n")
    assert [piece if isinstance(piece, bytes) else piece.name for piece in pieces] == [
        b"a\nb\n",
        "group",
        b"c\nstd::move(x)\nd\n",
        "endgroup",
    ]


def test_an_incomplete_line_waits_for_its_newline() -> None:
    parser = CommandParser()
    assert parser.feed(b"done\n::gro") == [b"done\n"]
    assert names(parser.feed(b"up::G\n")) == ["group"]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_the_runner_s_do(newline: bytes) -> None:
    pieces = read(b"50%" + newline + b"::debug::x" + newline + b"100%")
    assert names(pieces) == ["debug"]
    (command,) = [piece for piece in pieces if isinstance(piece, Command)]
    assert (command.data, command.text, command.line) == ("x", "::debug::x", b"::debug::x" + newline)


def test_a_newline_cut_in_two_is_one() -> None:
    whole = read(b"::error::x\r\ntext")
    assert isinstance(whole[0], Command)
    assert whole[0].line == b"::error::x\r\n"
    assert read(b"::error::x\r", b"\ntext") == whole


def test_a_line_beyond_the_limit_is_plain_output() -> None:
    long = b"::debug::" + b"x" * LINE_LIMIT_BYTES + b"\n"
    assert read(long + b"::debug::y\n") == read(long, b"::debug::y\n")
    assert names(read(long + b"::debug::y\n")) == ["debug"]
    parser = CommandParser()
    assert b"".join(piece for piece in parser.feed(long[:-1]) if isinstance(piece, bytes)) == long[:-1]


def test_a_carriage_return_ends_a_long_line_too() -> None:
    long = b"::debug::" + b"x" * LINE_LIMIT_BYTES + b"\r"
    assert names(read(long, b"::debug::y\n")) == ["debug"]
    assert names(read(long, b"\n::debug::y\n")) == ["debug"]


def test_white_space_of_any_kind_may_come_first() -> None:
    assert names(read("\u00a0\t\u3000 ::debug::x\n".encode())) == ["debug"]
    assert names(read("\u00e9::debug::x\n".encode())) == []


def test_many_single_bytes_of_one_line_stay_linear() -> None:
    parser = CommandParser()
    for _ in range(200_000):
        assert parser.feed(b".") == []
    assert parser.flush() == [b"." * 200_000]


def test_properties_are_found_in_any_case() -> None:
    (command,) = read(b"::error File=a.py,LINE=3,line=4::m\n")
    assert isinstance(command, Command)
    assert (command.get("file"), command.get("line"), command.get("col")) == ("a.py", "4", None)


def test_an_unknown_name_is_output_but_a_known_one_behind_it_counts() -> None:
    assert names(read(b"::unknown::x\n##[section]y\n")) == []
    assert names(read(b"::unknown::##[error]x\n")) == ["error"]


def test_stop_commands_holds_for_both_streams_of_a_step() -> None:
    vocabulary = Vocabulary()
    out, err = CommandParser(vocabulary), CommandParser(vocabulary)
    assert names(out.feed(b"::stop-commands::tOk3n\n")) == ["stop-commands"]
    assert names(err.feed(b"::error::no\n##[warning]no\n")) == []
    assert names(err.feed(b"::Tok3N::\n::error::yes\n")) == [RESUME, "error"]
    assert names(out.feed(b"::tok3n::\n::error::yes\n")) == ["error"]


def test_an_illegal_token_does_not_stop_commands() -> None:
    assert names(read(b"::stop-commands::error\n::error::x\n")) == ["stop-commands", "error"]


def test_resume_cannot_be_forged() -> None:
    assert names(read(b"::resume-commands::\n")) == []


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_what_the_toolkit_writes_is_read_back(data: str, value: str) -> None:
    # the outermost blanks and equal signs of the property are lost in GitHub's reader, too
    value = f"x{value}x"
    line = format_command("set-output", {"name": value}, data).encode()
    command = parse_command(line + b"\n", Vocabulary())
    assert command is not None
    assert (command.get("name"), command.data) == (value, data)
