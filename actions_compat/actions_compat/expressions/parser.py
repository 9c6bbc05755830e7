"""The parser: an expression's text to its tree, by operator precedence and without recursion."""

from __future__ import annotations

from actions_compat.expressions.errors import (
    ExpressionLimitError,
    ExpressionSyntaxError,
    UnknownNameError,
)
from actions_compat.expressions.functions import ARITIES, FUNCTIONS, UNLIMITED
from actions_compat.expressions.nodes import (
    And,
    Call,
    Comparison,
    Index,
    Literal,
    NamedValue,
    Not,
    Or,
    Wildcard,
)
from actions_compat.expressions.tokens import (
    DEREFERENCE,
    END_GROUP,
    END_INDEX,
    END_PARAMETERS,
    FUNCTION,
    NAMED_VALUE,
    PROPERTY,
    SEPARATOR,
    START_GROUP,
    START_INDEX,
    START_PARAMETERS,
    WILDCARD,
    tokens,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final, TypeAlias

    from actions_compat.expressions.nodes import Node

    # kind, raw text, offset, precedence
    Operator: TypeAlias = "tuple[int, str, int, int]"

MAX_DEPTH: Final = 50
MAX_LENGTH: Final = 21_000

_BRACKETS: Final = frozenset({START_GROUP, START_PARAMETERS, START_INDEX, SEPARATOR})
_CLOSERS: Final = frozenset({END_GROUP, END_PARAMETERS, END_INDEX})
_PRECEDENCE: Final[Mapping[str, int]] = {
    "!": 16,
    ">": 11,
    ">=": 11,
    "<": 11,
    "<=": 11,
    "==": 10,
    "!=": 10,
    "&&": 6,
    "||": 5,
    ".": 19,
    "[": 19,
    "(": 20,
}


class Parser:
    """Reads one expression, into `root`, `names` and `calls`.

    `root` is None for an empty expression. `names` holds the contexts, `calls`
    the functions that are not always there, both as written, with their offset.
    *is_context* and *is_function* say which names are known; None accepts any.
    """

    def __init__(
        self,
        text: str,
        is_context: Callable[[str], bool] | None,
        arity_of: Callable[[str], tuple[int, int] | None] | None,
    ) -> None:
        self.text = text
        self.names: list[tuple[str, int]] = []
        self.calls: list[tuple[str, int, int]] = []  # name, offset, count of arguments
        self.functions: set[str] = set()
        self._is_context = is_context
        self._arity_of = arity_of
        self._operands: list[Node] = []
        self._called: list[tuple[str, int]] = []  # the calls that are open
        self._operators: list[Operator] = []
        self.root = self._parse()

    def _parse(self) -> Node | None:
        if len(self.text) > MAX_LENGTH:
            raise ExpressionLimitError(f"Exceeded max expression length {MAX_LENGTH}", self.text)
        previous = kind = -1
        raw, index = "", 0
        for kind, raw, index, value in tokens(self.text):
            if kind <= WILDCARD:
                self._push_operand(kind, raw, index, value)
            else:
                self._push_operator(kind, raw, index)
                if kind in _CLOSERS:
                    self._close(kind, is_empty=previous == START_PARAMETERS)
            previous = kind
        if previous < 0:
            return None
        ends_open = kind >= DEREFERENCE and kind not in _CLOSERS
        if ends_open or any(operator[0] in _BRACKETS for operator in self._operators):
            raise ExpressionSyntaxError("Unexpected end of expression", self.text, raw, index)
        while self._operators:
            self._reduce()
        (root,) = self._operands
        if root.height > MAX_DEPTH:
            raise ExpressionLimitError(f"Exceeded max expression depth {MAX_DEPTH}", self.text)
        return root

    def _push_operand(self, kind: int, raw: str, index: int, value: object) -> None:
        if kind == FUNCTION:
            self._check_function(raw, index)
            self._called.append((raw, index))
        elif kind == NAMED_VALUE:
            if self._is_context is not None and not self._is_context(raw):
                raise UnknownNameError("Unrecognized named-value", self.text, raw, index)
            self.names.append((raw, index))
            self._operands.append(NamedValue(raw))
        elif kind == WILDCARD:
            self._operands.append(Wildcard())
        else:
            self._operands.append(Literal(raw if kind == PROPERTY else value))

    def _check_function(self, raw: str, index: int) -> None:
        name = raw.lower()
        self.functions.add(name)
        if name not in FUNCTIONS and self._arity_of is not None and self._arity_of(name) is None:
            raise UnknownNameError("Unrecognized function", self.text, raw, index)

    def _push_operator(self, kind: int, raw: str, index: int) -> None:
        precedence = _PRECEDENCE.get(raw, 1)
        operators = self._operators
        if raw != "!" and kind != START_GROUP:  # these two bind to what follows
            while operators and precedence <= operators[-1][3] and operators[-1][0] not in _BRACKETS:
                self._reduce()
        operators.append((kind, raw, index, precedence))

    def _reduce(self) -> None:
        """Make a node of the operator on top and its operands."""
        _, raw, _, _ = self._operators.pop()
        operands = self._operands
        right = operands.pop()
        if raw == "!":
            operands.append(Not((right,)))
            return
        left = operands.pop()
        if raw in {".", "["}:
            operands.append(Index((left, right)))
        elif raw == "&&":
            operands.append(And((*_flat(left, And), *_flat(right, And))))
        elif raw == "||":
            operands.append(Or((*_flat(left, Or), *_flat(right, Or))))
        else:
            operands.append(Comparison(raw, (left, right)))

    def _close(self, kind: int, *, is_empty: bool) -> None:
        """Take a closing bracket, which is on top, and its opening one off the operators."""
        self._operators.pop()
        if kind == END_INDEX:
            self._reduce()
        elif kind == END_GROUP:
            self._operators.pop()
        else:
            self._close_call(is_empty=is_empty)

    def _close_call(self, *, is_empty: bool) -> None:
        count = 0 if is_empty else 1
        while self._operators.pop()[0] == SEPARATOR:
            count += 1
        name, index = self._called.pop()
        arguments = self._operands[len(self._operands) - count :]
        del self._operands[len(self._operands) - count :]
        self._operands.append(Call(name, FUNCTIONS.get(name.lower()), arguments))
        self._check_count(name, index, count)

    def _check_count(self, raw: str, index: int, count: int) -> None:
        name = raw.lower()
        arity = ARITIES.get(name)
        if arity is None:
            self.calls.append((raw, index, count))
            arity = (self._arity_of and self._arity_of(name)) or (0, UNLIMITED)
        check_arity(self.text, (raw, index, count), arity)


def check_arity(text: str, call: tuple[str, int, int], arity: tuple[int, int]) -> None:
    """Raise where the *call* (name, offset, count of arguments) has too few or too many."""
    raw, index, count = call
    minimum, maximum = arity
    if count < minimum:
        raise ExpressionSyntaxError("Too few parameters supplied", text, raw, index)
    if count > maximum:
        raise ExpressionSyntaxError("Too many parameters supplied", text, raw, index)
    if raw.lower() == "case" and count % 2 == 0:
        reason = "Even number of parameters supplied, requires an odd number of parameters"
        raise ExpressionSyntaxError(reason, text, raw, index)


def _flat(node: Node, kind: type[And | Or]) -> tuple[Node, ...]:
    """Return the operands of a nested `&&` or `||` as if they stood side by side."""
    return node.children if type(node) is kind else (node,)
