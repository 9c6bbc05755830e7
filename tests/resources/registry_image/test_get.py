"""A get in each of its formats, for each platform, and with what it shows."""

from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faulty_server import Answer
from tests.resources.registry_image.images import entry, image, index, link, simple, tar, tree

from sqnc_resources.errors import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.registry_image import GetParams, Source, Version, get

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.conftest import Run
    from tests.resources.faulty_server import FaultyServer
    from tests.resources.registry_image.conftest import Made, Place
    from tests.resources.registry_image.registries import FakeRegistry

NAME = "an-owner/image"
AMD, ARM = simple("amd"), simple("arm", form="docker", architecture="arm")


def params(**keys: Any) -> GetParams:
    return read(GetParams, keys, "params", [])


def test_oci_is_an_archive_as_docker_save_writes_it(place: Place, tmp_path: Path) -> None:
    layer = tar(entry("a", b"1"))
    made_of = image(layer, tar(entry("b", b"2")), layer, Labels={"a": "1"})
    name = place(made_of, "1.0")
    source = read(Source, {"repository": name}, "source", [])
    get(source, Version(made_of.digest, "1.0"), params(format="oci"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "digest", "image.tar", "labels.json", "repository", "tag",
    ]  # fmt: skip
    assert (tmp_path / "labels.json").read_text() == '{"a":"1"}\n'
    with tarfile.open(tmp_path / "image.tar", "r:") as archive:
        files = {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]  # all are files
    layers = [f"{digest.removeprefix('sha256:')}.tar.gz" for digest in made_of.layers]
    assert json.loads(files.pop("manifest.json")) == [
        {"Config": made_of.config, "RepoTags": [f"{name}:1.0"], "Layers": layers}
    ]
    named = {layer: f"sha256:{layer.removesuffix('.tar.gz')}" for layer in layers} | {
        made_of.config: made_of.config
    }
    assert files == {name: made_of.blobs[digest] for name, digest in named.items()}


def test_an_archive_of_a_docker_hub_image_is_loaded_by_its_usual_name(
    registry: FakeRegistry, tmp_path: Path
) -> None:
    registry.add("library/alpine", AMD, "3")
    source = read(Source, {"repository": "alpine", "registry_mirror": {"host": registry.host}}, "source", [])
    result = get(source, Version(AMD.digest, "3"), params(format="oci"), tmp_path)
    with tarfile.open(tmp_path / "image.tar") as archive:
        content = archive.extractfile("manifest.json")
        assert content is not None
        # the mirror's name, as docker load would not find the mirror's image by the hub's
        assert json.loads(content.read())[0]["RepoTags"] == ["index.docker.io/library/alpine:3"]
    assert list(result.metadata) == [("repository", "alpine"), ("tag", "3")]
    assert (tmp_path / "repository").read_text() == "alpine"


def test_a_version_without_a_tag_does(registry: FakeRegistry, made: Made, tmp_path: Path) -> None:
    registry.add(NAME, AMD)
    result = get(made(), Version(AMD.digest), params(format="oci"), tmp_path)
    assert result.version == Version(AMD.digest)
    assert (tmp_path / "tag").read_text() == ""


def test_oci_layout_of_an_index_has_the_images_of_all_platforms(place: Place, tmp_path: Path) -> None:
    both = index({"linux/amd64": AMD, "linux/arm/v7": ARM})
    source = read(Source, {"repository": place(both, "1")}, "source", [])
    get(source, Version(both.digest, "1"), params(format="oci-layout"), tmp_path)
    assert (tmp_path / "oci/index.json").read_bytes() == both.body
    assert json.loads((tmp_path / "oci/oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    blobs = {path.name: path.read_bytes() for path in (tmp_path / "oci/blobs/sha256").iterdir()}
    wanted = {one.digest: one.body for one in (AMD, ARM)} | {**AMD.blobs, **ARM.blobs}
    assert blobs == {digest.removeprefix("sha256:"): body for digest, body in wanted.items()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digest", "oci", "repository", "tag"]
    assert not (tmp_path / "oci/single-image-digest").exists()


def test_oci_layout_of_an_image_says_which_it_is(place: Place, tmp_path: Path) -> None:
    source = read(Source, {"repository": place(AMD, "1")}, "source", [])
    get(source, Version(AMD.digest, "1"), params(format="oci-layout"), tmp_path)
    assert (tmp_path / "oci/single-image-digest").read_text() == AMD.digest
    assert json.loads((tmp_path / "oci/index.json").read_text()) == {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [AMD.descriptor()],
    }


def test_skip_download_looks_whether_it_is_there(registry: FakeRegistry, made: Made, tmp_path: Path) -> None:
    registry.add(NAME, AMD, "1")
    result = get(made(), Version(AMD.digest, "1"), params(skip_download=True), tmp_path)
    assert tree(tmp_path) == {"digest": AMD.digest, "repository": f"{registry.host}/{NAME}", "tag": "1"}
    assert registry.calls() == [f"GET {NAME}/manifests/{AMD.digest}"]
    assert list(result.metadata) == [("repository", f"{registry.host}/{NAME}"), ("tag", "1")]
    gone = f"sha256:{'0' * 64}"
    with pytest.raises(ResourceError, match=f"there is no image {registry.host}/{NAME}@{gone}"):
        get(made(), Version(gone, "1"), params(skip_download=True), tmp_path)


@pytest.mark.parametrize(
    ("platform", "content"),
    [
        ({"architecture": "amd64", "os": "linux"}, "amd"),
        ({"architecture": "arm", "os": "linux"}, "arm"),
        ({"architecture": "arm/v7", "os": "linux"}, "arm"),
    ],
)
@pytest.mark.parametrize("form", ["oci", "docker"])
@pytest.mark.parametrize("where", ["source", "params"])
def test_a_platform_is_chosen(
    registry: FakeRegistry,
    made: Made,
    tmp_path: Path,
    *,
    platform: dict[str, str],
    content: str,
    form: str,
    where: str,
) -> None:
    both = index({"linux/amd64": AMD, "linux/arm/v7": ARM}, form)
    registry.add(NAME, both, "1")
    keys = {where: {"platform": platform}}
    source = made(**{"platform": {"architecture": "other"}, **keys.get("source", {})})
    get(source, Version(both.digest, "1"), params(**keys.get("params", {})), tmp_path)
    assert (tmp_path / "rootfs/etc/motd").read_text() == content


def test_this_machines_platform_is_the_default(
    registry: FakeRegistry, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = index({"linux/arm64": ARM})
    outer = index({"linux/amd64": AMD, "linux/arm64": inner})  # an index in an index
    registry.add(NAME, outer, "1")
    monkeypatch.setattr("sqnc_resources.registry_image.platforms._ARCHITECTURES", _All("arm64"))
    get(made(), Version(outer.digest, "1"), params(), tmp_path)
    assert (tmp_path / "rootfs/etc/motd").read_text() == "arm"


class _All(dict[str, str]):
    """Every machine is one of *word*."""

    def __init__(self, word: str) -> None:
        self._word = word

    def get(self, *_: object) -> str:  # type: ignore[override]  # whatever is asked
        return self._word


def test_a_platform_that_is_not_there_is_told_with_those_that_are(
    registry: FakeRegistry, made: Made, tmp_path: Path
) -> None:
    both = index({"linux/amd64": AMD, "linux/arm/v7": ARM})
    registry.add(NAME, both, "1")
    words = "no image for linux/s390x, but for linux/amd64, linux/arm/v7"
    with pytest.raises(ResourceError, match=words):
        get(made(platform={"architecture": "s390x"}), Version(both.digest, "1"), params(), tmp_path)


def test_a_platform_is_a_system_too(registry: FakeRegistry, made: Made, tmp_path: Path) -> None:
    both = index({"windows/amd64": ARM, "linux/amd64": AMD})
    registry.add(NAME, both, "1")
    platform = {"architecture": "amd64", "os": "linux"}
    get(made(platform=platform), Version(both.digest, "1"), params(), tmp_path)
    assert (tmp_path / "rootfs/etc/motd").read_text() == "amd"


def test_a_config_that_is_another_is_refused(registry: FakeRegistry, made: Made, tmp_path: Path) -> None:
    registry.add(NAME, AMD, "1")
    registry.blobs[NAME, AMD.config] = ARM.blobs[ARM.config]
    with pytest.raises(ResourceError, match=f"expected the digest {AMD.config}, got {ARM.config}"):
        get(made(), Version(AMD.digest, "1"), params(), tmp_path)


def test_labels_and_annotations_are_shown_where_they_are_asked_for(
    registry: FakeRegistry, made: Made, tmp_path: Path
) -> None:
    made_of = image(
        annotations={"b.x": "3", "a.x": "4", "c": "5"}, Labels={"two.x": "2", "one.x": "1", "no": "0"}
    )
    registry.add(NAME, made_of, "1")
    source = made(label_regex=r"\.x$", annotation_regex="^[ab]")
    result = get(source, Version(made_of.digest, "1"), params(skip_download=True), tmp_path)
    assert list(result.metadata)[2:] == [("one.x", "1"), ("two.x", "2"), ("a.x", "4"), ("b.x", "3")]


def test_where_a_mirror_fails_the_registry_has_the_image(
    registry: FakeRegistry, other_server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sqnc_resources.registry_image.names._HUB_HOST", other_server.url.removeprefix("http://")
    )
    monkeypatch.setattr("sqnc_resources.registry_image.names.Registry.is_loopback", True)
    # what the mirror's first layers leave behind would lead the first layer elsewhere
    three = image(tar(entry("a/b", b"1")), tar(link("a", "c"), entry("c")), tar(entry("d", b"2")))
    type(registry)(other_server).add("library/alpine", three, "3")
    registry.add("library/alpine", three, "3")
    del registry.blobs["library/alpine", three.layers[2]]
    source = read(Source, {"repository": "alpine", "registry_mirror": {"host": registry.host}}, "source", [])
    get(source, Version(three.digest, "3"), params(), tmp_path)
    assert tree(tmp_path / "rootfs") == {"a": "-> c", "c": "/", "d": "2"}


def test_blobs_may_lie_elsewhere_where_no_login_goes(
    registry: FakeRegistry, made: Made, other_server: FaultyServer, tmp_path: Path
) -> None:
    registry.add(NAME, AMD, "1")
    (layer,) = AMD.layers
    other_server.on("GET", "/there", Answer(body=AMD.blobs[layer]))
    registry.server.on(
        "GET", f"/v2/{NAME}/blobs/{layer}", Answer(307, headers={"Location": f"{other_server.url}/there"})
    )
    get(made(username="ann", password="secret"), Version(AMD.digest, "1"), params(), tmp_path)
    assert (tmp_path / "rootfs/etc/motd").read_text() == "amd"


@pytest.mark.parametrize("digest", ["latest", "sha256:1", "md5:00", f"sha256:{'0' * 63}/"])
def test_what_is_no_digest_is_told(made: Made, tmp_path: Path, digest: str) -> None:
    with pytest.raises(ResourceError, match=r"version\.digest: expected sha256:<hex>"):
        get(made(), Version(digest, "1"), params(), tmp_path)


def test_a_manifest_that_is_another_is_refused(registry: FakeRegistry, made: Made, tmp_path: Path) -> None:
    registry.add(NAME, AMD, "1")
    path = f"/v2/{NAME}/manifests/{AMD.digest}"
    registry.server.on("GET", path, Answer(body=ARM.body, headers={"Content-Type": ARM.media_type}))
    with pytest.raises(ResourceError, match=f"expected the digest {AMD.digest}, got {ARM.digest}"):
        get(made(), Version(AMD.digest, "1"), params(), tmp_path)


def test_the_whole_protocol(run: Run, registry: FakeRegistry, tmp_path: Path) -> None:
    registry.add(NAME, AMD, "1")
    request = {
        "source": {"repository": f"{registry.host}/{NAME}", "debug": True},
        "version": {"tag": "1", "digest": AMD.digest},
        "params": {"format": "rootfs"},
    }
    answer = run("in", "registry-image", request, tmp_path)
    assert answer.value == {
        "version": {"tag": "1", "digest": AMD.digest},
        "metadata": [
            {"name": "repository", "value": f"{registry.host}/{NAME}"},
            {"name": "tag", "value": "1"},
        ],
    }
    assert "unpacking etc/motd" in answer.stderr
    request["params"] = {"format": "tar"}
    answer = run("in", "registry-image", request, tmp_path)
    assert answer.status == 2
    assert "params.format: expected one of `rootfs`, `oci`, `oci-layout`" in answer.stderr
