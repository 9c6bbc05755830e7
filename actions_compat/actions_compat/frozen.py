"""`@frozen`: a frozen dataclass with slots, for a ninth of the time that `@dataclass` takes at the start.

`dataclass(frozen=True, slots=True)` compiles six functions for each class where it is defined: 0.33 ms, and a
run defines a hundred classes. Here `dataclass` still reads the fields and makes the slots, so that `fields`,
`replace`, `asdict`, patterns and type checkers see what they know. Comparing, hashing and showing are
functions that all values share, and `__init__` is compiled when the first value of its class is made.

`@record` is the same for what changes while something goes on: its fields can be assigned, and it is equal to
itself alone.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Class = TypeVar("Class")

_ANNOUNCE: Final = "__post_init__"


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class]) -> type[Class]:
    """Make *cls* what `dataclass(frozen=True, slots=True)` makes it; values are not subclassed."""
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # else `dataclass` looks at the signature for one, which takes longest
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    _give(made, _FROZEN, unless_in=cls)
    return made


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def record(cls: type[Class]) -> type[Class]:
    """Make *cls* what `dataclass(eq=False, slots=True)` makes it; records are not subclassed."""
    if cls.__doc__ is None:
        cls.__doc__ = cls.__name__  # as above
    made = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    _give(made, _SHARED, unless_in=cls)
    return made


def _give(made: type, functions: Mapping[str, Callable[..., object]], *, unless_in: type) -> None:
    for name, function in functions.items():
        if name not in vars(unless_in):
            setattr(made, name, function)


def _first_init(self: object, *positional: object, **named: object) -> None:
    """Be the `__init__` of a class of which no value was made yet."""
    cls: Any = type(self)
    cls.__init__ = _compile_init(cls)
    cls.__init__(self, *positional, **named)


def _compile_init(cls: type) -> Callable[..., None]:
    """Compile what the class's fields ask for; defaults are names of the function's globals."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": MISSING}
    parameters, lines = ["self"], []
    for one in fields(cls):
        name = given = one.name
        if one.default_factory is not MISSING:
            known[f"_make_{name}"], known[f"_default_{name}"] = one.default_factory, MISSING
            given = f"_make_{name}() if {name} is _missing else {name}"
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
        parameters.append(f"{name}=_default_{name}" if f"_default_{name}" in known else name)
        lines.append(f"_set(self, {name!r}, {given})")
    if hasattr(cls, _ANNOUNCE):
        lines.append(f"self.{_ANNOUNCE}()")
    body = "\n ".join(lines or ["pass"])
    exec(f"def __init__({', '.join(parameters)}):\n {body}", known)  # noqa: S102 -- as `dataclass` does
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _items(self: Any) -> tuple[object, ...]:
    return tuple([getattr(self, name) for name in self.__match_args__])


def _equal(self: object, other: object) -> bool:
    return _items(self) == _items(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(_items(self))


def _show(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *new: object) -> NoReturn:
    del self
    raise FrozenInstanceError(f"cannot {'assign to' if new else 'delete'} field {name!r}")


def _reduce(self: object) -> tuple[type, tuple[object, ...]]:
    return type(self), _items(self)


_SHARED: Final[Mapping[str, Callable[..., object]]] = {"__init__": _first_init, "__repr__": _show}
_FROZEN: Final[Mapping[str, Callable[..., object]]] = {
    **_SHARED,
    "__eq__": _equal,
    "__hash__": _hash,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__reduce__": _reduce,
}
