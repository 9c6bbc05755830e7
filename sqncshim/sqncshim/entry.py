"""Where `sqncshim` starts: it finds out what is asked before it imports what answers.

A resource's `check` runs once a minute, so it starts without click and pluggy, and so do `in` and `out`. The
program may also be called by these names, as Concourse does with /opt/resource/check; the type is then the
one that the file /opt/resource/type names.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

from sqncshim import tables

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from typing import Final, NoReturn

ROLES: Final = ("check", "in", "out")
TYPE_FILE: Final = "/opt/resource/type"
_USAGE: Final = 2


def main() -> NoReturn:
    """Run what the process's name and arguments ask for, and exit."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from sqncshim.streams import open_closed  # noqa: PLC0415  (only where one is closed)

        open_closed()
    name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
    if name in ROLES:
        sys.exit(_resource([name, type_of_this_image(), *arguments]))
    if arguments[:1] == ["resource"] and arguments[1:2] and arguments[1] in ROLES:
        sys.exit(_resource(arguments[1:]))
    from sqncshim.cli import run  # noqa: PLC0415  (click, for all that is not in a hurry)

    sys.exit(run(arguments))


def _resource(arguments: list[str]) -> int:
    if not 2 <= len(arguments) <= 3 or arguments[1].startswith("-"):
        sys.stderr.write(f"usage: sqncshim resource {arguments[0]} TYPE [DIR] <REQUEST.json\n")
        return _USAGE
    role, type_name, *folder = arguments
    _import_dataclasses()
    status: int = import_module(tables.RESOURCE_PROGRAM).main(role, type_name, folder[0] if folder else None)
    return status


def _import_dataclasses() -> None:
    """Import dataclasses without inspect, which takes a fifth of the time of `check`.

    Only classes that have no docstring need it: for these, what stands in its place imports it then.
    """
    if "inspect" in sys.modules or "dataclasses" in sys.modules:
        return
    stand_in = type(sys)("inspect")
    vars(stand_in)["__getattr__"] = lambda name: getattr(import_module("inspect"), name)
    sys.modules["inspect"] = stand_in
    import_module("dataclasses")
    del sys.modules["inspect"]


def type_of_this_image() -> str:
    """The resource type that this image is made for; exit where there is none."""
    try:
        with open(TYPE_FILE) as file:
            return file.read().strip()
    except OSError as error:
        sys.stderr.write(
            f"{TYPE_FILE}: {error.strerror}: expected the name of this image's resource type there\n"
        )
        sys.exit(_USAGE)
