"""A pool of locks: files in `POOL/unclaimed` or in `POOL/claimed`, as Concourse's pool resource has them.

What a lock's file holds is for whoever gets the lock, an environment's address say. Files whose names begin
with a dot, `.gitkeep` say, are no locks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import choice
from typing import Final, Generic

from sqnc_resources.errors import ResourceError
from sqnc_resources.shared.files import Change, Done, NotYetError, SharedFiles, SnapshotT, is_path
from sqnc_resources.shared.update import PATIENCE, Patience, update

_CLAIMED: Final = "claimed"
_UNCLAIMED: Final = "unclaimed"


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock, as it is after what was done."""

    name: str
    content: bytes
    is_claimed: bool


@dataclass(frozen=True, slots=True)
class LockPool(Generic[SnapshotT]):
    """The locks below *folder* of shared files; *note* ends the message of each change, a build's URL say.

    Each method makes one change, which nobody else made before or makes too, and raises ResourceError where
    it cannot be made. Where it says that it waits, *patience* says how often it looks, and how long.
    """

    files: SharedFiles[SnapshotT]
    folder: str
    patience: Patience = PATIENCE
    note: str = ""

    def acquire(self) -> Done[Lock]:
        """Claim any lock, a random one; wait until there is one."""

        def decide(now: SnapshotT) -> Change[Lock]:
            free = self._names(now, _UNCLAIMED)
            if not free:
                raise NotYetError(f"{self.folder}: no lock is unclaimed")
            return self._moved(now, choice(free), claimed=True)  # noqa: S311  (no secret)

        return self._update(decide)

    def claim(self, name: str) -> Done[Lock]:
        """Claim this lock; wait until it is unclaimed."""

        def decide(now: SnapshotT) -> Change[Lock]:
            if self._read(now, _UNCLAIMED, name) is None:
                raise NotYetError(f"{self.folder}: {name} is not unclaimed")
            return self._moved(now, name, claimed=True)

        return self._update(decide, name)

    def release(self, name: str) -> Done[Lock]:
        """Give a claimed lock back."""
        return self._update(lambda now: self._moved(now, name, claimed=False), name)

    def add(self, name: str, content: bytes, *, claimed: bool = False) -> Done[Lock]:
        """Add a lock; there must be none of this name."""

        def decide(now: SnapshotT) -> Change[Lock]:
            for state in (_CLAIMED, _UNCLAIMED):
                if self._read(now, state, name) is not None:
                    raise ResourceError(f"{self.folder}: there is a lock {name} already, {state}")
            state = _CLAIMED if claimed else _UNCLAIMED
            return self._change(
                {self._path(state, name): content}, f"adding {state}", Lock(name, content, claimed)
            )

        return self._update(decide, name)

    def remove(self, name: str) -> Done[Lock]:
        """Remove a claimed lock: whoever holds it takes it with him."""

        def decide(now: SnapshotT) -> Change[Lock]:
            content = self._content(now, _CLAIMED, name)
            return self._change(
                {self._path(_CLAIMED, name): None}, "removing", Lock(name, content, is_claimed=True)
            )

        return self._update(decide, name)

    def write(self, name: str, content: bytes) -> Done[Lock]:
        """Replace what an unclaimed lock holds; add it where it is missing; wait while it is claimed."""

        def decide(now: SnapshotT) -> Change[Lock]:
            self._await(now, _CLAIMED, name)
            is_new = self._read(now, _UNCLAIMED, name) is None
            verb = "adding unclaimed" if is_new else "updating"
            return self._change(
                {self._path(_UNCLAIMED, name): content}, verb, Lock(name, content, is_claimed=False)
            )

        return self._update(decide, name)

    def wait_until_unclaimed(self, name: str) -> Done[Lock]:
        """Change nothing; wait while the lock is claimed. There must be one of this name."""
        return self._update(lambda now: self._seen(now, name, _UNCLAIMED), name)

    def wait_until_claimed(self, name: str) -> Done[Lock]:
        """Change nothing; wait while the lock is unclaimed. There must be one of this name."""
        return self._update(lambda now: self._seen(now, name, _CLAIMED), name)

    def find(self, now: SnapshotT, name: str) -> Lock:
        """The lock as it is in a snapshot; raise ResourceError where there is none."""
        for state in (_CLAIMED, _UNCLAIMED):
            content = self._read(now, state, name)
            if content is not None:
                return Lock(name, content, state == _CLAIMED)
        raise ResourceError(f"{self.folder}: there is no lock {name}")

    def _update(self, decide: Callable[[SnapshotT], Change[Lock]], name: str | None = None) -> Done[Lock]:
        if name is not None and (not is_path(name) or "/" in name or name.startswith(".")):
            raise ResourceError(
                f"{self.folder}: `{name}`: expected the name of a lock, a file's without a folder"
            )
        return update(self.files, decide, self.patience)

    def _moved(self, now: SnapshotT, name: str, *, claimed: bool) -> Change[Lock]:
        before, after = (_UNCLAIMED, _CLAIMED) if claimed else (_CLAIMED, _UNCLAIMED)
        content = self._content(now, before, name)
        files = {self._path(before, name): None, self._path(after, name): content}
        return self._change(files, "claiming" if claimed else "unclaiming", Lock(name, content, claimed))

    def _seen(self, now: SnapshotT, name: str, state: str) -> Change[Lock]:
        other = _CLAIMED if state == _UNCLAIMED else _UNCLAIMED
        self._await(now, other, name)
        return Change({}, "", Lock(name, self._content(now, state, name), state == _CLAIMED))

    def _await(self, now: SnapshotT, state: str, name: str) -> None:
        """Wait while the lock is in *state*."""
        if self._read(now, state, name) is not None:
            raise NotYetError(f"{self.folder}: {name} is {state}")

    def _content(self, now: SnapshotT, state: str, name: str) -> bytes:
        content = self._read(now, state, name)
        if content is None:
            raise ResourceError(f"{self.folder}: {name} is not {state}")
        return content

    def _change(self, files: dict[str, bytes | None], verb: str, lock: Lock) -> Change[Lock]:
        message = f"{verb}: {lock.name}"
        return Change(files, f"{message}\n{self.note}" if self.note else message, lock)

    def _names(self, now: SnapshotT, state: str) -> list[str]:
        return [name for name in now.names(self._path(state)) if not name.startswith(".")]

    def _read(self, now: SnapshotT, state: str, name: str) -> bytes | None:
        return now.read(self._path(state, name))

    def _path(self, *parts: str) -> str:
        return "/".join((self.folder, *parts)) if self.folder else "/".join(parts)
