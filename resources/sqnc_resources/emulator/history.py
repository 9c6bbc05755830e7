"""The versions of a resource, in Concourse's order (concourse/atc/db/resource_config_scope.go).

Each version has a check order; the greatest is the latest. Rules, with where they surprise:

- A check whose answer holds anything new moves *all* that it answered to the end, as the answer has them.
- One that holds nothing new changes nothing: so where a force-push goes back to an older version that is
  known already, the dead one stays the latest.
- A version is another one as soon as any of its keys or values is.
- A put adds its version at the end when it is new, and moves nothing when it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqnc_resources.emulator.answers import EMPTY_VERSION, AnswerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqnc_resources.emulator.configuration import Version


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version with its place; *metadata* is what the last get or put of it told."""

    version: Version
    check_order: int
    metadata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """All versions that are known, in the order in which they became known. Methods return a new history."""

    known: tuple[KnownVersion, ...] = ()

    @property
    def latest(self) -> Version | None:
        """The version that a check starts from and a get takes; None before the first."""
        last = max(self.known, key=lambda entry: entry.check_order, default=None)
        return None if last is None else last.version

    def ordered(self) -> tuple[KnownVersion, ...]:
        """All versions, the latest first."""
        return tuple(sorted(self.known, key=lambda entry: -entry.check_order))

    def find(self, version: Version) -> KnownVersion | None:
        """This very version; None where it is not known."""
        return next((entry for entry in self.known if entry.version == version), None)

    def matching(self, part: Mapping[str, str]) -> Version | None:
        """A version that has all of *part*, as a pinned one is found; the latest of several.

        Concourse takes whichever of several its database gives first.
        """
        found = (entry.version for entry in self.ordered())
        return next((version for version in found if part.items() <= version.items()), None)

    def new_in(self, versions: Iterable[Version]) -> tuple[Version, ...]:
        """Those of *versions* that are not known, each once."""
        known = {_key(entry.version) for entry in self.known}
        return tuple({key: version for version in versions if (key := _key(version)) not in known}.values())

    def checked(self, answer: Iterable[Version]) -> History:
        """Save the answer of a check; raise AnswerError for an empty version."""
        versions = tuple(answer)
        if not all(versions):
            raise AnswerError(EMPTY_VERSION)
        new = self.new_in(versions)
        if not new:
            return self
        entries = [*self.known, *(KnownVersion(version, 0) for version in new)]
        places = {_key(entry.version): place for place, entry in enumerate(entries)}
        last = max(entry.check_order for entry in entries)
        for check_order, version in enumerate(versions, last + 1):
            place = places[_key(version)]
            entries[place] = replace(entries[place], check_order=check_order)
        return History(tuple(entries))

    def put(self, version: Version, metadata: tuple[tuple[str, str], ...] = ()) -> History:
        """Save the version that a put made; raise AnswerError for an empty one."""
        history = self._with(version).fetched(version, metadata)
        return history if self.find(version) else history._moved_to_end(version)

    def fetched(self, version: Version, metadata: tuple[tuple[str, str], ...]) -> History:
        """Keep what a get told of a known version; of another, and without metadata, nothing changes."""
        if not metadata:
            return self
        return History(
            tuple(
                replace(entry, metadata=metadata) if entry.version == version else entry
                for entry in self.known
            )
        )

    def _with(self, version: Version) -> History:
        if not version:
            raise AnswerError(EMPTY_VERSION)
        return self if self.find(version) else History((*self.known, KnownVersion(version, 0)))

    def _moved_to_end(self, version: Version) -> History:
        last = max(entry.check_order for entry in self.known)
        return History(
            tuple(
                replace(entry, check_order=last + 1) if entry.version == version else entry
                for entry in self.known
            )
        )


def _key(version: Version) -> frozenset[tuple[str, str]]:
    return frozenset(version.items())
