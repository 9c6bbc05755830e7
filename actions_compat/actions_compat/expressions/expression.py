"""An expression: parsed once, evaluated many times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from actions_compat.expressions.errors import UnknownNameError
from actions_compat.expressions.functions import brought_arity
from actions_compat.expressions.memory import MAX_MEMORY
from actions_compat.expressions.nodes import Evaluation, plain
from actions_compat.expressions.parser import Parser, check_arity
from actions_compat.expressions.values import look_up, name_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, NoReturn

    from actions_compat.expressions.nodes import Node

_NO_FUNCTIONS: Final[Mapping[str, Callable[..., object]]] = {}


def evaluate(
    expression: str,
    contexts: Mapping[str, object],
    *,
    functions: Mapping[str, Callable[..., object]] | None = None,
    max_memory: int = MAX_MEMORY,
    strict_json: bool = False,
) -> object:
    """Return the value of *expression*, without `${{ }}`; raise ExpressionError.

    The keys of *contexts*, in any case, are the names that are known: any other
    is an error, and one that is mapped to None is null. Collections are read
    where they lie and given back as they are. *functions* adds to the functions
    that are always there: status functions, hashFiles. *max_memory* is in bytes.
    With *strict_json*, fromJSON takes no more than JSON.

    A whole number comes back as int, another as float; an empty expression is
    None; what `.*` gives is a list.
    """
    known = _NO_FUNCTIONS if functions is None else functions
    parser = Parser(
        expression,
        lambda name: name_in(contexts, name) is not None,
        lambda name: _arity_in(known, name),
    )
    return _value(parser.root, contexts, known, max_memory=max_memory, strict_json=strict_json)


class Expression:
    """A parsed expression; a value, equal to another of the same text."""

    __slots__ = ("_calls", "_names", "_root", "_text", "contexts_used", "functions_used")

    _text: str
    _root: Node | None
    _names: tuple[tuple[str, int], ...]
    _calls: tuple[tuple[str, int, int], ...]
    contexts_used: frozenset[str]
    """The contexts that it names, in lower case."""
    functions_used: frozenset[str]
    """The functions that it calls, in lower case."""

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        contexts: Iterable[str] | None = None,
        functions: Iterable[str] | None = None,
    ) -> Expression:
        """Read *text*, without `${{ }}`; raise ExpressionSyntaxError.

        Where *contexts* or *functions* is given, any name beside them is an error
        here; where it is None, it is one when the expression is evaluated.
        *functions* may map names to their fewest and most arguments.
        """
        is_context = arity_of = None
        if contexts is not None:
            names = frozenset(name.lower() for name in contexts)
            is_context = lambda name: name.lower() in names  # noqa: E731  (needs the names just made)
        if functions is not None:
            arity_of = _arities(functions).get
        parser = Parser(text, is_context, arity_of)
        return cls._made(text, parser.root, parser)

    @classmethod
    def _made(cls, text: str, root: Node | None, parser: Parser) -> Expression:
        self = super().__new__(cls)
        put = object.__setattr__
        put(self, "_text", text)
        put(self, "_root", root)
        put(self, "_names", tuple(parser.names))
        put(self, "_calls", tuple(parser.calls))
        put(self, "contexts_used", frozenset(name.lower() for name, _ in parser.names))
        put(self, "functions_used", frozenset(parser.functions))
        return self

    @property
    def text(self) -> str:
        """The expression as it was written."""
        return self._text

    @property
    def root(self) -> Node | None:
        """The syntax tree; None for an empty expression."""
        return self._root

    def evaluate(
        self,
        contexts: Mapping[str, object],
        *,
        functions: Mapping[str, Callable[..., object]] | None = None,
        max_memory: int = MAX_MEMORY,
        strict_json: bool = False,
    ) -> object:
        """Return the value, as `evaluate` of this module does."""
        known = _NO_FUNCTIONS if functions is None else functions
        self.check_names(contexts, known)
        return _value(self._root, contexts, known, max_memory=max_memory, strict_json=strict_json)

    def check_names(
        self, contexts: Mapping[str, object], functions: Mapping[str, Callable[..., object]] | None = None
    ) -> None:
        """Raise for the first unknown name or wrong count, even one that would never be evaluated."""
        known = _NO_FUNCTIONS if functions is None else functions
        for name, index in self._names:
            if name not in contexts and name_in(contexts, name) is None:
                raise UnknownNameError("Unrecognized named-value", self._text, name, index)
        for call in self._calls:
            name, index, _ = call
            arity = _arity_in(known, name)
            if arity is None:
                raise UnknownNameError("Unrecognized function", self._text, name, index)
            check_arity(self._text, call, arity)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"an Expression cannot be changed: {name}")

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Expression) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[Callable[[str], Expression], tuple[str]]:
        return Expression.parse, (self._text,)

    def __repr__(self) -> str:
        return f"Expression.parse({self._text!r})"


def _arities(functions: Iterable[str]) -> dict[str, tuple[int, int]]:
    if isinstance(functions, Mapping):
        return {name.lower(): arity for name, arity in functions.items()}
    return {name.lower(): brought_arity(name.lower()) for name in functions}


def _arity_in(functions: Mapping[str, Callable[..., object]], name: str) -> tuple[int, int] | None:
    found = look_up(functions, name)
    if found is None:
        return None
    function = found[0]
    assert callable(function)
    return brought_arity(name.lower(), function)


def _value(
    root: Node | None,
    contexts: Mapping[str, object],
    functions: Mapping[str, Callable[..., object]],
    *,
    max_memory: int,
    strict_json: bool,
) -> object:
    if root is None:
        return None
    return plain(
        root.evaluate(Evaluation(contexts, functions, root, limit_bytes=max_memory, strict_json=strict_json))
    )
