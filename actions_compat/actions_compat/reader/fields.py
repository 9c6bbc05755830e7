"""Takes checked values out of a tree: the reader has made sure that they have these kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.nodes import Mapping, Scalar, Sequence, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actions_compat.nodes import Node


def text_of(node: Node | None) -> str:
    """The value as text; '' for no node, and for what is no single value."""
    return to_text(node.value) if isinstance(node, Scalar) else ""


def scalar_of(node: Node | None) -> Scalar | None:
    return node if isinstance(node, Scalar) else None


def is_true(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value is True


def items_of(node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
    """The pairs of a mapping; () for anything else."""
    return node.items if isinstance(node, Mapping) else ()


def fields_of(node: Node | None) -> dict[str, Node]:
    """The mapping by its keys' text, in file order; {} for anything else."""
    return {to_text(key.value): value for key, value in items_of(node)}


def each(node: Node | None) -> Iterator[Node]:
    """The items of a list, or the one value that stands for a list of one."""
    if isinstance(node, Sequence):
        yield from node.items
    elif node is not None:
        yield node


def texts_of(node: Node | None) -> tuple[str, ...]:
    return tuple(text_of(item) for item in each(node))
