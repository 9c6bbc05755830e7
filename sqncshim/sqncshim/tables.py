"""What is above this package, by the names of its modules: known here, and imported only when asked for."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

SHIM_PLUGINS: Final[Mapping[str, str]] = {"uses": "sqnc_plugins.uses.plugin"}
"""Shim plugins: `sqncshim plugin NAME`."""

RESOURCE_TYPES: Final[Mapping[str, str]] = {
    "git": "sqnc_resources.git",
    "github-release": "sqnc_resources.github_release",
    "http": "sqnc_resources.http",
    "mock": "sqnc_resources.mock",
    "pool": "sqnc_resources.pool",
    "registry-image": "sqnc_resources.registry_image",
    "s3": "sqnc_resources.s3",
    "semver": "sqnc_resources.semver",
    "time": "sqnc_resources.time",
}
"""Resource types: `sqncshim resource check|in|out NAME`."""

RESOURCE_PROGRAM: Final = "sqnc_resources.program"
"""What answers `check`, `in` and `out`."""

COMMANDS: Final[Mapping[str, str]] = {
    "conform": "sqnc_resources.commands.conform",
    "init": "sqnc_resources.commands.init",
    "resource": "sqnc_resources.commands.resource",
}
"""Commands of `sqncshim`, each a click command called `command` in its module."""
