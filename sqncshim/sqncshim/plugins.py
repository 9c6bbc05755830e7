"""Finds plugins: built-in ones in a table of module names, others by their entry points.

PluginError                a plugin says no; the message is for the user
└── UnknownPluginError     there is no plugin of that name
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import pluggy

from sqncshim import hookspecs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint, EntryPoints

    from sqncshim.document import StepDocument

BUILT_IN: Final[Mapping[str, str]] = {"uses": "sqnc_plugins.uses.plugin"}
"""Shim plugins by name. They are above this package, so they are known here by name alone."""


class PluginError(Exception):
    """A plugin says no."""


class UnknownPluginError(PluginError):
    """There is no plugin of that name."""


def special_step(name: str, request: hookspecs.Request) -> StepDocument:
    """Run the shim plugin *name*; raise UnknownPluginError, or what the plugin raises to say no."""
    answer: StepDocument | None = _plugins(name).hook.special_step(plugin=name, request=request)
    if answer is None:
        known = ", ".join(sorted({*BUILT_IN, *_entry_points().names}))
        raise UnknownPluginError(f"there is no plugin `{name}`: expected one of {known}")
    return answer


def _plugins(name: str) -> pluggy.PluginManager:
    """The built-in plugin, or all that are installed: finding these costs more than everything else here."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    if name in BUILT_IN:
        manager.register(import_module(BUILT_IN[name]), name)
    else:
        for entry in _entry_points():
            manager.register(_load(entry), entry.name)
    return manager


def _entry_points() -> EntryPoints:
    from importlib.metadata import entry_points  # noqa: PLC0415  (built-in plugins need none)

    return entry_points(group=hookspecs.ENTRY_POINTS)


def _load(entry: EntryPoint) -> object:
    try:
        return entry.load()
    except Exception as error:  # a stranger's module: it may raise anything
        message = f"the plugin {entry.name} ({entry.value}) does not load: {error!r}: mend or uninstall it"
        raise PluginError(message) from error
