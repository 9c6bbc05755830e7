"""All hooks, in the order in which they are called; docs/hooks.md explains them to plugin authors."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final, Self

import pluggy

from actions_compat.frozen import frozen
from sqncshim.json_reader import JsonObject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqncshim.document import StepDocument

PROJECT: Final = "sqnc"
ENTRY_POINTS: Final = "sqncshim"
"""The entry-point group that a distribution lists its plugins in."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@frozen
class Request:
    """What a shim plugin is asked: the step's inputs, evaluated, by their names as the caller wrote them."""

    with_: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, data: bytes | str) -> Self:
        """Read `{"with": {"name": "value"}}`; raise DocumentError."""
        fields = JsonObject.parse(data)
        fields.only({"with"})
        return cls(fields.text_mapping("with"))


@hookspec(firstresult=True)
def special_step(plugin: str, request: Request) -> StepDocument | None:
    """Run the shim plugin called *plugin* and return the steps that follow.

    When: once for each `sqncshim plugin PLUGIN`. Who wins: the first plugin that does not return None; a
    built-in of that name keeps all others from being loaded. None means that *plugin* is not yours. Raise
    PluginError to say no; print nothing to standard output, where the document goes.
    """


@hookspec(firstresult=True)
def resource_type(name: str) -> object | None:
    """Return the resource type called *name*: a module or a class with Source, Version, check, get and so on.

    When: once in each process that checks, gets or puts a type that is not built in and not named by its file
    or module. Who wins: the first plugin that does not return None. None means that *name* is not yours. The
    shape of a type is described in sqnc_resources.types.ResourceType, and checked by the caller.
    """
