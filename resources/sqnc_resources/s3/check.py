"""The objects, or the versions of one, from a version on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError
from sqnc_resources.s3.values import Source, Version
from sqnc_resources.streams import say

if TYPE_CHECKING:
    from sqnc_resources.s3.bucket import Bucket
    from sqnc_resources.s3.pattern import KeyPattern


def check(source: Source, since: Version | None) -> list[Version]:
    from sqnc_resources.s3.bucket import open_bucket  # noqa: PLC0415  (45 ms, after the source was read)

    bucket = open_bucket(source)
    if source.regexp is None:
        return _ids(bucket, (since and since.version_id) or "")
    return _paths(bucket, source.regexp, (since and since.path) or "")


def _paths(bucket: Bucket, pattern: KeyPattern, since: str) -> list[Version]:
    """The initial path is the oldest, whatever its version is; upstream has it so."""
    from sqnc_resources.s3.listing import match_of, matches  # noqa: PLC0415  (as above)

    if not pattern.has_version:
        say(f"source.regexp: {pattern}: no group finds a version, as in app-(.*).tgz: nothing counts")
        return []
    found = matches(bucket, pattern)
    initial = bucket.source.initial_path
    if initial and all(match.path != initial for match in found) and (match := match_of(initial, pattern)):
        found.insert(0, match)
    last = match_of(since, pattern)
    newer = [] if last is None else [match for match in found if match.version >= last.version]
    return [Version(path=match.path) for match in newer or found[-1:]]


def _ids(bucket: Bucket, since: str) -> list[Version]:
    """The newest first, until *since*: what is older is not asked for."""
    found: list[str] = []
    initial = bucket.source.initial_version
    for version_id in bucket.version_ids(bucket.source.versioned_file):
        if not found and version_id == "null":  # one from before the bucket kept versions, or it keeps none
            _must_be_versioned(bucket)
        found.append(version_id)
        if not since or version_id == since:
            break
    else:
        if not found:
            _must_be_versioned(bucket)
        if initial:
            found.append(initial)
    if not since or since not in found:
        found = found[:1]
    return [Version(version_id=version_id) for version_id in reversed(found)]


def _must_be_versioned(bucket: Bucket) -> None:
    if not bucket.is_versioned():
        raise ResourceError(f"source.bucket: {bucket.place.bucket}: bucket is not versioned")
