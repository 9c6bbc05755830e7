"""The light part of the bundle: our own packages, and the few that they need."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqnc.bundle import BundleError, elf
from sqnc.bundle.bytecode import write_bytecode
from sqncshim.paths import BUNDLE, MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES: Final = (
    "sqncshim",
    "sqnc_plugins",
    "sqnc_resources",
    "actions_compat",
    "click",
    "pluggy",
    "yaml",
    "ahocorasick_rs",  # masks a resource's secrets
    "tzdata",  # the zones of the time type: images have none
    "urllib3",  # what resource types speak HTTP with
)


def modules_key() -> str:
    """What tells these packages from others: every file's name, size and time."""
    return "\n".join(
        f"{name}/{inside} {about.st_size} {about.st_mtime_ns}"
        for name in PACKAGES
        for inside, about in _stats(_folder(name))
    )


def copy_modules(bundle: Path) -> None:
    """Copy the packages into the bundle, compiled."""
    target = bundle / Path(MODULES).relative_to(BUNDLE)
    compiled = {}
    for name in PACKAGES:
        source = _folder(name)
        for path in _files(source):
            copy = target / name / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            if path.suffix == ".py":
                write_bytecode(path, copy)
            elif path.suffix == ".so":
                compiled[copy] = path
    loader = next((bundle / elf.LIBRARIES).glob("ld-*")).name
    copies = elf.copy_libraries(elf.libraries(compiled.values()), bundle)
    elf.patch([*compiled, *copies], loader)


def _folder(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise BundleError(f"package {name} is not found: install sqnc whole")
    return Path(found.origin).parent


def _files(folder: Path) -> Iterator[Path]:
    return (folder / inside for inside, _ in _stats(folder))


def _stats(folder: Path, inside: str = "") -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        name = f"{inside}{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _stats(Path(entry.path), f"{name}/")
        elif not entry.name.endswith(".pyc"):
            yield name, entry.stat()
