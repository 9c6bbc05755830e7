"""A resource type by its name: built in, from a file, from a module, or from a plugin."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from sqnc_resources.errors import UnknownTypeError
from sqncshim.json_reader import near
from sqncshim.tables import RESOURCE_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType

    from _typeshed import DataclassInstance

    from sqnc_resources.result import Result

NAMES: Final = ("Source", "Version", "GetParams", "PutParams", "check", "get", "put")


class ResourceType(Protocol):
    """A module, or an instance of a class, with these seven names; the first four are frozen dataclasses.

    Each call is a process of its own, so nothing is kept in memory between them. Raise ResourceError to say
    no. `Any` stands for the type's own four classes.
    """

    @property
    def Source(self) -> type[DataclassInstance]: ...  # noqa: N802  (it is a class)
    @property
    def Version(self) -> type[DataclassInstance]: ...  # noqa: N802  (as above)
    @property
    def GetParams(self) -> type[DataclassInstance]: ...  # noqa: N802  (as above)
    @property
    def PutParams(self) -> type[DataclassInstance]: ...  # noqa: N802  (as above)

    def check(self, source: Any, since: Any, /) -> Sequence[DataclassInstance]:
        """Return the versions from *since* on, oldest first, *since* included.

        None asks for the newest version only. When *since* no longer exists, the newest is the whole answer;
        an empty answer means that there is no version at all.
        """

    def get(self, source: Any, version: Any, params: Any, folder: Path, /) -> Result[Any]:
        """Fill *folder*, which is there and empty, with *version*; the same each time it is asked for."""

    def put(self, source: Any, params: Any, folder: Path, /) -> Result[Any]:
        """Make a new version from what lies in *folder*: a folder for each input, by its name."""


def load(name: str) -> ResourceType:
    """Find the type *name*: `git`, `folder/type.py`, `package.module`, the last two with `:Class` or without.

    Raise UnknownTypeError.
    """
    if name in RESOURCE_TYPES:
        return _checked(import_module(RESOURCE_TYPES[name]), name)
    place, _, attribute = name.partition(":")
    if place.endswith(".py") or "/" in place:
        return _checked(_attribute(_from_file(place), attribute, name), name)
    if attribute or "." in place:
        return _checked(_attribute(_from_module(place, name), attribute, name), name)
    return _checked(_from_plugin(name), name)


def _checked(found: object, name: str) -> ResourceType:
    if isinstance(found, type):
        found = found()
    missing = [wanted for wanted in NAMES if not hasattr(found, wanted)]
    if missing:
        raise UnknownTypeError(f"{name} is no resource type: it has no {', '.join(missing)}")
    return cast("ResourceType", found)


def _attribute(module: ModuleType, attribute: str, name: str) -> object:
    """The class that *attribute* names, else the module, else the one class in it that is a resource type."""
    if attribute:
        if not hasattr(module, attribute):
            raise UnknownTypeError(f"{name}: {module.__name__} has no {attribute}")
        return getattr(module, attribute)
    if all(hasattr(module, wanted) for wanted in NAMES):
        return module
    own = [
        found
        for found in vars(module).values()
        if isinstance(found, type) and found.__module__ == module.__name__
    ]
    types = [found for found in own if all(hasattr(found, wanted) for wanted in NAMES)]
    if len(types) > 1:
        choices = ", ".join(f"{name}:{found.__name__}" for found in types)
        raise UnknownTypeError(f"{name} holds several resource types: name one of {choices}")
    return types[0] if types else module


def _from_file(path: str) -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location  # noqa: PLC0415  (only files need it)
    from pathlib import Path  # noqa: PLC0415  (as above)

    file = Path(path).absolute()
    if not file.is_file():
        raise UnknownTypeError(f"{path}: there is no such file: expected a resource type in Python")
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise UnknownTypeError(f"{path}: expected a file whose name ends in .py")
    sys.path.insert(0, str(file.parent))  # what lies beside it can be imported, as by a script
    module = module_from_spec(spec)
    sys.modules[file.stem] = module  # where dataclasses look for the types that annotations name
    spec.loader.exec_module(module)
    return module


def _from_module(module: str, name: str) -> ModuleType:
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there; what it imports is not
        raise UnknownTypeError(f"{name}: there is no module {error.name}: is it installed?") from error


def _from_plugin(name: str) -> object:
    from sqncshim import plugins  # noqa: PLC0415  (pluggy, only for strangers' types)

    found = plugins.resource_type(name)
    if found is None:
        known = sorted({*RESOURCE_TYPES, *plugins.names()})
        raise UnknownTypeError(f"there is no resource type `{name}`: {near(name, known)}")
    return found
