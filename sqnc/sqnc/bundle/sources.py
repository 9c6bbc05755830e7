"""The heavy part of the bundle: found on this machine, told apart by a key, copied and patched."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen
from sqnc.bundle import elf, python, tools

if TYPE_CHECKING:
    from pathlib import Path

RECIPE: Final = 3
"""Counts up when this makes something else of the same programs."""
_BY_NAME: Final = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
"""What glibc opens by name when it looks up a host."""


@frozen
class Sources:
    """The programs that the heavy part is made of."""

    interpreter: Path
    git: Path
    node: Path
    optional: tuple[Path, ...]
    certificates: Path

    def key(self) -> str:
        """What tells this heavy part from another; costs a few system calls."""
        about = [f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in self._files()]
        return "\n".join([f"recipe {RECIPE}", sys.version, *about])

    def _files(self) -> tuple[Path, ...]:
        return (self.interpreter, self.git, self.node, *self.optional, self.certificates)


def find_sources() -> Sources:
    """Raise BundleError for what this machine has not."""
    optional = tuple(tools.optional().values())
    return Sources(python.interpreter(), tools.git(), tools.node(), optional, tools.certificates())


def copy_sources(sources: Sources, bundle: Path) -> None:
    """Make the heavy part in the empty folder *bundle*."""
    copied = python.copy_interpreter(bundle) | tools.copy_tools(bundle)
    compiled = {copy: original for copy, original in copied.items() if elf.is_elf(copy)}
    needed = elf.libraries(compiled.values())
    loader = elf.loader(sources.interpreter)
    found = {path.name: path for path in needed}
    found[loader.name] = loader
    libc = found.get("libc.so.6", loader).parent
    for name in _BY_NAME:
        if (libc / name).exists():
            found.setdefault(name, libc / name)
    copies = elf.copy_libraries(found.values(), bundle)
    elf.patch([*compiled, *copies], loader.name)
