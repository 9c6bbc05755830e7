"""The versions among the tags of a repository: by their version numbers, or by a regular expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.ordering import Semantic
from sqnc_resources.registry_image.manifests import ManifestError
from sqnc_resources.registry_image.values import Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqnc_resources.registry_image.registry import RemoteRepository
    from sqnc_resources.registry_image.values import Expression, Source

_PRE_RELEASES: Final = ("alpha", "beta", "rc")
LATEST: Final = "latest"
_NEVER: Final = "0001-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A tag that is a version number."""

    tag: str
    number: Semantic
    dots: int
    """How many the number has as it is written: how exactly it says which version it is."""

    @classmethod
    def parse(cls, tag: str, variant: str) -> Numbered | None:
        """None for a tag that is no number, or not one of *variant*."""
        text = tag
        if variant:
            text = tag.removesuffix(f"-{variant}")
            if text == tag:
                return None
        try:
            return cls(tag, Semantic.parse(text), text.count("."))
        except ValueError:
            return None


def semantic(remote: RemoteRepository, source: Source, since: Version | None) -> list[Version]:
    """The images with version numbers, in their order; each once, by its most exact tag.

    Where *since* still is what it was, lower numbers are not looked at. In the end comes the image of
    `latest`, or of the tag that is the variant itself, where no number names it.
    """
    tags = remote.tags()
    chosen: dict[str, Numbered] = {}
    last: str | None = None
    floor: Semantic | None = None
    if since is not None and since.tag in tags:  # its number tells which tags need no request
        tags.remove(since.tag)
        tags.insert(0, since.tag)
    for tag in tags:
        bare = tag == (source.variant or LATEST)
        numbered = None if bare else Numbered.parse(tag, source.variant)
        if not bare and (numbered is None or not _counts(numbered.number, source)):
            continue
        if numbered is not None and floor is not None and numbered.number <= floor:
            continue
        digest = remote.digest(tag)
        if digest is None:
            continue
        if numbered is None:
            last = digest
        elif digest not in chosen or _is_better(numbered, chosen[digest]):
            chosen[digest] = numbered
        if since is not None and (tag, digest) == (since.tag, since.digest) and numbered is not None:
            floor = numbered.number
    ordered = sorted(chosen.items(), key=lambda item: (item[1].number, item[1].dots))
    found = [Version(digest, numbered.tag) for digest, numbered in ordered]
    if last is not None and last not in chosen and source.semver_constraint is None:
        found.append(Version(last, source.variant or LATEST))
    return found


def matching(remote: RemoteRepository, source: Source, expression: Expression) -> list[Version]:
    """The images whose tags match, in the registry's order, or by the time at which they were made."""
    matched = [tag for tag in remote.tags() if expression.matches(tag)]
    found = [Version(digest, tag) for tag in matched if (digest := remote.digest(tag)) is not None]
    if source.created_at_sort:
        times = {version.digest: _created_ns(remote, source, version.digest) for version in found}
        found.sort(key=lambda version: times[version.digest])
    return found


def _counts(number: Semantic, source: Source) -> bool:
    """Whether the source wants a version; what looks like a pre-release and is none is another variant."""
    if source.semver_constraint is not None and not source.semver_constraint.accept(number):
        return False
    if not number.pre:
        return True
    if not source.pre_releases or ("-" in number.pre and not source.pre_release_prefixes):
        return False
    return number.pre.startswith((*_PRE_RELEASES, *source.pre_release_prefixes))


def _is_better(one: Numbered, other: Numbered) -> bool:
    """Whether *one* names the same image better: a release does, then the number with more parts."""
    if bool(one.number.pre) != bool(other.number.pre):
        return not one.number.pre
    return one.dots > other.dots


def _created_ns(remote: RemoteRepository, source: Source, digest: str) -> int:
    from sqnc_resources.moments import Moment  # noqa: PLC0415  (only an order by time needs it)
    from sqnc_resources.registry_image.platforms import image_of  # noqa: PLC0415  (as above)

    image = image_of(remote, remote.manifest(digest), source.platform)
    created = remote.config(image).created
    try:
        return Moment.parse(created or _NEVER).ns
    except ValueError as error:
        raise ManifestError(f"{image.digest}: created: {error}") from error


def numbers(tags: Iterable[str], variant: str) -> list[Semantic]:
    """The final versions among *tags*, those of *variant* alone."""
    found = (Numbered.parse(tag, variant) for tag in tags)
    return [numbered.number for numbered in found if numbered is not None and not numbered.number.pre]
