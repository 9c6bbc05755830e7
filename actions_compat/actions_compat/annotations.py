"""Annotations: errors, warnings and notices, with a place in a file, and their limits."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Final, Literal

from actions_compat.frozen import frozen, record

if TYPE_CHECKING:
    from actions_compat.commands import Command

Level = Literal["error", "warning", "notice"]

ANNOTATIONS_PER_LEVEL: Final = 10
MESSAGE_LIMIT_CHARACTERS: Final = 4096


@frozen
class Annotation:
    """One issue. *file* is as the step wrote it: relating it to the repository needs a file system."""

    level: Level
    message: str
    file: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    end_column: int | None = None
    title: str | None = None
    code: str | None = None


@frozen
class Span:
    """A checked place, as the properties `line`, `endLine`, `col` and `endColumn` give it."""

    line: int | None
    end_line: int | None
    column: int | None
    end_column: int | None
    complaints: tuple[str, ...] = ()
    """What was wrong, in GitHub's words, for the debug log."""


def annotate(level: Level, command: Command) -> tuple[Annotation, tuple[str, ...]]:
    """Read an `error`, `warning` or `notice` command; the second value holds complaints for the debug log."""
    span = read_span(command)
    annotation = Annotation(
        level=level,
        message=command.data,
        file=command.get("file"),
        line=span.line,
        end_line=span.end_line,
        column=span.column,
        end_column=span.end_column,
        title=command.get("title"),
        code=command.get("code"),
    )
    return annotation, span.complaints


def read_span(command: Command) -> Span:
    """Check the four numbers against each other, in GitHub's order; what contradicts is dropped."""
    line, end_line, column, end_column = (
        _number(command.get(key)) for key in ("line", "endLine", "col", "endColumn")
    )
    complaints = []
    if end_line is not None and line is None:
        complaints.append("'endLine' can only be set if 'line' is provided")
        line = end_line
    if end_column is not None and column is None:
        complaints.append("'endColumn' can only be set if 'col' is provided")
        column = end_column
    if line is None and column is not None:
        complaints.append("'col' and 'endColumn' can only be set if 'line' value is provided")
        column = end_column = None
    if end_line is not None and line != end_line and column is not None:
        complaints.append("'col' and 'endColumn' cannot be set if 'line' and 'endLine' are different values")
        column = end_column = None
    if line is not None and end_line is not None and end_line < line:
        complaints.append("'endLine' cannot be less than 'line'")
        line = end_line = None
    if column is not None and end_column is not None and end_column < column:
        complaints.append("'endColumn' cannot be less than 'col'")
        column = end_column = None
    words = (f"Invalid {command.name} command value. {complaint}" for complaint in complaints)
    return Span(line, end_line, column, end_column, tuple(words))


@record
class AnnotationLimit:
    """The limit of one step: ten annotations of each level; what is beyond stays in the log alone."""

    counts: dict[Level, int] = field(default_factory=dict)

    def admit(self, annotation: Annotation) -> Annotation | None:
        """Count *annotation*; return it with its message cut to size, or None beyond the step's share."""
        count = self.counts.get(annotation.level, 0) + 1
        self.counts[annotation.level] = count
        if count > ANNOTATIONS_PER_LEVEL:
            return None
        return replace(annotation, message=annotation.message[:MESSAGE_LIMIT_CHARACTERS])


def _number(text: str | None) -> int | None:
    """Read a 32-bit integer as .NET's int.TryParse does: blanks around and a sign are allowed."""
    digits = (text or "").strip().removeprefix("+")
    if not digits.removeprefix("-").isdecimal() or not digits.isascii() or len(digits) > 11:
        return None
    number = int(digits)
    return number if -(1 << 31) <= number < 1 << 31 else None
