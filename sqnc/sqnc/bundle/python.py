"""The interpreter that runs this, and its standard library without its tests."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqnc.bundle.bytecode import write_bytecode

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEFT_OUT: Final = frozenset(
    {
        "__pycache__",
        "site-packages",
        "dist-packages",
        "test",
        "tests",
        "idlelib",
        "tkinter",
        "turtledemo",
        "ensurepip",
        "lib2to3",
        "pydoc_data",
        "venv",
    }
)
_LEFT_OUT_EXTENSIONS: Final = (
    "_test",
    "_tkinter",
    "_xx",
    "xx",
    "_ctypes_test",
    "_curses",
    "_dbm",
    "_gdbm",
    "readline",
)


def interpreter() -> Path:
    """The program itself, not a virtual environment's link to it."""
    return Path(getattr(sys, "_base_executable", "") or sys.executable).resolve()


def library_name() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def copy_interpreter(bundle: Path) -> dict[Path, Path]:
    """Copy the interpreter and its library; return the originals of what is compiled, by copy."""
    program = bundle / "bin" / library_name()
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(interpreter(), program)
    program.chmod(0o755)
    (program.parent / "python3").symlink_to(program.name)
    target = bundle / "lib" / library_name()
    _copy_sources(Path(sysconfig.get_path("stdlib")), target)
    copies = {program: interpreter()}
    dynload = target / "lib-dynload"
    dynload.mkdir(exist_ok=True)
    for extension in extensions():
        copy = dynload / extension.name
        shutil.copyfile(extension, copy)
        copies[copy] = extension
    return copies


def extensions() -> Iterator[Path]:
    """The standard library's compiled modules."""
    folder = Path(sysconfig.get_config_var("DESTSHARED"))  # a virtual environment has none of its own
    for path in sorted(folder.glob("*.so")):
        if not path.name.startswith(_LEFT_OUT_EXTENSIONS):
            yield path


def _copy_sources(source: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for entry in sorted(source.iterdir()):
        if entry.name in _LEFT_OUT or entry.name.startswith("config-"):
            continue
        if entry.is_dir():
            if entry.name != "lib-dynload":
                _copy_sources(entry, target / entry.name)
        elif entry.suffix == ".py":
            shutil.copyfile(entry, target / entry.name)
            write_bytecode(entry, target / entry.name)
