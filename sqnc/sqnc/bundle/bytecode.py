"""Bytecode that a read-only mount can use: unchecked (PEP 552), so that no time stamp matters."""

from __future__ import annotations

import importlib.util
import py_compile
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_HEADER_BYTES: Final = 16
_UNCHECKED: Final = (1).to_bytes(4, "little") + bytes(8)


def write_bytecode(source: Path, copy: Path) -> None:
    """Write the bytecode of *copy*, a copy of *source*: taken over where that has a fresh one."""
    cached = copy.parent / "__pycache__" / f"{copy.stem}.{_tag()}.pyc"
    cached.parent.mkdir(exist_ok=True)
    ready = _fresh(source)
    if ready is not None:
        cached.write_bytes(ready[:4] + _UNCHECKED + ready[_HEADER_BYTES:])
        return
    py_compile.compile(
        str(copy),
        cfile=str(cached),
        dfile=None,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        doraise=False,
        quiet=2,
    )


def _fresh(source: Path) -> bytes | None:
    """The bytecode that the interpreter keeps for *source*; None where it has none for just this content."""
    try:
        data = (source.parent / "__pycache__" / f"{source.stem}.{_tag()}.pyc").read_bytes()
    except OSError:
        return None
    about = source.stat()
    stamp = int(about.st_mtime).to_bytes(8, "little")[:4] + about.st_size.to_bytes(8, "little")[:4]
    header = importlib.util.MAGIC_NUMBER + bytes(4) + stamp
    return data if data[:_HEADER_BYTES] == header else None


def _tag() -> str:
    tag = sys.implementation.cache_tag
    assert tag is not None  # only an interpreter that keeps no bytecode has none
    return tag
