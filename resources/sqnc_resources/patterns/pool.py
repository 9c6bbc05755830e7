"""A type for locks that many builds share: environments, devices, ping-pong tables."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, Literal

from sqnc_resources.errors import ResourceError
from sqnc_resources.patterns.typed import SourceT, Typed
from sqnc_resources.result import NoKeys, Result
from sqnc_resources.shared.files import Done, SharedFiles
from sqnc_resources.shared.locks import Lock, LockPool
from sqnc_resources.shared.update import PATIENCE, Patience


@dataclass(frozen=True, slots=True)
class LockState:
    """A lock, as a put left it."""

    lock: str
    """Its name."""
    state: Literal["claimed", "unclaimed", "removed"]
    """Whether somebody has it."""
    revision: str
    """What stands for the state of the whole pool: a commit, say."""


@dataclass(frozen=True, slots=True)
class PoolParams:
    """What to do: one of these. A folder holds a file `name`, and `metadata` for what is added."""

    acquire: bool = False
    """Whether to claim any lock, and to wait until there is one."""
    claim: str = ""
    """The lock to claim, and to wait for."""
    release: str = ""
    """The folder of the lock to give back: that of the put or get which gave it."""
    add: str = ""
    """The folder of a new lock, unclaimed."""
    add_claimed: str = ""
    """The folder of a new lock, claimed."""
    remove: str = ""
    """The folder of a claimed lock to remove."""
    update: str = ""
    """The folder of an unclaimed lock whose `metadata` to replace; it is waited for, or added."""
    check: str = ""
    """The folder of a lock to wait for until it is unclaimed."""
    check_unclaimed: str = ""
    """The folder of a lock to wait for until it is claimed."""

    def __post_init__(self) -> None:
        if len(self.given) != 1:
            names = ", ".join(field.name for field in fields(self))
            raise ValueError(f"expected one of {names}, got {' and '.join(self.given) or 'none'}")

    @property
    def given(self) -> list[str]:
        return [field.name for field in fields(self) if getattr(self, field.name)]


class Pool(Typed, ABC, Generic[SourceT]):
    """Say where the locks are kept; puts claim and release them, and a get says what a lock holds.

    A get gives what the lock holds now: while it is claimed, whoever has it alone may change that.
    """

    Source: type[SourceT]
    Version = LockState
    GetParams = NoKeys
    PutParams = PoolParams
    patience: Patience = PATIENCE
    """How long to wait for locks, and how often to look."""

    @abstractmethod
    def files(self, source: SourceT) -> AbstractContextManager[SharedFiles[Any]]:
        """Where they are kept: `git_files(git.Source(…))`, or `nullcontext(FolderFiles(…))`."""

    @abstractmethod
    def folder(self, source: SourceT) -> str:
        """The folder there that holds `claimed/` and `unclaimed/`."""

    def check(self, _source: SourceT, since: LockState | None) -> list[LockState]:
        return [since] if since else []

    def get(self, source: SourceT, version: LockState, _params: NoKeys, folder: Path) -> Result[LockState]:
        """Write `name`, and `metadata` unless the lock was removed."""
        (folder / "name").write_text(version.lock)
        if version.state != "removed":
            with self.files(source) as files:
                lock = LockPool(files, self.folder(source)).find(files.snapshot(), version.lock)
            (folder / "metadata").write_bytes(lock.content)
        return Result(version, self._metadata(source, version))

    def put(self, source: SourceT, params: PoolParams, folder: Path) -> Result[LockState]:
        note = f"Build URL: {url}" if (url := os.environ.get("BUILD_URL")) else ""
        with self.files(source) as files:
            done = act(LockPool(files, self.folder(source), self.patience, note), params, folder)
        state: Literal["claimed", "unclaimed"] = "claimed" if done.result.is_claimed else "unclaimed"
        version = LockState(done.result.name, "removed" if params.remove else state, done.revision)
        return Result(version, self._metadata(source, version))

    def _metadata(self, source: SourceT, version: LockState) -> dict[str, str]:
        return {"lock_name": version.lock, "pool_name": self.folder(source)}


def act(pool: LockPool[Any], params: PoolParams, folder: Path) -> Done[Lock]:
    """Do what *params* say; their folders are in *folder*. Raise ResourceError."""
    (action,) = params.given
    if action == "acquire":
        return pool.acquire()
    if action == "claim":
        return pool.claim(params.claim)
    from sqnc_resources.inputs import path_in  # noqa: PLC0415  (check and get need none of it)

    def read(file: str) -> bytes:
        return _read(path_in(folder, f"{getattr(params, action)}/{file}"))

    name = read("name").decode(errors="surrogateescape").strip()
    if action in {"add", "add_claimed"}:
        return pool.add(name, read("metadata"), claimed=action == "add_claimed")
    if action == "update":
        return pool.write(name, read("metadata"))
    acts = {
        "release": pool.release,
        "remove": pool.remove,
        "check": pool.wait_until_unclaimed,
        "check_unclaimed": pool.wait_until_claimed,
    }
    return acts[action](name)


def _read(place: str) -> bytes:
    try:
        with open(place, "rb") as file:
            return file.read()
    except OSError as error:
        what = os.path.basename(place)
        raise ResourceError(f"could not read the {what} of the lock: {place}: {error.strerror}") from error
