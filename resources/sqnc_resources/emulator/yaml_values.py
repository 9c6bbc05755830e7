"""Values from YAML, as Concourse's reader gives them, with merged maps and keys as text."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from actions_compat.nodes import Mapping, Position, Scalar, Sequence, WorkflowError
from actions_compat.yaml_tree import Limits, read_yaml
from sqnc_resources.emulator.vars import Interpolation, Number, VarError, Variables, key_text
from sqnc_resources.emulator.yaml_scalars import DIGITS_MAX, plain_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from actions_compat.nodes import Node

LIMITS: Final = Limits(depth=200, nodes=1_000_000, characters=16 * 2**20, memory_bytes=256 * 2**20)
_GREATEST: Final = 2**1023  # of all powers of 2 that a double holds
_WHOLE: Final = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+|0o[0-7]+", re.ASCII)
_MERGE: Final = "<<"


def read_tree(text: str, file: str) -> Node | None:
    """Read YAML as Concourse does; None for an empty document. Raise WorkflowError."""
    return read_yaml(text, file=file, limits=LIMITS, plain=plain_scalar)


def read_vars_file(text: str, file: str) -> dict[str, object]:
    """Read a file of `-l`; raise WorkflowError.

    Its numbers become floats, which cannot stand inside a text: so it is in `fly`, too.
    """
    node = read_yaml(text, file=file, limits=LIMITS, plain=_as_float)
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return {}
    if not isinstance(node, Mapping):
        raise WorkflowError(node.position, "A mapping was expected", hint="a vars file names one var a line")
    return Values().mapping(node)


def read_var(text: str, option: str) -> object:
    """Read the value that *option*, such as `-y name`, is given; raise WorkflowError."""
    node = read_yaml(text, file=option, limits=LIMITS, plain=_as_number)
    return None if node is None else Values().value(node)


class Values:
    """Turns nodes into plain values, with every var put in that has a value."""

    def __init__(
        self, variables: Variables | None = None, scalar: Callable[[Scalar], object] = attrgetter("value")
    ) -> None:
        self._interpolation = Interpolation(variables or Variables())
        self._scalar = scalar

    @property
    def used(self) -> set[str]:
        """The texts that came from vars."""
        return self._interpolation.used

    def value(self, node: Node) -> object:
        """Return the node's value; raise WorkflowError at the place of what cannot be."""
        match node:
            case Scalar():
                return self._apply(self._scalar(node), node.position)
            case Sequence():
                return [self.value(item) for item in node.items]
            case Mapping():
                return self.mapping(node)

    def mapping(self, node: Mapping) -> dict[str, object]:
        """Return the mapping's values by their keys as text."""
        return {name: self.value(item) for name, (_, item) in self.items(node).items()}

    def items(self, node: Mapping) -> dict[str, tuple[Scalar, Node]]:
        """Return the mapping's nodes by their keys as text; `<<` adds those of other mappings."""
        found: dict[str, tuple[Scalar, Node]] = {}
        own: set[str] = set()
        for key, item in node.items:
            if key.value == _MERGE:
                for merged in _merged(item):
                    found |= self.items(merged)
                continue
            name = self._key(key)
            if name in own:
                raise WorkflowError(key.position, f"'{name}' is already defined")
            own.add(name)
            found[name] = (key, item)
        return found

    def _key(self, key: Scalar) -> str:
        try:
            return key_text(self._apply(self._scalar(key), key.position))
        except VarError as error:
            raise WorkflowError(key.position, str(error)) from error

    def _apply(self, value: object, position: Position) -> object:
        try:
            return self._interpolation.apply(value)
        except VarError as error:
            hint = "quote the number in the vars file" if "(float64)" in str(error) else ""
            raise WorkflowError(position, str(error), hint=hint) from error


def exact(scalar: Scalar) -> object:
    """The value of a workflow's scalar with all its digits; whole numbers from 2**53 on are doubles there."""
    text = scalar.text
    if not isinstance(scalar.value, float) or len(text) > DIGITS_MAX or not _WHOLE.fullmatch(text):
        return scalar.value
    return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))


def _merged(node: Node) -> Iterator[Mapping]:
    """The mappings that `<<` names; of a list the first wins, so it comes last."""
    nodes = node.items[::-1] if isinstance(node, Sequence) else (node,)
    for item in nodes:
        if not isinstance(item, Mapping):
            raise WorkflowError(item.position, "map merge requires map or sequence of maps as the value")
        yield item


def _as_float(text: str) -> str | float | bool | None:
    value = plain_scalar(text)
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    return float(value) if abs(value) < _GREATEST else text


def _as_number(text: str) -> str | int | float | bool | None:
    value = plain_scalar(text)
    return Number(value) if isinstance(value, float) else value
