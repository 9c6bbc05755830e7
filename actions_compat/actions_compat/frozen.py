"""`@frozen`: a frozen dataclass with slots, for a twentieth of the time that `@dataclass` takes at the start.

`dataclass(frozen=True, slots=True)` compiles six functions for each class where it is defined: 0.33 ms, and a
run defines more than a hundred classes. Here a class gets its slots, and what all values share: comparing,
hashing, showing. Its `__init__` is compiled when some of its values were made: most classes have few. What
`fields`, `replace` and `asdict` know of it is made by `dataclasses` when they ask. So patterns and type
checkers see a dataclass.

`@record` is the same for what changes while something goes on: its fields can be assigned, and it is equal to
itself alone.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field, FrozenInstanceError, field
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Class = TypeVar("Class")

_ANNOUNCE: Final = "__post_init__"
_FIELDS: Final = "__dataclass_fields__"
_FEW: Final = 8
"""To compile an `__init__` takes longer than to make so many values without."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[Class]) -> type[Class]:
    """Make *cls* what `dataclass(frozen=True, slots=True)` makes it, without bases."""
    return _made(cls, _FROZEN)


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def record(cls: type[Class]) -> type[Class]:
    """Make *cls* what `dataclass(eq=False, slots=True)` makes it, without bases."""
    return _made(cls, _SHARED)


def replaced(value: Class, **changes: object) -> Class:
    """Return *value* with other fields, as `dataclasses.replace` does, which has more to be made first."""
    cls: Any = type(value)
    kept = {name: getattr(value, name) for name in cls.__match_args__}
    made: Class = cls(**kept | changes)
    return made


def _made(cls: type[Class], functions: Mapping[str, Callable[..., object]]) -> type[Class]:
    """Make the class once more, with slots: one that exists cannot get any."""
    if cls.__bases__ != (object,):
        raise TypeError(f"{cls.__qualname__}: a frozen class or a record has no bases")
    names = tuple(cls.__annotations__)
    held = dict(vars(cls))
    defaults = {name: held.pop(name) for name in names if name in held}
    for name, default in defaults.items():
        if isinstance(default, Field) and not _is_plain(default):
            raise TypeError(
                f"{cls.__qualname__}.{name}: a field has a default, a factory and `repr`, no more"
            )
    for own in ("__dict__", "__weakref__"):  # what a class without slots has for its values
        held.pop(own)
    held["__doc__"] = cls.__doc__ or cls.__name__  # else `inspect` is asked for one
    shape = {"__slots__": names, "__match_args__": names, _FIELDS: _Fields(cls, defaults)}
    made: type[Class] = type(cls.__name__, (), {**functions, **held, **shape})
    made.__qualname__ = cls.__qualname__
    return made


def _is_plain(declared: Field[object]) -> bool:
    return declared.init and declared.compare and declared.hash is None and declared.kw_only is MISSING


class _Fields:
    """What `dataclasses` knows of the fields of a class, made when it is asked for."""

    def __init__(self, cls: type, defaults: Mapping[str, object]) -> None:
        self.defaults = defaults
        self.values = 0  # that were made, as long as they are few
        self._cls = cls
        self._made: Mapping[str, Field[object]] | None = None

    def __get__(self, value: object, cls: type) -> Mapping[str, Field[object]]:
        if self._made is None:
            kinds = self._cls.__annotations__.items()
            known = [
                (name, kind, self.defaults[name]) if name in self.defaults else (name, kind)
                for name, kind in kinds
            ]
            twin: Any = dataclasses.make_dataclass(cls.__name__, known, init=False, repr=False, eq=False)
            self._made = twin.__dataclass_fields__
        return self._made


def _init(self: Any, *positional: object, **named: object) -> None:
    """Be the `__init__` of a class as long as few values of it were made."""
    cls: Any = type(self)
    known = vars(cls)[_FIELDS]
    known.values += 1
    if known.values > _FEW or not _bind(self, known.defaults, positional, named):
        cls.__init__ = _compile_init(cls)  # it tells what does not fit
        cls.__init__(self, *positional, **named)


def _bind(
    self: Any, defaults: Mapping[str, object], positional: tuple[object, ...], named: dict[str, object]
) -> bool:
    """Set the fields; False where these are not the arguments for them."""
    given = dict(zip(self.__match_args__, positional, strict=False)) | named
    if len(given) < len(positional) + len(named):
        return False
    for name in self.__match_args__:
        value = given.pop(name) if name in given else _default(defaults.get(name, MISSING))
        if value is MISSING:
            return False
        object.__setattr__(self, name, value)
    if given:
        return False
    if hasattr(self, _ANNOUNCE):
        getattr(self, _ANNOUNCE)()
    return True


def _default(declared: object) -> object:
    """The default of a value, or of what `field` says; MISSING for none."""
    if not isinstance(declared, Field):
        return declared
    if declared.default_factory is not MISSING:
        return declared.default_factory()
    default: object = declared.default
    return default


def _compile_init(cls: Any) -> Callable[..., None]:
    """Compile what the class's fields ask for; defaults are names of the function's globals."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": MISSING}
    parameters, lines = ["self"], []
    defaults = vars(cls)[_FIELDS].defaults
    for name in cls.__match_args__:
        given, default = name, defaults.get(name, MISSING)
        factory = default.default_factory if isinstance(default, Field) else MISSING
        if isinstance(default, Field):
            default = default.default
        if factory is not MISSING:
            known[f"_make_{name}"], known[f"_default_{name}"] = factory, MISSING
            given = f"_make_{name}() if {name} is _missing else {name}"
        elif default is not MISSING:
            known[f"_default_{name}"] = default
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
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: object, name: str, *new: object) -> NoReturn:
    del self
    raise FrozenInstanceError(f"cannot {'assign to' if new else 'delete'} field {name!r}")


def _reduce(self: object) -> tuple[type, tuple[object, ...]]:
    return type(self), _items(self)


_SHARED: Final[Mapping[str, Callable[..., object]]] = {"__init__": _init, "__repr__": _show}
_FROZEN: Final[Mapping[str, Callable[..., object]]] = {
    **_SHARED,
    "__eq__": _equal,
    "__hash__": _hash,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__reduce__": _reduce,
}
