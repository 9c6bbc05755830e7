"""urllib3, imported without what only its HTTP/2 needs: `importlib.metadata`, 7 ms of zip files and mail."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

_HEAVY = "importlib.metadata"


def _import_urllib3() -> None:
    """Let urllib3 find a stand-in for the heavy module, whose one function imports it when it is called."""
    if _HEAVY in sys.modules:
        import_module("urllib3")
        return
    stand_in = ModuleType(_HEAVY)
    vars(stand_in)["version"] = lambda name: import_module(_HEAVY).version(name)
    sys.modules[_HEAVY] = stand_in
    try:
        import_module("urllib3")
    finally:
        del sys.modules[_HEAVY]


_import_urllib3()

import urllib3  # noqa: E402  (it has to come after)
from urllib3 import exceptions  # noqa: E402  (as above)

__all__ = ["exceptions", "urllib3"]
