"""Reads YAML 1.2 (core schema) into a tree with places, within limits that are checked as events arrive.

The tree is built from the parser's events, because composing with libyaml recurses on the C stack
and 100,000 open brackets end the process. Where PyYAML comes without libyaml, its own parser gives the same
events.
"""

from __future__ import annotations

import io
import itertools
import re
from dataclasses import field
from typing import TYPE_CHECKING, Any, NamedTuple

from actions_compat.frozen import frozen, record
from actions_compat.nodes import Mapping, Position, Scalar, Sequence, WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from actions_compat.nodes import Node

    ScalarValue: TypeAlias = str | int | float | bool | None
    PlainScalar: TypeAlias = Callable[[str], ScalarValue]


@frozen
class Limits:
    """How much one file may hold; the figures are GitHub's."""

    depth: int = 50
    nodes: int = 50_000  # aliases count as what they repeat
    characters: int = 1_048_576
    memory_bytes: int = 10_485_760  # of the tree, as GitHub counts it


class _Built(NamedTuple):
    """A finished node, with what an alias to it would add."""

    node: Node
    nodes: int
    height: int


@record
class _Open:
    """A list or mapping whose end has not come yet."""

    position: Position
    is_mapping: bool
    anchor: str | None
    items: list[Node] = field(default_factory=list)
    nodes: int = 1
    height: int = 0


def read_yaml(
    text: str, *, file: str, limits: Limits | None = None, plain: PlainScalar | None = None
) -> Node | None:
    """Return the tree of the one document in *text*; None where it holds none. Raise WorkflowError.

    *plain* gives the value of a scalar without quotes, for files that are not read with the core schema.
    """
    import yaml  # noqa: PLC0415  (20 ms that `import actions_compat` shall not cost)

    limits = limits or Limits()
    if len(text) > limits.characters:
        message = f"The maximum file size of {limits.characters} characters has been exceeded"
        raise WorkflowError(Position(file, 0, 0), message)
    try:
        return _TreeBuilder(file, limits, plain or _plain).build(_events(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file, 0, 0)
        message = ", ".join(filter(None, (error.context, error.problem)))
        raise WorkflowError(position, message, hint=_hint(text, position)) from error
    except (yaml.reader.ReaderError, UnicodeEncodeError) as error:
        raise _unreadable(text, file) from error
    except yaml.YAMLError as error:
        raise WorkflowError(Position(file, 0, 0), str(error)) from error


def memory_of(node: Node) -> int:
    """The bytes that GitHub would count for *node*, nearly: 24 for each value, and the text of strings."""
    if isinstance(node, Scalar):
        return 24 + (26 + 2 * len(node.value) if isinstance(node.value, str) else 0)
    if isinstance(node, Sequence):
        return 24 + sum(map(memory_of, node.items))
    return 24 + sum(memory_of(key) + memory_of(value) for key, value in node.items)


def _events(text: str) -> Iterator[Any]:
    """The parser's events, from libyaml where PyYAML has it."""
    import yaml  # noqa: PLC0415  (as above)

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _unreadable(text: str, file: str) -> WorkflowError:
    """The error for the first character of *text* that YAML does not allow."""
    import yaml  # noqa: PLC0415  (as above)

    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if not found:
        return WorkflowError(Position(file, 0, 0), "The file is not readable as YAML")
    before = text[: found.start()]
    position = Position(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return WorkflowError(position, f"The character U+{ord(found[0]):04X} is not allowed in YAML")


class _TreeBuilder:
    def __init__(self, file: str, limits: Limits, plain: PlainScalar) -> None:
        self.file = file
        self.limits = limits
        self.plain = plain
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Built] = {}
        self.root: Node | None = None
        self.nodes = 0
        self.memory_bytes = 0

    def build(self, events: Iterator[Any]) -> Node | None:
        documents = 0
        for event in events:
            name = type(event).__name__
            if name == "ScalarEvent":
                self._scalar(event)
            elif name in {"MappingStartEvent", "SequenceStartEvent"}:
                self._open(event, is_mapping=name == "MappingStartEvent")
            elif name in {"MappingEndEvent", "SequenceEndEvent"}:
                self._close()
            elif name == "AliasEvent":
                self._alias(event)
            elif name == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise WorkflowError(
                        self._position(event), "A file holds one document, and here another begins"
                    )
        return self.root

    def _position(self, event: Any) -> Position:
        mark = event.start_mark
        return Position(self.file, mark.line + 1, mark.column + 1)

    def _scalar(self, event: Any) -> None:
        position = self._position(event)
        scalar = Scalar(position, self._typed(event, position), event.value)
        self.memory_bytes += memory_of(scalar)
        self._add(_Built(scalar, 1, 0), event.anchor)

    def _typed(self, event: Any, position: Position) -> ScalarValue:
        if event.tag is None:
            return self.plain(event.value) if event.implicit[0] else event.value
        return event.value if event.tag == "!" else _tagged(event, position)

    def _open(self, event: Any, *, is_mapping: bool) -> None:
        position = self._position(event)
        expected = "tag:yaml.org,2002:" + ("map" if is_mapping else "seq")
        if event.tag not in {None, "!", expected}:
            raise WorkflowError(position, f"Unexpected tag '{event.tag}'", located=False)
        self._check_depth(position, 1)
        self.memory_bytes += 24
        self.stack.append(_Open(position, is_mapping, event.anchor))

    def _close(self) -> None:
        opened = self.stack.pop()
        node: Node
        if opened.is_mapping:
            node = Mapping(opened.position, tuple(self._pairs(opened.items)))
        else:
            node = Sequence(opened.position, tuple(opened.items))
        self._add(_Built(node, opened.nodes, opened.height + 1), opened.anchor, counted=True)

    def _pairs(self, items: list[Node]) -> Iterator[tuple[Scalar, Node]]:
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise WorkflowError(key.position, "A key must be a single value, not a list or mapping")
            yield key, value

    def _alias(self, event: Any) -> None:
        position = self._position(event)
        if any(opened.anchor == event.anchor for opened in self.stack):
            raise WorkflowError(position, f"The alias '{event.anchor}' stands inside what it repeats")
        if event.anchor not in self.anchors:
            hint = f"no `&{event.anchor}` stands before it"
            raise WorkflowError(position, f"Unknown alias '{event.anchor}'", hint=hint)
        built = self.anchors[event.anchor]
        self._check_depth(position, built.height)
        self._add(built, None)

    def _add(self, built: _Built, anchor: str | None, *, counted: bool = False) -> None:
        node = built.node
        self.nodes += 1 if counted else built.nodes
        if self.nodes > self.limits.nodes:
            raise WorkflowError(
                node.position, f"The file holds more than {self.limits.nodes} values", located=False
            )
        if self.memory_bytes > self.limits.memory_bytes:
            raise WorkflowError(node.position, "Maximum object size exceeded", located=False)
        if anchor:
            self.anchors[anchor] = built
        if not self.stack:
            self.root = node
            return
        parent = self.stack[-1]
        parent.items.append(node)
        parent.nodes += built.nodes
        parent.height = max(parent.height, built.height)

    def _check_depth(self, position: Position, more: int) -> None:
        if len(self.stack) + more > self.limits.depth:
            raise WorkflowError(position, "Maximum object depth exceeded", located=False)


# --- the core schema (https://yaml.org/spec/1.2.2/#103-core-schema) ---

_NULL = {"", "null", "Null", "NULL", "~"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = {
    sign + word: float(sign + word[1:].lower())
    for sign in ("", "+", "-")
    for word in (".inf", ".Inf", ".INF")
} | dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan"))
_MAYBE_TYPED = frozenset("0123456789+-.~nNtTfF")  # the first characters of everything that is not text
_EXACT = 2**53  # from here on a double does not hold every whole number


def _plain(text: str) -> str | int | float | bool | None:
    if text in _NULL:
        return None
    if text[0] not in _MAYBE_TYPED:
        return text
    if text in _BOOL:
        return _BOOL[text]
    return _number(text)


def _number(text: str) -> str | int | float:
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return _SPECIAL.get(text, text)


def _integer(text: str) -> int | float:
    prefix = {"0x": 16, "0o": 8}.get(text[:2])
    if prefix:
        number = int(text, prefix)
        return number if number < _EXACT else float(number) if number < 2**1023 else float("inf")
    as_float = float(text)  # never int() first: it refuses more than 4300 digits
    return int(text) if abs(as_float) < _EXACT else as_float


_TAG = "tag:yaml.org,2002:"
_STYLES = {"'": "SingleQuoted", '"': "DoubleQuoted", "|": "Literal", ">": "Folded"}


def _hint(text: str, position: Position) -> str:
    """What to do about what is no YAML at *position*; '' where that is not known."""
    line = next(itertools.islice(io.StringIO(text), max(position.line - 1, 0), None), "")
    is_tab = line[max(position.column - 1, 0) :].startswith("\t")
    return "YAML is indented with spaces, not with tabs" if is_tab else ""


def _tagged(event: Any, position: Position) -> str | int | float | bool | None:
    kind = event.tag.removeprefix(_TAG)
    text: str = event.value
    if kind == "str" and event.tag.startswith(_TAG):
        return text
    if kind not in {"null", "bool", "int", "float"} or not event.tag.startswith(_TAG):
        raise WorkflowError(position, f"Unexpected tag '{event.tag}'", located=False)
    where = f"on line {position.line} and column {position.column}"
    if event.style in _STYLES:
        style = _STYLES[event.style]
        message = f"The scalar style '{style}' {where} is not valid with the tag '{event.tag}'"
        raise WorkflowError(position, message, located=False)
    value = _plain(text)
    if _KIND_OF_TAG[kind](value):
        return value
    message = f"The value '{text}' {where} is invalid for the type '{event.tag}'"
    raise WorkflowError(position, message, located=False)


_KIND_OF_TAG = {
    "null": lambda value: value is None,
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
