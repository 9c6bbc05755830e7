"""What is left of runs whose engine is dead, and its removal."""

import time
from pathlib import Path
from typing import Final

from sqnc.runfolder import Owner, RunFolder, dead_runs, remove_tree, unfinished
from sqnc.watcher import start_cleaner

_PAUSES_S: Final = (0.0, 0.2, 0.5, 0.8, 1.0)
_ENGINE_AWAY_S: Final = 60.0


def sweep(cache: Path) -> list[Path]:
    """Start the removal of all that dead runs left, in a process of its own; return their folders.

    Without any, this costs the listing of one folder. Living runs, and other users' runs, are not touched.
    """
    found = list(dead_runs(cache))
    for folder in found:
        start_cleaner(folder).close()
    return found


def clean(path: Path, *, wait: bool) -> bool:
    """Prune the run of folder *path* and remove the folder; say whether that is done.

    wait: for the lock. It waits for as long as the engine, which may be about to end, still holds it.
    """
    remove_tree(unfinished(path))  # the engine came no further
    folder = RunFolder.take_over(path, wait=wait)
    if folder is None:
        return not path.exists()
    owner = folder.owner
    if owner is not None and not _prune_while_away(owner, path):
        folder.release()
        return False
    folder.remove()
    return True


def _prune_while_away(owner: Owner, path: Path) -> bool:
    """Prune, and try again for a minute while the container engine is away (it may be restarting)."""
    from sqnc.runtimes import RuntimeFailure  # noqa: PLC0415 -- a start that finds nothing needs none

    end = time.monotonic() + _ENGINE_AWAY_S
    while True:
        try:
            return _prune(owner, path)
        except RuntimeFailure:
            if time.monotonic() > end:
                return False
        time.sleep(1.0)  # nothing tells when an engine is back


def _prune(owner: Owner, path: Path) -> bool:
    """Prune several times: a request that the dead engine had under way may still be carried out."""
    from sqnc.runtimes import open_runtime  # noqa: PLC0415 -- see above

    cache = path.parent.parent
    runtime = open_runtime(owner.runtime, cache=cache, progress=lambda _: None, address=owner.address)
    try:
        for pause in _PAUSES_S:
            time.sleep(pause)
            runtime.prune(owner.run)
    finally:
        runtime.close()
    return True
