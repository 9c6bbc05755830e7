"""Problem matchers: regular expressions that turn lines of a step's output into annotations."""

from __future__ import annotations

import json
import re
import time
from dataclasses import fields, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Self, cast

from actions_compat.annotations import Annotation
from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from actions_compat.annotations import Level

TIMEOUT_S: Final = 1.0
# Longer lines are plain output: backtracking on them could take hours, and nothing stops Python's `re`.
LINE_LIMIT_CHARACTERS: Final = 16 * 1024

_SEVERITIES: Final = ("error", "warning", "notice")
# The reader that GitHub uses takes comments and trailing commas; strings are matched first, to be kept.
_LENIENCES: Final = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/|,(?=\s*[}\]])', re.DOTALL)
# What .NET writes otherwise than Python; escaped characters are matched too, so that they are passed over.
_DOTNET: Final = re.compile(
    r"\\k<(?P<reference>\w+)>|\\c(?P<control>[A-Za-z])|\\.|\(\?<(?![=!])"
    r"|\[\^?\]?(?P<members>(?:\\.|[^\]\\])*)\]|\[.*",  # a class; one without an end is for re to refuse
    re.DOTALL,
)
# In a class, what Python warns of because it may mean something one day: a bracket, and a set operation.
_RESERVED: Final = re.compile(r"(\\.)|\[|(?<=.)([&|~-])\2", re.DOTALL)


class MatcherError(ValueError):
    """A matcher's configuration is wrong; `str()` is GitHub's message where GitHub has one."""


@frozen
class Match:
    """What a matcher took from its lines: None where no pattern names it, '' where its group was empty."""

    file: str | None = None
    line: str | None = None
    column: str | None = None
    severity: str | None = None
    code: str | None = None
    message: str | None = None
    from_path: str | None = None


# property of Match → key of a pattern in the configuration
_KEYS: Final = {name.name: "fromPath" if name.name == "from_path" else name.name for name in fields(Match)}


@frozen
class LinePattern:
    """One line of a problem. *groups* maps properties of `Match` to group numbers, 0 for the whole match."""

    regexp: re.Pattern[str]
    groups: Mapping[str, int]
    loop: bool

    def extend(self, running: Match, line: str) -> Match | None:
        """Match *line* and add its groups to *running*, which keeps what earlier lines have set."""
        found = self.regexp.search(line)
        if found is None:
            return None
        new = {
            name: found[group] or "" for name, group in self.groups.items() if getattr(running, name) is None
        }
        return replace(running, **new)


@frozen
class ProblemMatcher:
    """One matcher of a configuration. *severity* and *from_path* stand in for what its lines do not say."""

    owner: str
    severity: str
    from_path: str
    patterns: tuple[LinePattern, ...]

    @classmethod
    def parse(cls, config: Mapping[str, object]) -> Self:
        """Check one entry of `problemMatcher`; raise MatcherError at the first thing that is wrong."""
        owner, severity = _text(config, "owner"), _text(config, "severity")
        if not owner:
            raise MatcherError("Owner must not be empty")
        if severity and severity.lower() not in _SEVERITIES:
            raise MatcherError(f"Matcher '{owner}' contains unexpected default severity '{severity}'")
        configs = config.get("pattern") or []
        if not isinstance(configs, list):
            raise MatcherError(f"Matcher '{owner}': pattern: expected a list of patterns")
        if not configs:
            raise MatcherError(f"Matcher '{owner}' does not contain any patterns")
        patterns = tuple(_parse_pattern(entry, place, len(configs)) for place, entry in enumerate(configs))
        _check_properties(patterns)
        return cls(owner, severity, _text(config, "fromPath"), patterns)


def parse_matchers(text: str | bytes) -> tuple[ProblemMatcher, ...]:
    """Read a configuration file: `{"problemMatcher": […]}`; raise MatcherError. Comments are allowed."""
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig", "replace")
    try:
        config = json.loads(_LENIENCES.sub(lambda match: match[1] or "", text))
    except (ValueError, RecursionError) as error:
        raise MatcherError(f"problem matcher: not JSON: {error}") from None
    entries = config.get("problemMatcher") if isinstance(config, dict) else None
    if not isinstance(entries, list):
        raise MatcherError('problem matcher: expected an object with a list "problemMatcher"')
    matchers = tuple(ProblemMatcher.parse(_mapping(entry)) for entry in entries)
    _check_owners(matchers)
    return matchers


class RunningMatcher:
    """A matcher with the lines it has seen so far of a problem that spans several."""

    def __init__(self, matcher: ProblemMatcher) -> None:
        self.matcher = matcher
        self._running: list[Match | None] = []
        self.reset()

    def reset(self) -> None:
        self._running = [None] * (len(self.matcher.patterns) - 1)

    def match(self, line: str) -> Match | None:
        """Take one line, without its newline; return what is known when *line* completes a problem.

        The last pattern is tried first: a line that ends one problem is not also the start of the next.
        """
        patterns = self.matcher.patterns
        last = len(patterns) - 1
        for place in range(last, -1, -1):
            running = self._running[place - 1] if place else Match()
            if running is None:
                continue
            found = patterns[place].extend(running, line)
            if place < last:
                self._running[place] = found
            elif found is not None:
                self.reset()
                if patterns[place].loop:
                    self._running[place - 1] = running
                return self._with_defaults(found)
            elif place:
                self._running[place - 1] = None
        return None

    def _with_defaults(self, match: Match) -> Match:
        severity = match.severity or self.matcher.severity or None
        return replace(match, severity=severity, from_path=match.from_path or self.matcher.from_path or None)


@frozen
class MatcherAnswer:
    """What the matchers made of a line: without an *annotation* the line is plain output."""

    annotation: Annotation | None
    debug: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class MatcherSet:
    """The matchers of one stream, in the order in which they are asked: the newest first."""

    def __init__(self, matchers: Iterable[ProblemMatcher] = ()) -> None:
        self._matchers = [RunningMatcher(matcher) for matcher in matchers]

    def __bool__(self) -> bool:
        return bool(self._matchers)

    def add(self, matcher: ProblemMatcher) -> None:
        """Put *matcher* first; it replaces one of the same owner."""
        self.remove(matcher.owner)
        self._matchers.insert(0, RunningMatcher(matcher))

    def remove(self, owner: str) -> None:
        """Remove the matcher of *owner*, in any case, if there is one."""
        self._matchers = [one for one in self._matchers if one.matcher.owner.lower() != owner.lower()]

    def match(self, line: str) -> MatcherAnswer:
        """Take one line that is no command, without its newline.

        A line that completes a problem makes all other matchers forget the lines they have seen. The
        annotation's file is relative to the workspace, `fromPath` included; the caller drops it unless it
        exists in the repository.
        """
        debug: list[str] = []
        warnings: list[str] = []
        if len(line) > LINE_LIMIT_CHARACTERS:
            return MatcherAnswer(None)
        for matcher in list(self._matchers):
            match = self._try(matcher, line, warnings)
            if match is None:
                continue
            for other in self._matchers:
                if other is not matcher:
                    other.reset()
            annotation = _annotate(match, debug)
            if annotation is not None:
                return MatcherAnswer(annotation, tuple(debug), tuple(warnings))
        return MatcherAnswer(None, tuple(debug), tuple(warnings))

    def _try(self, matcher: RunningMatcher, line: str, warnings: list[str]) -> Match | None:
        started = time.perf_counter()
        match = matcher.match(line)
        if time.perf_counter() - started > TIMEOUT_S:
            self._matchers.remove(matcher)
            warnings.append(
                f"Removing issue matcher '{matcher.matcher.owner}': a line took it more than {TIMEOUT_S:g} s."
            )
        return match


def _annotate(match: Match, debug: list[str]) -> Annotation | None:
    if not (match.message or "").strip():
        debug.append("Skipping logging an issue for the matched line because the message is empty.")
        return None
    level = (match.severity or "error").lower()
    if level not in _SEVERITIES:
        skipped = "Skipped logging an issue for the matched line because"
        debug.append(f"{skipped} the severity '{match.severity}' is not supported.")
        return None
    return Annotation(
        cast("Level", level),
        match.message or "",
        file=_locate(match),
        line=_number(match.line, "line", debug),
        column=_number(match.column, "column", debug),
        code=(match.code or "").strip() or None,
    )


def _locate(match: Match) -> str | None:
    file = (match.file or "").strip() and match.file
    if not file or not (match.from_path or "").strip():
        return file or None
    return str(PurePosixPath(match.from_path or "").parent / file)


def _number(text: str | None, what: str, debug: list[str]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) < 1 << 31:
        return int(text)
    debug.append(f"Unable to parse {what} number '{text}'")
    return None


def _parse_pattern(entry: object, place: int, count: int) -> LinePattern:
    config = _mapping(entry)
    loop = config.get("loop") is True
    if loop and (place == 0 or place < count - 1):
        raise MatcherError("Only the last pattern in a multiline matcher may set 'loop'")
    if loop and config.get("message") is None:
        raise MatcherError("The loop pattern must set 'message'")
    regexp = _compile(_text(config, "regexp"))
    groups = {
        name: _group(config[key], key, regexp) for name, key in _KEYS.items() if config.get(key) is not None
    }
    return LinePattern(regexp, groups, loop)


def _compile(pattern: str) -> re.Pattern[str]:
    """Compile a pattern as .NET reads it under its ECMAScript option: classes such as `\\d` are ASCII."""
    try:
        return re.compile(_DOTNET.sub(_in_python, pattern), re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        raise MatcherError(f"Invalid regular expression '{pattern}': {error}") from None


def _in_python(found: re.Match[str]) -> str:
    text = found[0]
    if reference := found["reference"]:
        return f"(?P={reference})"
    if control := found["control"]:
        return f"\\x{ord(control.upper()) - 64:02x}"
    if members := found["members"]:
        escaped = _RESERVED.sub(
            lambda one: one[1] or (f"{one[2]}\\{one[2]}" if one[2] == "-" else re.escape(one[0])), members
        )
        return text.removesuffix(f"{members}]") + f"{escaped}]"
    return {"(?<": "(?P<", "\\e": "\\x1b"}.get(text, text)


def _group(value: object, key: str, regexp: re.Pattern[str]) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value, re.ASCII):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise MatcherError(f"The property '{key}' must be the number of a group, not {value!r}")
    if not 0 <= value <= regexp.groups:
        raise MatcherError(f"The property '{key}' is set to {value} which is out of range")
    return value


def _check_properties(patterns: Sequence[LinePattern]) -> None:
    seen: set[str] = set()
    for pattern in patterns:
        for name in pattern.groups:
            if name in seen:
                raise MatcherError(f"The property '{_KEYS[name]}' is set twice")
            seen.add(name)
    if "message" not in seen:
        raise MatcherError("At least one pattern must set 'message'")


def _check_owners(matchers: Sequence[ProblemMatcher]) -> None:
    seen: set[str] = set()
    for matcher in matchers:
        if matcher.owner.lower() in seen:
            raise MatcherError(f"Duplicate owner name '{matcher.owner}'")
        seen.add(matcher.owner.lower())


def _mapping(entry: object) -> Mapping[str, object]:
    if not isinstance(entry, dict):
        raise MatcherError(f"problem matcher: expected an object, not {entry!r}")
    return entry


def _text(config: Mapping[str, object], key: str) -> str:
    value = config.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MatcherError(f"problem matcher: {key}: expected text, not {value!r}")
    return value
