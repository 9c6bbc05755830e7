"""How much memory an evaluation may use, counted as GitHub counts it.

A string is 26 bytes and two for each UTF-16 unit, any other value 24. What a
node's operands held is released when the node comes to a primitive result.
"""

from __future__ import annotations

from actions_compat.expressions.errors import MemoryExceededError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from actions_compat.expressions.nodes import Node

MAX_MEMORY = 1_048_576
TEMPLATE_MEMORY = 10 * MAX_MEMORY  # what the runner allows to a value of a workflow
OBJECT_BYTES = 24
STRING_BYTES = 26
REFERENCE_BYTES = 8


def text_bytes(text: str) -> int:
    units = len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
    return STRING_BYTES + 2 * units


class MemoryCounter:
    """What one function has written so far."""

    __slots__ = ("_limit", "_node", "used_bytes")

    def __init__(self, limit_bytes: int, node: Node) -> None:
        self._limit = limit_bytes
        self._node = node
        self.used_bytes = 0

    def add(self, size_bytes: int) -> None:
        self.used_bytes += size_bytes
        if self.used_bytes > self._limit:
            raise MemoryExceededError(self._node.source())

    def add_text(self, text: str) -> None:
        self.add(text_bytes(text))
