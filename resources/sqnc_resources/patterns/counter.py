"""A type that counts: build numbers, releases, whatever has a next one, in a file that many writers share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import fields
from pathlib import Path
from typing import Any, Generic

from sqnc_resources.errors import RequestError, ResourceError
from sqnc_resources.patterns.typed import PutParamsT, SourceT, Typed, VersionT
from sqnc_resources.result import NoKeys, Result
from sqnc_resources.shared.files import Change, SharedFiles, Snapshot
from sqnc_resources.shared.update import PATIENCE, Patience, update
from sqnc_resources.versions import decode, encode


class Counter(Typed, ABC, Generic[SourceT, VersionT, PutParamsT]):
    """Say where the count is kept, what it is at `first`, and what is `next`; no two puts get the same.

    *VersionT* has one key, which is what the file holds.
    """

    Source: type[SourceT]
    Version: type[VersionT]
    PutParams: type[PutParamsT]
    GetParams = NoKeys
    patience: Patience = PATIENCE
    """How long a put goes on while others are faster."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        version = getattr(cls, "Version", None)
        if version is not None and len(fields(version)) != 1:
            raise TypeError(f"{cls.__name__}: the version of a counter has one key, which its file holds")

    @abstractmethod
    def files(self, source: SourceT) -> AbstractContextManager[SharedFiles[Any]]:
        """Where it is kept: `git_files(git.Source(…))`, or `nullcontext(FolderFiles(…))`."""

    @abstractmethod
    def path(self, source: SourceT) -> str:
        """The path of its file there."""

    @abstractmethod
    def first(self, source: SourceT) -> VersionT:
        """The count before anybody has counted, while there is no file."""

    @abstractmethod
    def next(self, current: VersionT, params: PutParamsT, folder: Path) -> VersionT:
        """The count after *current*; asked again when somebody else was faster. Raise ResourceError."""

    def message(self, source: SourceT, version: VersionT) -> str:  # noqa: ARG002  (for authors)
        """What a change is called, where it has a name, as a commit has."""
        return f"bump to {_text(version)}"

    def precedes(self, earlier: VersionT, later: VersionT) -> bool:  # noqa: ARG002  (for authors)
        """Whether the count may have been *earlier* before it was *later*; if not, a check forgets *earlier*.

        Say so where counts have an order: one that was set back by hand has not been what it was later.
        """
        return True

    def check(self, source: SourceT, since: VersionT | None) -> list[VersionT]:
        with self.files(source) as files:
            current = self._current(source, files.snapshot())
        if since is None or since == current or not self.precedes(since, current):
            return [current]
        return [since, current]

    def get(self, _source: SourceT, version: VersionT, _params: NoKeys, folder: Path) -> Result[VersionT]:
        """Write the count to a file that is called as its key."""
        for name, text in encode(version).items():
            (folder / name).write_text(text)
        return Result(version)

    def put(self, source: SourceT, params: PutParamsT, folder: Path) -> Result[VersionT]:
        def decide(now: Snapshot) -> Change[VersionT]:
            version = self.next(self._current(source, now), params, folder)
            content = f"{_text(version)}\n".encode()
            return Change({self.path(source): content}, self.message(source, version), version)

        with self.files(source) as files:
            return Result(update(files, decide, self.patience).result)

    def _current(self, source: SourceT, now: Snapshot) -> VersionT:
        content = now.read(self.path(source))
        if content is None:
            return self.first(source)
        (key,) = encode(self.first(source))
        try:
            return decode(self.Version, {key: content.decode().strip()}, self.path(source))
        except (RequestError, UnicodeDecodeError) as error:
            raise ResourceError(f"{self.path(source)}: the file holds no count: {error}") from error


def _text(version: Any) -> str:
    (text,) = encode(version).values()
    return text
