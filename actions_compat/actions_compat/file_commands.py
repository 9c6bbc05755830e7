"""The files a step writes for its runner: environment, outputs, state, path and summary.

They are read after the step, also when it failed. A missing file means no values, and is no error.
"""

from __future__ import annotations

from typing import Final

SUMMARY_LIMIT_BYTES: Final = 1024 * 1024

NODE_OPTIONS_REFUSED: Final = "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command."


class FileCommandError(ValueError):
    """A file command's content is malformed; `str()` is GitHub's message."""


def parse_env(data: bytes | str) -> list[tuple[str, str]]:
    """Read `NAME=VALUE` lines and heredocs, in order, of an ENV, OUTPUT or STATE file.

    Newlines are `\\n` alone: a `\\r` belongs to the value. An empty name is returned as it stands: outputs
    and states refuse it. For ENV the caller drops names that `is_blocked` and reports NODE_OPTIONS_REFUSED.
    """
    lines = _Lines(_decode(data))
    pairs = []
    while (line := lines.next()) is not None:
        if line:
            pairs.append(_read_pair(line, lines))
    return pairs


def parse_path(data: bytes | str) -> list[str]:
    """Read the folders of a PATH file, in order; the last one comes first in the new PATH."""
    text = _decode(data).replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in text.split("\n") if line]


def check_summary(data: bytes) -> str | None:
    """Return GitHub's error where a summary is larger than 1 MiB, otherwise None."""
    if len(data) <= SUMMARY_LIMIT_BYTES:
        return None
    limit_k, size_k = SUMMARY_LIMIT_BYTES // 1024, len(data) // 1024
    return (
        f"$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of {limit_k}k,"
        f" got {size_k}k. For more information see: https://docs.github.com/actions/using-workflows/"
        "workflow-commands-for-github-actions#adding-a-markdown-summary"
    )


def unable_to_process(name: str) -> str:
    """Return the error that precedes the one of file command *name* in the log."""
    return f"Unable to process file command '{name}' successfully."


def is_blocked(name: str) -> bool:
    """Say whether ENV may not set *name*: node would run code from it in every later action."""
    return name.upper() == "NODE_OPTIONS"


class _Lines:
    """A cursor over lines, which a heredoc needs: its value is a slice of the text, newlines and all."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.ended_by_newline = False

    def next(self) -> str | None:
        if self.position >= len(self.text):
            return None
        start, end = self.position, self.text.find("\n", self.position)
        self.ended_by_newline = end >= 0
        self.position = end + 1 if self.ended_by_newline else len(self.text)
        return self.text[start:end] if self.ended_by_newline else self.text[start:]


def _read_pair(line: str, lines: _Lines) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    heredoc_name, heredoc, delimiter = line.partition("<<")
    if equals and (not heredoc or len(name) < len(heredoc_name)):
        return name, value
    if not heredoc:
        raise FileCommandError(f"Invalid format '{line}'")
    if not heredoc_name or not delimiter:
        raise FileCommandError(
            f"Invalid format '{line}'. Name must not be empty and delimiter must not be empty"
        )
    return heredoc_name, _read_heredoc(delimiter, lines)


def _read_heredoc(delimiter: str, lines: _Lines) -> str:
    start = end = lines.position
    while (line := lines.next()) != delimiter:
        if line is None:
            raise FileCommandError(f"Invalid value. Matching delimiter not found '{delimiter}'")
        if not lines.ended_by_newline:
            raise FileCommandError("Invalid value. EOF marker missing new line.")
        end = lines.position - 1
    return lines.text[start:end]


def _decode(data: bytes | str) -> str:
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return text.removeprefix("\ufeff")
