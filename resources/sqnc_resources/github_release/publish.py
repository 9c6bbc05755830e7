"""A release made or changed, with all its assets or none that anybody finds."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.github_release.api import GitHub
from sqnc_resources.github_release.releases import UPLOADED
from sqnc_resources.inputs import find, read_text
from sqnc_resources.result import Result
from sqnc_resources.streams import say
from sqnc_resources.web import BodyError, Patience, StatusError, WebError
from sqnc_resources.web.retries import Attempts

if TYPE_CHECKING:
    from sqnc_resources.github_release.releases import Asset, Release
    from sqnc_resources.github_release.values import PutParams, Source, Version

_PATIENCE: Final = Patience(attempts=10)
"""How often an upload is tried: so often does Concourse's own type."""


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    files = _files(folder, params.globs)
    fields = _fields(source, params, folder)
    github = GitHub(source)
    tag = fields["tag_name"]
    existing = next((release for release in github.releases() if release.tag == tag), None)
    if existing is None:
        release = _create(github, fields, params, hidden=bool(files))
    else:
        release = _change(github, existing, fields)
    for name, file in files.items():
        _upload(github, release, file, name)
    if release.draft != fields["draft"]:
        release = github.update(release, {"draft": fields["draft"]})
    return Result(release.version, release.metadata())


def _fields(source: Source, params: PutParams, folder: Path) -> dict[str, object]:
    """What is said of the release; what is not said is left as it is, or to GitHub."""
    fields: dict[str, object] = {
        "tag_name": params.tag_prefix + read_text(folder, params.tag).strip(),
        "name": read_text(folder, params.name).strip(),
        "draft": source.drafts,
        "prerelease": source.pre_release and not source.release,
    }
    if not fields["tag_name"]:
        raise ResourceError(f"tag: {params.tag} is empty: expected the name of a tag")
    if params.body:
        fields["body"] = read_text(folder, params.body).strip()
    if params.commitish and (commitish := read_text(folder, params.commitish).strip()):
        fields["target_commitish"] = commitish
    return fields


def _files(folder: Path, globs: tuple[str, ...]) -> dict[str, Path]:
    """The files to upload by the names they will have; each pattern must match, and no name occur twice."""
    found: dict[str, Path] = {}
    for glob in globs:
        places = [Path(place) for place in find(folder, glob)]
        if not places:
            raise ResourceError(f"could not find file that matches glob '{glob}'")
        for place in places:
            if not place.is_file():
                raise ResourceError(
                    f"globs: `{glob}` matches {os.path.relpath(place, folder)}: expected a file"
                )
            if found.setdefault(_renamed(place.name), place) != place:
                raise ResourceError(
                    f"globs: two files are called {place.name}, and a release has one of a name"
                )
    return {place.name: place for place in found.values()}


def _create(github: GitHub, fields: dict[str, object], params: PutParams, *, hidden: bool) -> Release:
    """Make the release; *hidden* as a draft, until it has its assets."""
    say(f"creating release {fields['name']}")
    draft = bool(fields["draft"]) or hidden
    extra = {"generate_release_notes": True} if params.generate_release_notes else {}
    return github.create({"body": "", **fields, **extra, "draft": draft})


def _change(github: GitHub, release: Release, fields: dict[str, object]) -> Release:
    """Change the release that is there, without its assets; a draft stays one until it has its new ones."""
    for asset in github.assets(release):
        say(f"clearing existing asset: {asset.name}")
        github.delete(asset)
    say(f"updating release {fields['name']}")
    return github.update(release, {**fields, "draft": bool(fields["draft"]) or release.draft})


def _upload(github: GitHub, release: Release, file: Path, name: str) -> None:
    """Upload until the asset is there, whole; what a broken attempt has left is removed before the next."""
    say(f"uploading {file}")
    attempts = Attempts(_PATIENCE, idempotent=True)
    while True:
        try:
            asset: Asset | None = github.upload(release, file, name)
        except WebError as error:
            asset = _left(github, release, name)
            if not _is_whole(asset, file):
                attempts.extend()
                attempts.wait_or_raise(_repeatable(error, asset))
                if asset is not None:
                    github.delete(asset)
                continue
        if _is_whole(asset, file):
            return
        raise ResourceError(f"asset {name}: GitHub has not taken it whole: the release {release.id} lacks it")


def _repeatable(error: WebError, left: Asset | None) -> WebError:
    """*error*; that the name is taken by what an attempt has left is no reason to give up."""
    taken = isinstance(error, StatusError) and error.status == 422 and left is not None
    return BodyError(str(error)) if taken else error


def _left(github: GitHub, release: Release, name: str) -> Asset | None:
    return next((asset for asset in github.assets(release) if _renamed(asset.name) == _renamed(name)), None)


def _renamed(name: str) -> str:
    """What GitHub may call an asset of this *name*: special characters become periods, but at the ends.

    https://docs.github.com/en/rest/releases/assets#upload-a-release-asset does not say which are special.
    """
    return re.sub(r"[^0-9A-Za-z._-]", ".", name).strip(".")


def _is_whole(asset: Asset | None, file: Path) -> bool:
    return asset is not None and asset.state == UPLOADED and asset.size == file.stat().st_size
