"""The built-in shim plugin `uses`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqnc_plugins.uses.errors import ActionError
from sqnc_plugins.uses.resolve import resolve
from sqnc_plugins.uses.store import ActionStore
from sqncshim.cache import cache_folder
from sqncshim.hookspecs import hookimpl

if TYPE_CHECKING:
    from sqncshim.document import StepDocument
    from sqncshim.hookspecs import Request

_GITHUB: Final = "https://github.com"


@hookimpl
def special_step(plugin: str, request: Request) -> StepDocument | None:
    """Answer the inputs `uses`, `path` and `offline`, as `sqncshim plugin uses ACTION [PATH]` has them."""
    if plugin != "uses":
        return None
    inputs = request.with_
    if "uses" not in inputs:
        raise ActionError("with: expected `uses`, the action to find, such as actions/checkout@v4")
    store = ActionStore(
        cache_folder("actions"),
        offline=inputs.get("offline") == "true",
        server_url=os.environ.get("GITHUB_SERVER_URL") or _GITHUB,
        token=os.environ.get("GITHUB_TOKEN", ""),
    )
    path = inputs.get("path")
    return resolve(inputs["uses"], store, workspace=Path.cwd(), path=Path(path) if path else None)
