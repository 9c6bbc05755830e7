"""What gets have fetched, kept between runs: Concourse runs no `in` for what it has.

    <folder>/<key>/tree/         the files
    <folder>/<key>/answer.json   the version and the metadata; its time is that of the last use

An entry appears whole, by a rename. When all entries together are larger than the limit, those that were not
used for the longest time go.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen
from sqnc.runfolder import remove_tree
from sqnc_resources.emulator.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_BYTES: Final = 4 * 2**30
_TREE: Final = "tree"
_ANSWER: Final = "answer.json"
_UNFINISHED: Final = "."  # the first letter of an entry's name while it is made
_UNFINISHED_FOR_S: Final = 24 * 3600.0


@frozen
class Fetched:
    """What a get fetched; nobody may change *tree*."""

    answer: Answer
    tree: Path


class GetCache:
    """See the module's docstring. *limit_bytes* counts the files' contents."""

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._folder, self._limit_bytes = folder, limit_bytes

    def find(self, key: str) -> Fetched | None:
        """Return what was fetched under *key*; None where nothing was, or it went."""
        path = self._folder / key
        try:
            found = json.loads((path / _ANSWER).read_bytes())
            os.utime(path / _ANSWER)
            metadata = tuple((name, value) for name, value in found["metadata"])
            return Fetched(Answer(found["version"], metadata), path / _TREE)
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def keep(self, key: str, answer: Answer, copy: Callable[[Path], None]) -> None:
        """Keep what *copy* puts into the folder that it is given; where *key* is there, that stays.

        Raise OSError, and what *copy* raises; then nothing is kept.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # it may be somebody's private code
        fresh = self._folder / f"{_UNFINISHED}{secrets.token_hex(8)}"
        try:
            (fresh / _TREE).mkdir(parents=True)
            copy(fresh / _TREE)
            size_bytes = _size_bytes(fresh / _TREE)
            told = {"version": answer.version, "metadata": answer.metadata, "size_bytes": size_bytes}
            (fresh / _ANSWER).write_text(json.dumps(told), "utf-8")
            with suppress(OSError):  # another process was faster
                fresh.rename(self._folder / key)
        finally:
            if fresh.exists():
                remove_tree(fresh)
        self._shrink()

    def _shrink(self) -> None:
        entries = sorted(self._folder.iterdir(), key=_last_use, reverse=True)
        left_bytes = self._limit_bytes
        for entry in entries:
            if entry.name.startswith(_UNFINISHED):
                if time.time() - _last_use(entry) > _UNFINISHED_FOR_S:
                    remove_tree(entry)  # of a process that was killed
                continue
            left_bytes -= _told_bytes(entry)
            if left_bytes < 0:
                gone = entry.with_name(f"{_UNFINISHED}{secrets.token_hex(8)}")
                with suppress(FileNotFoundError):  # another process removes it
                    entry.rename(gone)  # nobody finds half of it
                    remove_tree(gone)


def _last_use(entry: Path) -> float:
    for path in (entry / _ANSWER, entry):
        try:
            return path.stat().st_mtime
        except OSError:
            continue
    return 0.0


def _told_bytes(entry: Path) -> int:
    try:
        return int(json.loads((entry / _ANSWER).read_bytes())["size_bytes"])
    except (OSError, ValueError, LookupError, TypeError):
        return 0


def _size_bytes(tree: Path) -> int:
    return sum(Path(path, name).lstat().st_size for path, _, files in os.walk(tree) for name in files)
