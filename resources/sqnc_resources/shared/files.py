"""What is shared: the state of some files, a change of it, and the seam behind which they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sqnc_resources.errors import ResourceError

T_co = TypeVar("T_co", covariant=True)
SnapshotT = TypeVar("SnapshotT", bound="Snapshot")


class ConflictError(ResourceError):
    """Somebody else has changed the files since the snapshot; nothing of this change was made."""


class NotYetError(ResourceError):
    """What is wanted is not there yet, as a lock that others hold; what a decision raises to wait."""


class Snapshot(Protocol):
    """The files at one moment; what is read of it stays the same whatever others do meanwhile."""

    @property
    def revision(self) -> str:
        """What stands for this state: a commit, a digest. '' where nothing was ever written."""

    def read(self, path: str) -> bytes | None:
        """The content of a file; None where there is none."""

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of the files right in *folder*, sorted, hidden ones too; () where there is no folder."""


@dataclass(frozen=True, slots=True)
class Change(Generic[T_co]):
    """What is to become of a snapshot's files; without *files* they are left as they are.

    *files* holds the new content of each, None where it is removed. *message* is for people, and *result* for
    the one who asked.
    """

    files: Mapping[str, bytes | None]
    message: str
    result: T_co

    def __post_init__(self) -> None:
        for path in self.files:
            if not is_path(path):
                raise ValueError(f"`{path}`: expected the path of a file, without `.` and `..`")


@dataclass(frozen=True, slots=True)
class Done(Generic[T_co]):
    """A change that was made: the *revision* that first holds it, and its *result*."""

    revision: str
    result: T_co


class SharedFiles(Protocol[SnapshotT]):
    """Where the files are kept. Both calls may be made any number of times, by any number of processes."""

    def snapshot(self) -> SnapshotT:
        """The files as they are now; raise ResourceError."""

    def replace(self, old: SnapshotT, change: Change[object]) -> str:
        """Make *change*, all of it or nothing, if the files are still those of *old*; return the revision.

        Raise ConflictError where they are not, and ResourceError where it cannot be done or where nobody can
        say whether it was.
        """


def normal(path: str) -> str:
    """*path* without `.` and doubled slashes, as `is_path` wants it; '' is the top folder."""
    return "/".join(part for part in path.split("/") if part not in {"", "."})


def is_path(text: str) -> bool:
    """Whether *text* names a file below a folder, in one way only."""
    return "\0" not in text and all(part not in {"", ".", "..", ".git"} for part in text.split("/"))
