"""An image into a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.emulator.go_json import encode
from sqnc_resources.errors import ResourceError
from sqnc_resources.outputs import write_files
from sqnc_resources.registry_image.check import at_mirror
from sqnc_resources.registry_image.limits import refuse_cloud_logins
from sqnc_resources.registry_image.manifests import is_digest
from sqnc_resources.registry_image.platforms import image_of
from sqnc_resources.registry_image.registry import PATIENCE, RemoteRepository
from sqnc_resources.result import Result
from sqnc_resources.streams import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqnc_resources.registry_image.manifests import Config, Manifest
    from sqnc_resources.registry_image.values import Expression, GetParams, Source, Version


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Fetch from the mirror, else from the registry; what says which image it is comes last."""
    refuse_cloud_logins(source)
    if not is_digest(version.digest):
        raise ResourceError(f"version.digest: expected sha256:<hex>, got `{version.digest}`")
    metadata = _from_mirror(source, version, params, folder)
    if metadata is None:
        metadata = _Get(source, version, params, folder).run(_name(source, version))
    about = {"repository": source.repository.text, "tag": version.tag or ""}
    write_files(folder, {**about, "digest": version.digest})
    return Result(version, [*about.items(), *metadata])


def _from_mirror(
    source: Source, version: Version, params: GetParams, folder: Path
) -> list[tuple[str, str]] | None:
    """None where there is no mirror, or it does not have the image; then nothing of it is left."""
    mirror = at_mirror(source)
    if mirror is None:
        return None
    try:
        return _Get(mirror, version, params, folder).run(_name(source, version))
    except ResourceError as error:
        say(f"download from mirror {mirror.repository} failed: {error}")
    from shutil import rmtree  # noqa: PLC0415  (seldom needed)

    for name in ("rootfs", "oci"):
        rmtree(folder / name, ignore_errors=True)
    return None


class _Get:
    """One get, from one registry."""

    def __init__(self, source: Source, version: Version, params: GetParams, folder: Path) -> None:
        self._source, self._version, self._params, self._folder = source, version, params, folder
        self._remote = RemoteRepository(source, patience=PATIENCE)
        self._found: tuple[Manifest, Config] | None = None

    def run(self, name: str) -> list[tuple[str, str]]:
        """Write what the format has, and return what the metadata has besides; raise ResourceError.

        *name* is what the image will be called where it is loaded; empty leaves it without a name.
        """
        say(f"fetching {self._source.repository}@{self._version.digest}")
        manifest = self._remote.manifest(self._version.digest)
        if not self._params.skip_download:
            self._save(manifest, name)
        labels, annotations = self._source.label_regex, self._source.annotation_regex
        found: list[tuple[str, str]] = []
        if labels:
            found += _matching(labels, self._image(manifest)[1].labels)
        if annotations:
            found += _matching(annotations, self._image(manifest)[0].annotations)
        return found

    def _save(self, manifest: Manifest, name: str) -> None:
        if self._params.format == "oci-layout":
            from sqnc_resources.registry_image.layout import save_layout  # noqa: PLC0415  (one of three)

            save_layout(self._remote, manifest, self._folder / "oci")
            return
        image, config = self._image(manifest)
        if self._params.format == "oci":
            from sqnc_resources.registry_image.image_tar import save_image_tar  # noqa: PLC0415  (as above)

            save_image_tar(self._remote, image, name, self._folder)
        else:
            from sqnc_resources.registry_image.rootfs import save_rootfs  # noqa: PLC0415  (as above)

            save_rootfs(self._remote, image, self._folder, debug=self._source.debug)
            write_files(self._folder, {"metadata.json": _how_it_runs(config)})
        write_files(self._folder, {"labels.json": encode(dict(config.labels)) + "\n"})

    def _image(self, manifest: Manifest) -> tuple[Manifest, Config]:
        """The image for the platform, and its config."""
        if self._found is None:
            image = image_of(self._remote, manifest, self._params.platform or self._source.platform)
            self._found = image, self._remote.config(image)
        return self._found


def _name(source: Source, version: Version) -> str:
    """What `docker load` will call it: what it is called in its registry, not in a mirror."""
    return f"{source.repository.full_name}:{version.tag}" if version.tag else ""


def _how_it_runs(config: Config) -> str:
    """metadata.json, as Concourse reads it; what the image does not say is null."""
    value = {"cmd": config.cmd, "entrypoint": config.entrypoint, "env": config.env, "user": config.user}
    return encode(value) + "\n"


def _matching(expression: Expression, values: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, values[name]) for name in sorted(values) if expression.matches(name)]
