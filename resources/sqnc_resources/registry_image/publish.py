"""An image into a registry: what is missing there, then its manifest, then its tags."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError
from sqnc_resources.inputs import find, read_text
from sqnc_resources.ordering import Semantic
from sqnc_resources.registry_image import tags as known_tags
from sqnc_resources.registry_image.limits import refuse_cloud_logins, refuse_content_trust
from sqnc_resources.registry_image.names import Repository, is_tag
from sqnc_resources.registry_image.registry import PATIENCE, RemoteRepository
from sqnc_resources.registry_image.stored import load
from sqnc_resources.registry_image.uploads import Uploads
from sqnc_resources.registry_image.values import Version
from sqnc_resources.result import Result
from sqnc_resources.streams import say
from sqnc_resources.web import StatusError

if TYPE_CHECKING:
    from sqnc_resources.registry_image.files import Stored
    from sqnc_resources.registry_image.values import PutParams, Source


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    refuse_cloud_logins(source)
    refuse_content_trust(source)
    number = _number(params)
    further = _additional_tags(params, folder)
    place = _find_image(folder, params.image)
    with TemporaryDirectory(prefix="sqnc-image-") as work:
        try:
            stored = load(place, Path(work))
        except ResourceError as error:
            raise ResourceError(f"image: {os.path.relpath(place, folder)}: {error}") from error
        remote = RemoteRepository(source, patience=PATIENCE, push=True)
        bump = _aliases(remote, source, number) if params.bump_aliases else []
        tags = _tags(source, number, further, bump=bump)
        say(f"pushing tag(s) {', '.join(tags)}")
        _push(remote, stored, tags, _origin(place, source))
    say("pushed")
    version = Version(stored.root.digest, tags[0])
    return Result(version, {"repository": source.repository.text, "tags": " ".join(tags)})


def _push(remote: RemoteRepository, stored: Stored, tags: list[str], origin: Repository | None) -> None:
    if origin is not None:
        remote.may_also_pull(origin)
    uploads = Uploads(remote, origin)
    for digest, part in stored.blobs.items():
        uploads.push_blob(digest, part)
    for manifest in stored.children:
        uploads.push_manifest(manifest, manifest.digest)
    for tag in tags:
        uploads.push_manifest(stored.root, tag)


def _tags(source: Source, number: Semantic | None, further: list[str], *, bump: list[str]) -> list[str]:
    """What to push to, the first of which is the version's; each once."""
    found = [source.tag] if source.tag else []
    if number is not None:
        found.append(_with_variant(str(number), source.variant))
    found += [*bump, *further]
    if not found:
        raise ResourceError(
            "no tag to push to: expected `tag` in source, or `version` or `additional_tags` in params"
        )
    for tag in found:
        if not is_tag(tag):
            raise ResourceError(f"tag `{tag}`: expected at most 128 letters, digits, `_`, `.`, `-`")
    return list(dict.fromkeys(found))


def _number(params: PutParams) -> Semantic | None:
    if not params.version:
        return None
    try:
        return Semantic.parse(params.version)
    except ValueError as error:
        raise ResourceError(f"params.version: {error}") from error


def _aliases(remote: RemoteRepository, source: Source, number: Semantic | None) -> list[str]:
    """`latest`, `1` and `1.2` for 1.2.3, each where the registry has nothing newer of its kind."""
    if number is None or number.pre:
        return []
    try:
        there = known_tags.numbers(remote.tags(), source.variant)
    except StatusError as error:
        if error.status != 404:
            raise
        there = []  # the repository is new
    major, minor, _ = number.core
    in_major = [other for other in there if other.major == major]
    found = []
    if not any(other > number for other in there):
        found.append(source.variant or known_tags.LATEST)
    if not any(other > number for other in in_major):
        found.append(_with_variant(f"{major}", source.variant))
    if not any(other > number for other in in_major if other.minor == minor):
        found.append(_with_variant(f"{major}.{minor}", source.variant))
    return found


def _with_variant(tag: str, variant: str) -> str:
    return f"{tag}-{variant}" if variant else tag


def _additional_tags(params: PutParams, folder: Path) -> list[str]:
    found = read_text(folder, params.additional_tags).split() if params.additional_tags else []
    if params.tag_prefix and not found:
        raise ResourceError("params.tag_prefix: there are no additional_tags to put it before")
    return [params.tag_prefix + tag for tag in found]


def _find_image(folder: Path, pattern: str) -> str:
    found = find(folder, pattern)
    if len(found) != 1:
        names = ", ".join(os.path.relpath(place, folder) for place in found[:10]) or "nothing"
        raise ResourceError(f"params.image: `{pattern}` matches {names}: expected exactly one file or folder")
    return found[0]


def _origin(place: str, source: Source) -> Repository | None:
    """The repository that a get has fetched the image from, where it is another one of the same registry."""
    try:
        with open(f"{os.path.dirname(place)}/repository", encoding="utf-8") as file:
            found = Repository.parse(file.read().strip())
    except (OSError, ValueError):
        return None
    target = source.repository
    return found if found.registry == target.registry and found.path != target.path else None
