"""The versions that a repository has now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqnc_resources.registry_image.values import Version

if TYPE_CHECKING:
    from sqnc_resources.registry_image.registry import RemoteRepository
    from sqnc_resources.registry_image.values import Source


def check(source: Source, since: Version | None) -> list[Version]:
    """The versions from *since* on, the oldest first, as the mirror has them or else the registry.

    Without `tag`, *since* saves requests alone: a newer version is in the answer whatever it is.
    """
    from sqnc_resources.errors import ResourceError  # noqa: PLC0415  (here, as all that follows)
    from sqnc_resources.registry_image.limits import refuse_cloud_logins  # noqa: PLC0415  (get and put need it too)
    from sqnc_resources.streams import say  # noqa: PLC0415  (as above)

    refuse_cloud_logins(source)
    mirror = at_mirror(source)
    if mirror is not None:
        try:
            if found := _check(mirror, since):
                return found
        except ResourceError as error:
            say(f"checking mirror {mirror.repository} failed: {error}")
        else:
            say(f"checking mirror {mirror.repository} failed: tag not found")
    return _check(source, since)


def at_mirror(source: Source) -> Source | None:
    """*source* as the mirror has it; None without one, and for a repository that is not Docker Hub's."""
    mirror = source.registry_mirror
    if mirror is None or not source.repository.registry.is_hub:
        return None
    return replace(
        source,
        repository=source.repository.at(mirror.host),
        username=mirror.username,
        password=mirror.password,
        registry_mirror=None,
    )


def _check(source: Source, since: Version | None) -> list[Version]:
    from sqnc_resources.registry_image.registry import RemoteRepository  # noqa: PLC0415  (45 ms, after the source)

    remote = RemoteRepository(source)
    if source.tag:
        return _check_tag(remote, source.tag, since)
    from sqnc_resources.registry_image import tags  # noqa: PLC0415  (one tag needs none of it)

    if source.tag_regex:
        return tags.matching(remote, source, source.tag_regex)
    return tags.semantic(remote, source, since)


def _check_tag(remote: RemoteRepository, tag: str, since: Version | None) -> list[Version]:
    """The digest of the tag now, and before it *since*, where the registry still has that."""
    digest = remote.digest(tag)
    if digest is None:
        return []
    found = [Version(digest, tag)]
    if since is not None and since.digest != digest and remote.digest(since.digest) is not None:
        found.insert(0, Version(since.digest, tag))
    return found
