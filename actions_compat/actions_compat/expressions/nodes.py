"""The syntax tree, and what each of its nodes evaluates to.

A tree is at most MAX_DEPTH nodes high (parser.py), so that recursion is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import floor, isnan

from actions_compat.expressions.errors import MemoryExceededError
from actions_compat.expressions.memory import OBJECT_BYTES, REFERENCE_BYTES, MemoryCounter, text_bytes
from actions_compat.expressions.values import (
    ARRAY,
    OBJECT,
    STRING,
    FilteredArray,
    equals,
    is_less,
    is_primitive,
    is_truthy,
    kind_of,
    look_up,
    to_number,
    to_text,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Protocol, TypeAlias

    class Node(Protocol):
        """A part of an expression; `height` counts the nodes down to its deepest leaf."""

        @property
        def height(self) -> int: ...
        @property
        def children(self) -> tuple[Node, ...]: ...
        def evaluate(self, run: Evaluation) -> object: ...
        def source(self) -> str: ...

    Function: TypeAlias = "Callable[[Call, Evaluation], object]"


class Evaluation:
    """One evaluation: what it reads, and how much memory it holds."""

    __slots__ = ("contexts", "functions", "held_bytes", "limit_bytes", "root", "strict_json")

    def __init__(
        self,
        contexts: Mapping[str, object],
        functions: Mapping[str, Callable[..., object]],
        root: Node,
        *,
        limit_bytes: int,
        strict_json: bool,
    ) -> None:
        self.contexts = contexts
        self.functions = functions
        self.root = root
        self.held_bytes = 0
        self.limit_bytes = limit_bytes
        self.strict_json = strict_json

    def settle(self, before_bytes: int, value: object) -> object:
        """Charge *value*, and release what its operands held since *before_bytes* if it is primitive."""
        if type(value) is str:
            self.held_bytes = before_bytes + text_bytes(value)
        elif is_primitive(value):
            self.held_bytes = before_bytes + (text_bytes(value) if isinstance(value, str) else OBJECT_BYTES)
        else:
            self.held_bytes += OBJECT_BYTES
        if self.held_bytes > self.limit_bytes:
            raise MemoryExceededError(self.root.source())
        return value

    def filtered(self, items: Iterator[object], node: Node) -> FilteredArray:
        """Make an array, charged as it grows: its items are references to what is charged elsewhere."""
        counter = MemoryCounter(self.limit_bytes - self.held_bytes, node)
        counter.add(OBJECT_BYTES)
        result = FilteredArray()
        for item in items:
            counter.add(REFERENCE_BYTES)
            result.append(item)
        self.held_bytes += counter.used_bytes
        return result


class Literal:
    __slots__ = ("size_bytes", "value")
    height: Final = 1
    children: Final[tuple[Node, ...]] = ()

    def __init__(self, value: object) -> None:
        self.value = value
        self.size_bytes = text_bytes(value) if isinstance(value, str) else OBJECT_BYTES

    def evaluate(self, run: Evaluation) -> object:
        run.held_bytes += self.size_bytes
        if run.held_bytes > run.limit_bytes:
            raise MemoryExceededError(run.root.source())
        return self.value

    def source(self) -> str:
        if self.value is None:
            return "null"
        if isinstance(self.value, str):
            return "'" + self.value.replace("'", "''") + "'"
        return to_text(self.value)


class Wildcard:
    """The `*` of `.*` and `[*]`; anywhere else it is but a text."""

    __slots__ = ()
    height: Final = 1
    children: Final[tuple[Node, ...]] = ()

    def evaluate(self, run: Evaluation) -> object:
        return run.settle(run.held_bytes, "*")

    def source(self) -> str:
        return "*"


class NamedValue:
    """A context; that it is known has been checked."""

    __slots__ = ("name",)
    height: Final = 1
    children: Final[tuple[Node, ...]] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def evaluate(self, run: Evaluation) -> object:
        found = look_up(run.contexts, self.name)
        assert found is not None  # checked before the evaluation began
        return run.settle(run.held_bytes, found[0])

    def source(self) -> str:
        return self.name


class Operation:
    """A node with operands."""

    __slots__ = ("children", "height")

    def __init__(self, children: Sequence[Node]) -> None:
        self.children = tuple(children)
        self.height = 1 + max((child.height for child in self.children), default=0)


class Index(Operation):
    """`a.b`, `a[b]`, `a.*` and `a[*]`: what is not there is null, or missing from the array."""

    __slots__ = ()

    def evaluate(self, run: Evaluation) -> object:
        before = run.held_bytes
        collection, key = self.children
        found = collection.evaluate(run)
        kind = kind_of(found)
        if type(key) is Wildcard:
            key.evaluate(run)
            return run.filtered(_filtered(found), self)
        if type(found) is FilteredArray:
            return run.filtered(_picked(found, key.evaluate(run)), self)
        if kind is not OBJECT and kind is not ARRAY:
            return run.settle(before, None)
        return run.settle(before, item_of(found, key.evaluate(run)))

    def source(self) -> str:
        collection, key = self.children
        if isinstance(key, Literal) and isinstance(key.value, str) and _is_name(key.value):
            return f"{collection.source()}.{key.value}"
        return f"{collection.source()}[{key.source()}]"


def _is_name(text: str) -> bool:
    return text.replace("-", "_").isidentifier() and text.isascii() and text[0] != "-"


def _filtered(value: object) -> Iterator[object]:
    """Yield the items of `value.*`."""
    if type(value) is FilteredArray:
        for nested in value:
            yield from _items(nested)
    else:
        yield from _items(value)


def _items(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value


def _picked(array: FilteredArray, key: object) -> Iterator[object]:
    """Yield *key*'s item of each item that has one."""
    for nested in array:
        item = _item(nested, key)
        if item is not None:
            yield item[0]


def item_of(collection: object, key: object) -> object:
    """`collection[key]`, None where there is no such item."""
    item = _item(collection, key)
    return item and item[0]


def _item(collection: object, key: object) -> tuple[object] | None:
    if isinstance(collection, Mapping):
        return look_up(collection, to_text(key)) if is_primitive(key) else None
    if isinstance(collection, (list, tuple)):
        position = to_number(key)
        if not isnan(position) and 0 <= position < len(collection):
            return (collection[floor(position)],)
    return None


class Not(Operation):
    __slots__ = ()

    def evaluate(self, run: Evaluation) -> object:
        before = run.held_bytes
        return run.settle(before, not is_truthy(self.children[0].evaluate(run)))

    def source(self) -> str:
        return "!" + self.children[0].source()


class And(Operation):
    """The first falsy operand, or the last one."""

    __slots__ = ()

    def evaluate(self, run: Evaluation) -> object:
        before = run.held_bytes
        value: object = None
        for operand in self.children:
            value = operand.evaluate(run)
            if not is_truthy(value):
                break
        return run.settle(before, value)

    def source(self) -> str:
        return "(" + " && ".join(operand.source() for operand in self.children) + ")"


class Or(Operation):
    """The first truthy operand, or the last one."""

    __slots__ = ()

    def evaluate(self, run: Evaluation) -> object:
        before = run.held_bytes
        value: object = None
        for operand in self.children:
            value = operand.evaluate(run)
            if is_truthy(value):
                break
        return run.settle(before, value)

    def source(self) -> str:
        return "(" + " || ".join(operand.source() for operand in self.children) + ")"


_COMPARISONS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "==": equals,
    "!=": lambda left, right: not equals(left, right),
    "<": is_less,
    ">": lambda left, right: is_less(right, left),
    "<=": lambda left, right: equals(left, right) or is_less(left, right),
    ">=": lambda left, right: equals(left, right) or is_less(right, left),
}


class Comparison(Operation):
    __slots__ = ("_compare", "_operator")

    def __init__(self, operator: str, children: Sequence[Node]) -> None:
        super().__init__(children)
        self._operator = operator
        self._compare = _COMPARISONS[operator]

    def evaluate(self, run: Evaluation) -> object:
        before = run.held_bytes
        left, right = self.children
        result = self._compare(left.evaluate(run), right.evaluate(run))
        run.held_bytes = before + OBJECT_BYTES  # never more than the operands held
        return result

    def source(self) -> str:
        left, right = self.children
        return f"({left.source()} {self._operator} {right.source()})"


class Call(Operation):
    """A function's call; *function* is None where the caller of the evaluation brings it."""

    __slots__ = ("_function", "name")

    def __init__(self, name: str, function: Function | None, children: Sequence[Node] = ()) -> None:
        super().__init__(children)
        self.name = name
        self._function = function

    def evaluate(self, run: Evaluation) -> object:
        before = run.held_bytes
        value = self._brought(run) if self._function is None else self._function(self, run)
        return run.settle(before, value)

    def _brought(self, run: Evaluation) -> object:
        found = look_up(run.functions, self.name)
        assert found is not None  # checked before the evaluation began
        function = found[0]
        assert callable(function)
        return function(*[plain(argument.evaluate(run)) for argument in self.children])

    def source(self) -> str:
        return f"{self.name}({', '.join(argument.source() for argument in self.children)})"


def plain(value: object) -> object:
    """Return *value* as callers know it: filtered arrays as lists, whole numbers as int."""
    if type(value) is FilteredArray:
        return list(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if type(value) is not str and kind_of(value) is STRING:
        return str(value)
    return value
