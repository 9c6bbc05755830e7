"""Workflow commands in a step's output: `::name key=value,…::data` and the older `##[name key=value;…]data`.

`CommandParser` splits one output stream into plain bytes and commands; `actions_compat.effects.CommandState`
says what a command means. Lines end with `\\n`, `\\r\\n` or `\\r`, as they do for GitHub's runner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen, record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMMAND_NAMES: Final = frozenset(
    {
        "add-mask",
        "add-matcher",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "remove-matcher",
        "save-state",
        "set-env",
        "set-output",
        "stop-commands",
        "warning",
    }
)

# A command only for the checkout plugin of actions/checkout@v1, see `Vocabulary.extra`.
SET_REPO_PATH: Final = "internal-set-repo-path"

# The name of the command that ends `stop-commands`. Output cannot forge it: it is not registered.
RESUME: Final = "resume-commands"

LINE_LIMIT_BYTES: Final = 1 << 20

_V2 = b"::"
_V1 = b"##["
_DATA_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY_ESCAPES = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))
_V1_ESCAPES = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%"))


@frozen
class Command:
    """One command line. *name* is lower-case; *properties* keep the spelling of their first use."""

    name: str
    properties: Mapping[str, str]
    data: str
    line: bytes
    """The raw line with its newline, if it had one."""

    @property
    def text(self) -> str:
        """The line as the log shows it: decoded, without its newline."""
        return _decode(self.line)

    def get(self, key: str) -> str | None:
        """Return a property, by name in any case; None where it is not set."""
        return next((value for name, value in self.properties.items() if name.lower() == key.lower()), None)


@record
class Vocabulary:
    """Which names are commands just now. One for each step: standard output and error share it.

    *extra* names commands beyond GitHub's public ones. While *stop_token* is set, it is the only command.
    """

    extra: frozenset[str] = frozenset()
    allow_unsecure_stop_tokens: bool = False
    stop_token: str | None = None

    def knows(self, name: str) -> bool:
        """Whether *name*, in lower case, is that of a command or the token that ends `stop-commands`."""
        return name in COMMAND_NAMES or name in self.extra or self.is_stop_token(name)

    def is_stop_token(self, name: str) -> bool:
        """Whether *name*, in lower case, is the token that `stop-commands` waits for."""
        # an empty token, possible where unsecure ones are allowed, never resumes
        return bool(self.stop_token) and name == self.stop_token

    def accepts_stop_token(self, token: str) -> bool:
        """Say whether *token* may stop commands: one that output could contain by accident may not."""
        word = token.lower()
        illegal = not word or word == "pause-logging" or word in COMMAND_NAMES or word in self.extra
        return not illegal or self.allow_unsecure_stop_tokens

    def stop(self, token: str) -> None:
        """Take nothing but *token* for a command from here on; a token that may not stop changes nothing."""
        if self.accepts_stop_token(token):
            self.stop_token = token.lower()

    def resume(self) -> None:
        """Take commands for commands again."""
        self.stop_token = None


class CommandParser:
    """Split one stream into plain bytes and commands, in order; the same result at any chunk boundary.

    A chunk without a command passes through as one piece. An incomplete last line is held back until its
    newline or `flush()`; beyond LINE_LIMIT_BYTES a line is plain output, whatever it holds.
    """

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self._vocabulary = Vocabulary() if vocabulary is None else vocabulary
        self._held = bytearray()
        self._in_long_line = False

    def feed(self, data: bytes) -> list[bytes | Command]:
        """Return what is complete with *data*: pieces of plain output, and commands between them."""
        cut = _end_of_lines(data)
        if cut == 0 and not self._held.endswith(b"\r"):
            self._held += data
            return self._pass_long_line()
        if self._held:
            data = bytes(self._held) + data
            cut = _end_of_lines(data)
        self._held[:] = data[cut:]
        return self._split(data[:cut]) + self._pass_long_line()

    def flush(self) -> list[bytes | Command]:
        """Take the incomplete last line as complete: at the end of the stream, never between two chunks."""
        data = bytes(self._held)
        self._held.clear()
        pieces = self._split(data)
        self._in_long_line = False
        return pieces

    def _pass_long_line(self) -> list[bytes | Command]:
        if not self._in_long_line and len(self._held) <= LINE_LIMIT_BYTES:
            return []
        # a "\r" stays: whether it ends the line alone is known with the next byte
        keep = 1 if self._held.endswith(b"\r") else 0
        piece = bytes(self._held[: len(self._held) - keep])
        del self._held[: len(piece)]
        self._in_long_line = True
        return [piece] if piece else []

    def _split(self, data: bytes) -> list[bytes | Command]:
        pieces: list[bytes | Command] = []
        plain = start = 0
        if self._in_long_line and data:
            start = _line_end(data, 0)
            self._in_long_line = False
        for begin, end in _candidates(data, start):
            command = self._read(data[begin:end])
            if command is None:
                continue
            if begin > plain:
                pieces.append(data[plain:begin])
            pieces.append(command)
            plain = end
        if plain < len(data):
            pieces.append(data[plain:] if plain else data)
        return pieces

    def _read(self, line: bytes) -> Command | None:
        if len(line) > LINE_LIMIT_BYTES:
            return None
        vocabulary = self._vocabulary
        command = parse_command(line, vocabulary)
        if command is None:
            return None
        if vocabulary.stop_token is not None:
            if not vocabulary.is_stop_token(command.name):
                return None
            vocabulary.resume()
            return Command(RESUME, {}, command.data, line)
        if command.name == "stop-commands":
            vocabulary.stop(command.data)
        return command


def parse_command(line: bytes, vocabulary: Vocabulary) -> Command | None:
    """Read one line; None if it is plain output. The `::` form is tried first, then `##[`."""
    text = _decode(line)
    return _parse_v2(text, line, vocabulary) or _parse_v1(text, line, vocabulary)


def format_command(name: str, properties: Mapping[str, object], data: object = "") -> str:
    """Write a command as GitHub's toolkit does, without a newline: what is no string as JSON, None as ''.

    Properties that are empty, zero or false are left out.
    """
    pairs = ",".join(
        f"{key}={_escape(_to_text(value), _PROPERTY_ESCAPES)}"
        for key, value in properties.items()
        if value not in ("", 0, None)
    )
    return f"::{name}{' ' if pairs else ''}{pairs}::{_escape(_to_text(data), _DATA_ESCAPES)}"


def _to_text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    import json  # noqa: PLC0415  (only a writer of commands needs it, and it costs start-up time)

    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _parse_v2(text: str, line: bytes, vocabulary: Vocabulary) -> Command | None:
    text = text.lstrip()
    end = text.find("::", 2) if text.startswith("::") else -1
    if end < 0:
        return None
    name, space, properties = text[2:end].partition(" ")
    if not vocabulary.knows(name.lower()):
        return None
    pairs = properties.strip().split(",") if space and name else ()
    data = _unescape(text[end + 2 :], _DATA_ESCAPES)
    return Command(name.lower(), _read_properties(pairs, _PROPERTY_ESCAPES), data, line)


def _parse_v1(text: str, line: bytes, vocabulary: Vocabulary) -> Command | None:
    begin = text.find("##[")
    end = text.find("]", begin) if begin >= 0 else -1
    if end < 0:
        return None
    name, space, properties = text[begin + 3 : end].partition(" ")
    if not vocabulary.knows(name.lower()):
        return None
    pairs = properties.split(";") if space and name else ()
    data = _unescape(text[end + 1 :], _V1_ESCAPES)
    return Command(name.lower(), _read_properties(pairs, _V1_ESCAPES), data, line)


def _read_properties(pairs: Iterable[str], escapes: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Read `key=value` pairs; one without a key or a value is dropped, and of two the last one counts.

    Equal signs at the start and doubled ones are skipped, as .NET does when it drops empty parts.
    """
    properties: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for pair in pairs:
        key, _, value = pair.lstrip("=").partition("=")
        value = value.lstrip("=")
        if value:
            properties[spelling.setdefault(key.lower(), key)] = _unescape(value, escapes)
    return properties


def _unescape(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    if "%" in text:
        for escaped, char in escapes:
            text = text.replace(escaped, char)
    return text


def _escape(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for escaped, char in reversed(escapes):  # `%` first, or it would escape the others' percent signs
        text = text.replace(char, escaped)
    return text


def _decode(line: bytes) -> str:
    return line.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")


def _candidates(data: bytes, position: int) -> Iterable[tuple[int, int]]:
    """Yield where each line begins and ends that might be a command, from *position* (the start of a line).

    Every search is bounded by the line at hand or remembered, so that the whole is linear.
    """
    v2 = data.find(_V2, position)
    v1 = data.find(_V1, position)
    while v2 >= 0 or v1 >= 0:
        found = v2 if v1 < 0 or 0 <= v2 < v1 else v1
        begin = data.rfind(b"\n", position, found) + 1 or position
        begin = data.rfind(b"\r", begin, found) + 1 or begin
        position = _line_end(data, found)
        if 0 <= v1 < position or _may_start_v2(data, begin, found):
            yield begin, position
        if 0 <= v2 < position:
            v2 = data.find(_V2, position)
        if 0 <= v1 < position:
            v1 = data.find(_V1, position)


def _may_start_v2(data: bytes, begin: int, found: int) -> bool:
    if begin == found:
        return True
    head = data[begin:found].lstrip()
    return not head or head[0] >= 0x80  # white space beyond ASCII is the parser's to judge


def _line_end(data: bytes, position: int) -> int:
    """Return the end of the line at *position*, with its newline."""
    end = data.find(b"\n", position) + 1 or len(data)
    carriage = data.find(b"\r", position, end)
    if carriage < 0 or (carriage == end - 2 and data.endswith(b"\n", carriage, end)):
        return end
    return carriage + 1


def _end_of_lines(data: bytes) -> int:
    """Return the end of the last complete line. A `\\r` at the very end may be half of a `\\r\\n`."""
    end = data.rfind(b"\n") + 1
    return data.rfind(b"\r", end, len(data) - 1) + 1 or end
