"""One of several processes that change the same files: `writer.py PLACE number|pool TIMES`.

PLACE is a folder, or the URI of a repository whose branch is `main`. A line is printed for each thing done.
"""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from sqnc_resources.git import Source
from sqnc_resources.shared.files import Change, SharedFiles, Snapshot
from sqnc_resources.shared.folder import FolderFiles
from sqnc_resources.shared.git import git_files
from sqnc_resources.shared.locks import LockPool
from sqnc_resources.shared.update import Patience, update

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any

PATIENCE = Patience(poll_s=0.02, wait_s=60)


def reach(place: str) -> AbstractContextManager[SharedFiles[Any]]:
    if "://" in place:
        return git_files(Source(uri=place, branch="main"), may_start=True)
    return nullcontext(FolderFiles(place))


def next_number(now: Snapshot) -> Change[int]:
    number = int(now.read("number") or 0) + 1
    return Change({"number": b"%d\n" % number}, f"bump to {number}", number)


def count(files: SharedFiles[Any], times: int) -> None:
    for _ in range(times):
        print(update(files, next_number, PATIENCE).result, flush=True)


def hold(files: SharedFiles[Any], times: int) -> None:
    """Acquire and release; a line says when which lock was held: between the two, by a clock all share."""
    pool = LockPool(files, "pool", PATIENCE)
    for _ in range(times):
        name = pool.acquire().result.name
        begin = time.monotonic_ns()
        time.sleep(0.01)
        print(name, begin, time.monotonic_ns(), flush=True)
        pool.release(name)


if __name__ == "__main__":
    _, place, what, times = sys.argv
    with reach(place) as files:
        {"number": count, "pool": hold}[what](files, int(times))
