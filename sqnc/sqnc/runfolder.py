"""A run's folder, `<cache>/runs/<run>`: what the run keeps on this machine, and the sign that it lives.

Its file `lock` is held (flock) by the engine while it lives; the system lets go of it when the engine ends,
however it ends. Whoever gets the lock afterwards owns the rest: the watcher, or the next start's sweep.
`owner.json` says which runtime the run used, so that another process can remove what it made.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from actions_compat.frozen import frozen
from sqncshim.agent.files import remove
from sqncshim.locks import lock_file

_LOCK: Final = "lock"
_OWNER: Final = "owner.json"
_UNFINISHED: Final = "."  # the name's first letter, while the folder is made
_UNFINISHED_FOR_S: Final = 60.0
_TRIES: Final = 50


@frozen
class Owner:
    """What it takes to reach what the run made: see `sqnc.runtimes.open_runtime`."""

    run: str
    runtime: str
    address: str

    def dump(self) -> str:
        return json.dumps({"run": self.run, "runtime": self.runtime, "address": self.address})


def run_folder(cache: Path, run: str) -> Path:
    return cache / "runs" / run


def unfinished(path: Path) -> Path:
    """What the run's folder *path* is called while it is made."""
    return path.with_name(_UNFINISHED + path.name)


class RunFolderError(Exception):
    """A run's folder cannot be made: the cache is read-only or full, or no folder."""


class RunFolder:
    """A run's folder whose lock this process holds."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def create(cls, cache: Path, owner: Owner) -> Self:
        """Make a new run's folder, which appears whole and locked.

        Raise FileExistsError for a second one, and RunFolderError where none can be made.
        """
        path = run_folder(cache, owner.run)
        if path.exists():
            raise FileExistsError(f"{path}: a run has one life")
        try:
            lock = _make(path, owner)
        except OSError as error:
            raise RunFolderError(
                f"{path}: cannot be made: {error.strerror}: "
                "let SQNC_CACHE name a folder that can be written to and has room"
            ) from error
        return cls(path, lock)

    @classmethod
    def take_over(cls, path: Path, *, wait: bool) -> Self | None:
        """Own the folder of a run that is over; None while somebody else does, or when it is gone."""
        try:
            lock = os.open(path / _LOCK, os.O_RDWR)
        except OSError:
            return None
        if lock_file(lock, wait=wait):
            return cls(path, lock)
        os.close(lock)
        return None

    @property
    def owner(self) -> Owner | None:
        """None where the run ended before it made anything."""
        try:
            return Owner(**json.loads((self.path / _OWNER).read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def release(self) -> None:
        """Let go of the lock and leave the folder; a second call is harmless."""
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def remove(self) -> None:
        """Remove the folder, then let go."""
        remove_tree(self.path)
        self.release()


def _make(path: Path, owner: Owner) -> int:
    """Make the folder; return the descriptor of its lock, which is held."""
    fresh = unfinished(path)
    fresh.mkdir(parents=True)
    lock = os.open(fresh / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    lock_file(lock, wait=True)
    (fresh / _OWNER).write_text(owner.dump(), encoding="utf-8")
    fresh.rename(path)
    return lock


def dead_runs(cache: Path) -> Iterator[Path]:
    """The folders whose engine is dead. Costs a listing, and one try of a lock for each run."""
    try:
        entries = list(os.scandir(cache / "runs"))
    except OSError:  # nothing has run yet; or nothing can, as `RunFolder.create` will say
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith(_UNFINISHED) and _is_fresh(path):
            continue
        if found := RunFolder.take_over(path, wait=False):
            found.release()
            yield path


def _is_fresh(unfinished: Path) -> bool:
    """Say whether somebody may still be making it, or has by now given it its name."""
    try:
        return time.time() - unfinished.stat().st_mtime < _UNFINISHED_FOR_S
    except FileNotFoundError:
        return True


def remove_tree(path: Path) -> None:
    """Remove a folder, its read-only parts too, although a process about to end still writes there."""
    with suppress(OSError):
        remove(str(path))
        return
    import shutil  # noqa: PLC0415 -- 1 ms, and where nobody is in the way it is not needed

    for _ in range(_TRIES):
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            if not path.exists():
                return
        except OSError:
            _make_writable(path)
            time.sleep(0.02)
        else:
            return
    shutil.rmtree(path)


def _make_writable(path: Path) -> None:
    with suppress(OSError):
        path.chmod(0o700)
    for folder, folders, _ in os.walk(path):
        for inner in folders:
            with suppress(OSError):  # somebody else's, or gone: the removal will say so
                Path(folder, inner).chmod(0o700)
