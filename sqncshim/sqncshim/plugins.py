"""Finds plugins: built-in ones in a table of module names, others by their entry points.

PluginError                a plugin says no; the message is for the user
└── UnknownPluginError     there is no plugin of that name
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sqncshim.tables import SHIM_PLUGINS

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

    import pluggy

    from sqncshim import hookspecs
    from sqncshim.document import StepDocument


class PluginError(Exception):
    """A plugin says no."""


class UnknownPluginError(PluginError):
    """There is no plugin of that name."""


def special_step(name: str, request: hookspecs.Request) -> StepDocument:
    """Run the shim plugin *name*; raise UnknownPluginError, or what the plugin raises to say no."""
    answer: StepDocument | None = _plugins(name).hook.special_step(plugin=name, request=request)
    if answer is None:
        known = ", ".join(sorted({*SHIM_PLUGINS, *names()}))
        raise UnknownPluginError(f"there is no plugin `{name}`: expected one of {known}")
    return answer


def resource_type(name: str) -> object | None:
    """What a plugin calls the resource type *name*; None where no plugin knows it."""
    found: object | None = _installed().hook.resource_type(name=name)
    return found


def names() -> frozenset[str]:
    """The names of all plugins that are installed beside this distribution."""
    return frozenset(_entry_points().names)


def _plugins(name: str) -> pluggy.PluginManager:
    """The built-in plugin, or all that are installed: finding these costs more than everything else here."""
    if name not in SHIM_PLUGINS:
        return _installed()
    manager = _manager()
    manager.register(import_module(SHIM_PLUGINS[name]), name)
    return manager


def _installed() -> pluggy.PluginManager:
    manager = _manager()
    for entry in _entry_points():
        manager.register(_load(entry), entry.name)
    return manager


def _manager() -> pluggy.PluginManager:
    import pluggy  # noqa: PLC0415  (who only knows what plugins raise needs none)

    from sqncshim import hookspecs  # noqa: PLC0415  (as above)

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def _entry_points() -> EntryPoints:
    from importlib.metadata import entry_points  # noqa: PLC0415  (built-in plugins need none)

    from sqncshim import hookspecs  # noqa: PLC0415  (as above)

    return entry_points(group=hookspecs.ENTRY_POINTS)


def _load(entry: EntryPoint) -> object:
    try:
        return entry.load()
    except Exception as error:  # a stranger's module: it may raise anything
        message = f"the plugin {entry.name} ({entry.value}) does not load: {error!r}: mend or uninstall it"
        raise PluginError(message) from error
