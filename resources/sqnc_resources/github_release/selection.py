"""Which releases count, and in which order."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from sqnc_resources.ordering import Semantic, SemiSemantic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqnc_resources.github_release.releases import Release
    from sqnc_resources.github_release.values import Source, Version


class _Ranked(NamedTuple):
    rank: SemiSemantic | int
    release: Release


def since(source: Source, releases: Iterable[Release], version: Version | None) -> list[Release]:
    """The releases that count, from *version* on, the oldest first.

    Without *version*, or where nothing is as new as that, the newest alone.
    """
    found = sorted(_ranked(source, releases), key=lambda one: one.rank)
    wanted = _rank_of(source, version)
    first = len(found) if wanted is None else bisect_left(found, wanted, key=lambda one: one.rank)
    return [one.release for one in found[min(first, len(found) - 1) :]] if found else []


def _ranked(source: Source, releases: Iterable[Release]) -> Iterator[_Ranked]:
    """GitHub lists the newest first: of two with one rank, the newer comes last."""
    for release in reversed(list(releases)):
        if _counts(source, release) and (rank := _rank(source, release)) is not None:
            yield _Ranked(rank, release)


def _counts(source: Source, release: Release) -> bool:
    if release.draft != source.drafts:
        return False
    if release.prerelease != source.pre_release and release.prerelease == source.release:
        return False
    if source.semver_constraint is None:
        return True
    try:
        version = Semantic.parse(source.tag_filter.version(release.tag or ""))
    except ValueError:
        return False
    return source.semver_constraint.accept(version)


def _rank(source: Source, release: Release) -> SemiSemantic | int | None:
    """What a release is ordered by; None for one that has no place in the order."""
    if source.order_by == "version":
        return _version(source, release.tag)
    if release.timestamp is None or release.timestamp.is_zero:
        return None
    return release.timestamp.ns if source.tag_filter.matches(release.tag or "") else None


def _rank_of(source: Source, version: Version | None) -> SemiSemantic | int | None:
    if version is None:
        return None
    if source.order_by == "version":
        return _version(source, version.tag)
    stamp = version.timestamp
    return None if stamp is None or stamp.is_zero else stamp.ns


def _version(source: Source, tag: str | None) -> SemiSemantic | None:
    try:
        return SemiSemantic.parse(source.tag_filter.version(tag or ""))
    except ValueError:
        return None
