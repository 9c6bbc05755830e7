"""A release into a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError
from sqnc_resources.github_release.api import GitHub
from sqnc_resources.github_release.releases import UPLOADED
from sqnc_resources.inputs import matches
from sqnc_resources.outputs import make_folder, write_files
from sqnc_resources.result import Result
from sqnc_resources.streams import say

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.github_release.releases import Asset, Release
    from sqnc_resources.github_release.values import GetParams, Source, Version


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Write what the release says, then its assets, then its source where that is asked for."""
    github = GitHub(source)
    release = _find(github, version)
    sha = github.commit_sha(release.tag) if release.tag and not release.draft else ""
    write_files(folder, _texts(source, release, sha))
    place = folder / "assets" if source.asset_dir else folder
    make_folder(place)
    for asset in _chosen(github.assets(release), params.globs):
        say(f"downloading asset: {asset.name}")
        github.download(asset, place / asset.name)
    for wanted, form, name in (
        (params.include_source_tarball, "tarball", "source.tar.gz"),
        (params.include_source_zip, "zipball", "source.zip"),
    ):
        if wanted and release.tag:
            say(f"downloading source {form.removesuffix('ball')} to {name}")
            github.download_source(release.tag, form, place / name)
    return Result(release.version, release.metadata(sha))


def _find(github: GitHub, version: Version) -> Release:
    """The release of the version's number; where that is gone, the one of its tag."""
    release = github.release(version.id)
    if release is None and version.tag:
        release = github.release_of_tag(version.tag)
    if release is None:
        named = [f"{name} {value}" for name, value in (("id", version.id), ("tag", version.tag)) if value]
        hint = "" if github.is_known else ", or none that anybody may see: source.access_token is not given"
        raise ResourceError(f"there is no release of {' or '.join(named) or 'no id and no tag'}{hint}")
    return release


def _texts(source: Source, release: Release, sha: str) -> dict[str, str]:
    """What each file holds; what the release does not say has none."""
    found = {"id": str(release.id), "url": release.html_url}
    if release.tag:
        found |= {
            "tag": release.tag,
            "version": source.tag_filter.version(release.tag),
            "commit_sha": sha or None,
            "body": release.body or None,
            "timestamp": None if release.timestamp is None else str(release.timestamp),
        }
    return {name: text for name, text in found.items() if text is not None}


def _chosen(assets: list[Asset], globs: tuple[str, ...]) -> list[Asset]:
    """The assets that are whole and wanted; none leads out of the folder."""
    found = [
        asset
        for asset in assets
        if asset.state == UPLOADED and (not globs or any(matches(glob, asset.name) for glob in globs))
    ]
    for asset in found:
        if asset.name in {"", ".", ".."} or "/" in asset.name or "\0" in asset.name:
            raise ResourceError(f"asset {asset.name!r}: expected the name of a file")
    for glob in globs:
        if not any(matches(glob, asset.name) for asset in found):
            say(f"no asset matches `{glob}`")
    return found
