"""A type that looks at something, and has a new version whenever that differs from before."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Generic

from sqnc_resources.errors import ResourceError
from sqnc_resources.moments import Moment
from sqnc_resources.patterns.typed import SourceT, Typed
from sqnc_resources.result import NoKeys, Result


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen, and when it was first: what changes and changes back is a new version each time."""

    digest: str
    """The SHA-256 of what was seen."""
    time: Moment
    """When a check first saw it, after something else."""


class TriggerOnChange(Typed, ABC, Generic[SourceT]):
    """Say what to `look` at; a check compares digests of it."""

    Source: type[SourceT]
    Version = Seen
    GetParams = NoKeys
    PutParams = NoKeys

    @abstractmethod
    def look(self, source: SourceT) -> bytes:
        """What is there now, in a form that stays the same as long as nothing has changed.

        Leave out what always differs, such as the time of the answer. Raise ResourceError.
        """

    def fetch(self, source: SourceT, content: bytes, folder: Path) -> Mapping[str, str]:  # noqa: ARG002  (for authors)
        """Fill *folder* from what `look` gave, and return metadata; as it is, with one file, `content`."""
        (folder / "content").write_bytes(content)
        return {}

    def check(self, source: SourceT, since: Seen | None) -> list[Seen]:
        digest = _digest(self.look(source))
        if since and since.digest == digest:
            return [since]
        return [Seen(digest, Moment.now())]

    def get(self, source: SourceT, version: Seen, _params: NoKeys, folder: Path) -> Result[Seen]:
        """Look again, and fetch that; raise ResourceError where it is no longer what the version was."""
        content = self.look(source)
        if _digest(content) != version.digest:
            raise ResourceError("it has changed since this version: check again, and get what is there now")
        return Result(version, self.fetch(source, content, folder))

    def put(self, _source: SourceT, _params: NoKeys, _folder: Path) -> Result[Seen]:
        raise ResourceError("this type follows what others change: there is nothing to put")


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
