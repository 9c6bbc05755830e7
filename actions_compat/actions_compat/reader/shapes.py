"""What a table says of a value: which kinds it may be, which keys it may hold, which names it may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.availability import AVAILABLE, Available
from actions_compat.frozen import frozen, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

NOWHERE = Available(frozenset(), {})


@frozen
class Keys:
    """One form of a mapping: the keys it knows, and what any other key holds (None: no other key)."""

    known: Mapping[str, Shape]
    required: tuple[str, ...] = ()
    rest: Shape | None = None

    __eq__, __hash__ = object.__eq__, object.__hash__  # tables are deep: a form is equal to itself alone


@frozen
class Shape:
    """Which values fit. `available` None inherits from the value around it, as GitHub's tables do."""

    kinds: frozenset[str] = frozenset()  # of a scalar: null, boolean, number, string
    nonempty: bool = False
    values: tuple[str, ...] = ()  # the only texts allowed; () for any
    items: Shape | None = None  # of a list; None: a list does not fit
    forms: tuple[Keys, ...] = ()  # of a mapping; (): a mapping does not fit
    available: Available | None = None
    is_condition: bool = False  # an `if`: an expression with or without ${{ }}
    is_any: bool = False

    __eq__, __hash__ = object.__eq__, object.__hash__  # as above

    def where(self, place: str) -> Shape:
        """The same values, with what expressions may use in *place*, a key of AVAILABLE."""
        return self.with_available(AVAILABLE[place])

    def with_available(self, available: Available) -> Shape:
        return replaced(self, available=available)


ANY = Shape(is_any=True)
ANY_FORMS = (Keys({}, rest=ANY),)
NULL = Shape(kinds=frozenset({"null"}))
BOOLEAN = Shape(kinds=frozenset({"boolean"}))
NUMBER = Shape(kinds=frozenset({"number"}))
TEXT = Shape(kinds=frozenset({"string"}))
NONEMPTY = Shape(kinds=frozenset({"string"}), nonempty=True)
SCALAR = Shape(kinds=frozenset({"string", "boolean", "number"}))
CONDITION = Shape(kinds=frozenset({"string"}), is_condition=True)


def one_of(*values: str) -> Shape:
    """Only these texts."""
    return Shape(kinds=frozenset({"string"}), values=values)


def list_of(item: Shape) -> Shape:
    return Shape(items=item)


def mapping(
    known: Mapping[str, Shape] | None = None, *, required: str = "", rest: Shape | None = None
) -> Shape:
    """A mapping of one form; *required* names keys, separated by spaces."""
    return Shape(forms=(Keys(known or {}, tuple(required.split()), rest),))


def either(*shapes: Shape) -> Shape:
    """Whatever fits one of *shapes*; of lists, the first says what the items are."""
    texts = [shape for shape in shapes if "string" in shape.kinds]
    return Shape(
        kinds=frozenset().union(*(shape.kinds for shape in shapes)),
        nonempty=bool(texts) and all(shape.nonempty for shape in texts),
        values=tuple(value for shape in texts for value in shape.values)
        if all(s.values for s in texts)
        else (),
        items=next((shape.items for shape in shapes if shape.items), None),
        forms=tuple(form for shape in shapes for form in shape.forms),
    )


def one_or_more(item: Shape) -> Shape:
    """One value, or a list of such."""
    return either(item, list_of(item))
