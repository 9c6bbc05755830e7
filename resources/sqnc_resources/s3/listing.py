"""The objects that a pattern matches, and their versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqnc_resources.ordering.semi_semantic import SemiSemantic
from sqnc_resources.streams import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqnc_resources.s3.bucket import Bucket
    from sqnc_resources.s3.pattern import KeyPattern, Section


@dataclass(frozen=True, slots=True)
class Match:
    """A key that the pattern matches, with its version."""

    path: str
    version: SemiSemantic


def matches(bucket: Bucket, pattern: KeyPattern) -> list[Match]:
    """All of them, the oldest first; what has no version is left out, and told."""
    found = (match_of(path, pattern) for path in _keys(bucket, pattern))
    return sorted((match for match in found if match is not None), key=lambda match: match.version)


def match_of(path: str, pattern: KeyPattern) -> Match | None:
    """None where the key does not match, or where what it has for a version is none."""
    version = pattern.version(path)
    if version is None:
        return None
    try:
        return Match(path, SemiSemantic.parse(version))
    except ValueError as error:
        say(f"{path} does not count: {error}")
        return None


def _keys(bucket: Bucket, pattern: KeyPattern) -> Iterator[str]:
    """What may match: folder by folder, only into those that match."""
    if not pattern.sections:
        for page in bucket.pages("", deep=True):
            yield from page.keys
        return
    waiting = [("", pattern.sections)]
    while waiting:
        prefix, (section, *rest) = waiting.pop(0)
        if rest and section.is_literal:
            waiting.append((f"{prefix}{section.text}/", tuple(rest)))
            continue
        for page in bucket.pages(prefix):
            if rest:
                waiting += [(folder, tuple(rest)) for folder in _folders(page.folders, prefix, section)]
            else:
                yield from page.keys


def _folders(folders: tuple[str, ...], prefix: str, section: Section) -> Iterator[str]:
    return (folder for folder in folders if section.matches(folder[len(prefix) : -1]))
