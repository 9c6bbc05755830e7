"""A put pushes what is missing, then the manifests, then the tags."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faulty_server import Answer
from tests.resources.registry_image.images import (
    DOCKER_MANIFEST,
    OCI_MANIFEST,
    digest_of,
    entry,
    image,
    index,
    packed,
    simple,
    tar,
    tree,
)
from tests.resources.registry_image.stored import layout, saved, write_folder, write_tar

from sqnc_resources.errors import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.registry_image import GetParams, PutParams, Source, Version, check, get, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.resources.conftest import Run
    from tests.resources.registry_image.conftest import Made, Place
    from tests.resources.registry_image.registries import FakeRegistry

NAME = "an-owner/image"
AMD, ARM = simple("amd"), simple("arm", architecture="arm64")


def params(**keys: Any) -> PutParams:
    return read(PutParams, {"image": "built/*", **keys}, "params", [])


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    (tmp_path / "inputs").mkdir()
    return tmp_path / "inputs"


def fetched(source: Source, version: Version, folder: Path) -> dict[str, str]:
    folder.mkdir()
    get(source, version, GetParams(), folder)
    return tree(folder / "rootfs")


def test_an_archive_of_docker_save_is_pushed(place: Place, inputs: Path, tmp_path: Path) -> None:
    layers = tar(entry("a", b"1")), tar(entry("b", b"2")), tar(entry("a", b"1"))
    saved(inputs / "built/image.tar", *layers)
    name = place(simple("before"), "latest")
    source = read(Source, {"repository": name, "tag": "latest"}, "source", [])
    result = put(source, params(version="1.2.3"), inputs)
    assert result.version.tag == "latest"
    assert result.metadata == {"repository": name, "tags": "latest 1.2.3"}
    assert check(source, None) == [result.version]
    assert fetched(source, result.version, tmp_path / "out") == {"a": "1", "b": "2"}
    assert put(source, params(version="1.2.3"), inputs) == result  # a second put does no more


def test_layers_that_are_compressed_stay_as_they_are(
    registry: FakeRegistry, made: Made, inputs: Path
) -> None:
    layer = packed(tar(entry("a", b"1")), "gzip")
    saved(inputs / "built/image.tar", layer)
    put(made(tag="1"), params(), inputs)
    assert registry.blobs[NAME, digest_of(layer)] == layer
    ((kind, body),) = registry.manifests.values()
    assert kind == DOCKER_MANIFEST
    config = json.dumps({"rootfs": {"diff_ids": [digest_of(gzip.decompress(layer))]}}).encode()
    # to the byte what Concourse's own type pushes, so that both have the same digest
    assert body.decode() == (
        f'{{"schemaVersion":2,"mediaType":"{DOCKER_MANIFEST}","config":{{"mediaType":'
        f'"application/vnd.docker.container.image.v1+json","size":{len(config)},"digest":"{digest_of(config)}"}},'
        f'"layers":[{{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":{len(layer)},'
        f'"digest":"{digest_of(layer)}"}}]}}'
    )


@pytest.mark.peers("zstd")
def test_layers_of_zstd_make_an_oci_image(
    registry: FakeRegistry, made: Made, inputs: Path, tmp_path: Path
) -> None:
    plain = tar(entry("a", b"1")), tar(entry("b", b"2"))
    described = json.dumps({"rootfs": {"diff_ids": [digest_of(one) for one in plain]}}).encode()
    contents = [{"Config": "c", "Layers": ["0", "1"]}]
    files = {
        "c": described,
        "0": packed(plain[0], "zstd"),
        "1": plain[1],
        "manifest.json": json.dumps(contents).encode(),
    }
    write_tar(inputs / "built/image.tar", {**files})
    result = put(made(tag="1"), params(), inputs)
    kind, body = registry.manifests[NAME, result.version.digest]
    assert kind == OCI_MANIFEST
    kinds = [layer["mediaType"].rpartition(".")[2] for layer in json.loads(body)["layers"]]
    assert kinds == ["tar+zstd", "tar+gzip"]
    assert fetched(made(), result.version, tmp_path / "out") == {"a": "1", "b": "2"}


def test_links_in_old_archives_are_followed(
    registry: FakeRegistry, made: Made, inputs: Path, tmp_path: Path
) -> None:
    layer = tar(entry("a", b"1"))
    described = json.dumps({"rootfs": {"diff_ids": [digest_of(layer)] * 2}}).encode()
    contents = [{"Config": "c.json", "Layers": ["one/layer.tar", "two/layer.tar"]}]
    files: dict[str, bytes | str] = {
        "one/layer.tar": "../two/layer.tar", "./two/layer.tar": layer, "c.json": described,
        "manifest.json": json.dumps(contents).encode(),
    }  # fmt: skip
    write_tar(inputs / "built/image.tar", files)
    result = put(made(tag="1"), params(), inputs)
    assert fetched(made(), result.version, tmp_path / "out") == {"a": "1"}


@pytest.mark.parametrize("form", ["folder", "tar"])
def test_a_layout_of_an_index_keeps_its_digest(place: Place, inputs: Path, tmp_path: Path, form: str) -> None:
    both = index({"linux/amd64": AMD, "linux/arm64": ARM})
    if form == "tar":
        write_tar(inputs / "built/image.tar", layout(both))
    else:
        write_folder(inputs / "built/oci", layout(both))
    source = read(Source, {"repository": place(simple("before"), "0")}, "source", [])
    result = put(source, params(version="1"), inputs)
    assert result.version == Version(both.digest, "1.0.0")
    for architecture, content in (("amd64", "amd"), ("arm64", "arm")):
        chosen = read(
            Source,
            {"repository": source.repository.text, "platform": {"architecture": architecture}},
            "source",
            [],
        )
        assert fetched(chosen, result.version, tmp_path / architecture)["etc/motd"] == content


def test_what_a_get_has_fetched_is_pushed_with_the_same_digest(place: Place, tmp_path: Path) -> None:
    for made_of in (AMD, index({"linux/amd64": AMD, "linux/arm64": ARM})):
        source = read(Source, {"repository": place(made_of, "1")}, "source", [])
        folder = tmp_path / made_of.digest
        (folder / "got").mkdir(parents=True)
        get(
            source,
            Version(made_of.digest, "1"),
            read(GetParams, {"format": "oci-layout"}, "params", []),
            folder / "got",
        )
        result = put(source, params(image="got/oci", version="2.0.0"), folder)
        assert result.version == Version(made_of.digest, "2.0.0")


def test_an_image_in_dockers_form_keeps_its_digest_through_an_archive(
    registry: FakeRegistry, made: Made, tmp_path: Path
) -> None:
    made_of = simple(form="docker")
    registry.add(NAME, made_of, "1")
    get(made(), Version(made_of.digest, "1"), GetParams("oci"), tmp_path)
    result = put(made(), params(image="image.tar", version="2.0.0"), tmp_path)
    assert result.version == Version(made_of.digest, "2.0.0")


def test_an_archive_of_one_image_stands_for_that(registry: FakeRegistry, made: Made, inputs: Path) -> None:
    write_tar(inputs / "built/image.tar", layout(AMD))
    assert put(made(tag="1"), params(), inputs).version.digest == AMD.digest


def test_a_folder_of_one_image_stands_for_its_index_unless_it_says_which_it_is(
    registry: FakeRegistry, made: Made, inputs: Path
) -> None:
    files = layout(AMD)
    write_folder(inputs / "built/oci", files)
    content = files["index.json"]
    assert isinstance(content, bytes)
    assert put(made(tag="1"), params(), inputs).version.digest == digest_of(content)
    write_folder(inputs / "built/oci", layout(AMD, single=True))
    assert put(made(tag="1"), params(), inputs).version.digest == AMD.digest


@pytest.mark.parametrize(
    ("variant", "there", "tags"),
    [
        ("", [], "1.2.3 latest 1 1.2"),
        ("", ["1.2.2", "1.1.9", "0.9", "2.0.0-rc.1", "2.0.0-alpine"], "1.2.3 latest 1 1.2"),
        ("", ["2.0.0"], "1.2.3 1 1.2"),
        ("", ["1.3.0"], "1.2.3 1.2"),
        ("", ["1.2.4"], "1.2.3"),
        ("alpine", ["2.0.0"], "1.2.3-alpine alpine 1-alpine 1.2-alpine"),
        ("alpine", ["2.0.0-alpine"], "1.2.3-alpine 1-alpine 1.2-alpine"),
    ],
)
def test_aliases_are_bumped_where_nothing_newer_is_there(
    registry: FakeRegistry, made: Made, inputs: Path, *, variant: str, there: list[str], tags: str
) -> None:
    write_tar(inputs / "built/image.tar", layout(AMD))
    for tag in there:
        registry.add(NAME, ARM, tag)
    result = put(made(variant=variant), params(version="v1.2.3", bump_aliases=True), inputs)
    assert dict(result.metadata)["tags"] == tags
    assert {tag for tag, digest in registry.tags[NAME].items() if digest == AMD.digest} == set(tags.split())


def test_a_pre_release_has_no_aliases(registry: FakeRegistry, made: Made, inputs: Path) -> None:
    write_tar(inputs / "built/image.tar", layout(AMD))
    put(made(), params(version="1.2.3-rc.1", bump_aliases=True), inputs)
    assert list(registry.tags[NAME]) == ["1.2.3-rc.1"]


def test_further_tags_are_in_a_file(registry: FakeRegistry, made: Made, inputs: Path) -> None:
    write_tar(inputs / "built/image.tar", layout(AMD))
    (inputs / "tags").write_text("a b\n\tc a\n")
    result = put(made(), params(additional_tags="tags", tag_prefix="v"), inputs)
    assert list(registry.tags[NAME]) == ["va", "vb", "vc"]
    assert result.version.tag == "va"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "no tag to push to"),
        ({"version": "one"}, "params.version: expected a semantic version"),
        ({"version": "1.0.0+build"}, "tag `1.0.0\\+build`: expected"),
        ({"version": "1", "tag_prefix": "v"}, "params.tag_prefix: there are no additional_tags"),
        ({"version": "1", "additional_tags": "missing"}, "missing: No such file"),
        (
            {"version": "1", "image": "none/*"},
            "params.image: `none/\\*` matches nothing: expected exactly one",
        ),
        ({"version": "1", "image": "*/*"}, "matches built/image.tar, other/file: expected exactly one"),
        (
            {"version": "1", "image": "other/file"},
            "image: other/file: expected a whole tar archive that is not compressed",
        ),
        ({"version": "1", "image": "other"}, "image: other: there is no oci-layout in it"),
    ],
)
def test_what_cannot_be_pushed_is_told_before_anything_is_sent(
    registry: FakeRegistry, made: Made, inputs: Path, *, keys: dict[str, Any], words: str
) -> None:
    write_tar(inputs / "built/image.tar", layout(AMD))
    (inputs / "other").mkdir()
    (inputs / "other/file").write_bytes(gzip.compress(b"no image"))
    with pytest.raises(ResourceError, match=words):
        put(made(), params(**keys), inputs)
    assert registry.calls() == []


LAYER, BLOBS = tar(entry("a", b"1" * 4096)), layout(AMD)
(BLOB,) = [name for name, content in BLOBS.items() if content == AMD.blobs[AMD.layers[0]]]
(MANIFEST,) = [name for name, content in BLOBS.items() if content == AMD.body]


def cut_off(file: Path) -> None:
    saved(file, LAYER)
    file.write_bytes(file.read_bytes()[:2000])


def without_layer(file: Path) -> None:
    described = json.dumps({"rootfs": {"diff_ids": ["sha256:1"]}}).encode()
    contents = json.dumps([{"Config": "c", "Layers": ["nothing"]}]).encode()
    write_tar(file, {"c": described, "manifest.json": contents})


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (cut_off, "expected a whole tar archive"),
        (without_layer, "there is no nothing in it"),
        (lambda file: write_tar(file, {"a": b""}), "expected manifest.json or index.json in it"),
        (lambda file: saved(file, LAYER, images=2), "expected exactly one image, got 2"),
        (
            lambda file: saved(file, LAYER, config={"rootfs": {"diff_ids": ["sha256:1", "sha256:2"]}}),
            "manifest.json has 1 layers, and the config 2",
        ),
        (
            lambda file: saved(file, LAYER, config={"rootfs": {"diff_ids": [f"sha256:{'0' * 64}"]}}),
            "0/layer.tar: expected the digest sha256:0",
        ),
        (lambda file: saved(file, LAYER, config={"rootfs": None}), "the config has no rootfs.diff_ids"),
        (
            lambda file: write_tar(file, {name: one for name, one in BLOBS.items() if name != BLOB}),
            "there is no blobs/sha256/",
        ),
        (lambda file: write_tar(file, {**BLOBS, BLOB: b"abc"}), "expected .* bytes, got 3"),
        (lambda file: write_tar(file, {**BLOBS, MANIFEST: ARM.body}), "expected the digest sha256:"),
        (
            lambda file: write_tar(file, {**BLOBS, "single-image-digest": b"latest"}),
            "single-image-digest: expected a digest",
        ),
    ],
)
def test_what_is_no_image_is_told(
    registry: FakeRegistry, made: Made, inputs: Path, *, write: Callable[[Path], None], words: str
) -> None:
    write(inputs / "built/image.tar")
    with pytest.raises(ResourceError, match=f"image: built/image.tar: .*{words}"):
        put(made(tag="1"), params(), inputs)
    assert registry.calls() == []


def test_what_the_registry_has_is_not_sent_again(registry: FakeRegistry, made: Made, inputs: Path) -> None:
    registry.add(NAME, AMD, "1")
    write_tar(inputs / "built/image.tar", layout(AMD))
    put(made(tag="2"), params(), inputs)
    assert registry.calls("POST", "PUT", "PATCH") == [f"PUT {NAME}/manifests/2"]


@pytest.mark.parametrize("may_mount", [True, False])
def test_blobs_of_another_repository_are_mounted(
    registry: FakeRegistry, made: Made, inputs: Path, may_mount: bool
) -> None:
    registry.add("base/image", AMD, "1")
    registry.may_mount = may_mount
    write_folder(inputs / "got/oci", layout(AMD, single=True))
    (inputs / "got/repository").write_text(f"{registry.host}/base/image")
    assert put(made(tag="1"), params(image="got/oci"), inputs).version.digest == AMD.digest
    begun = [asked.query for asked in registry.server.asked("POST")]
    assert begun == [{"mount": digest, "from": "base/image"} for digest in AMD.blobs]
    assert len(registry.server.asked("PUT")) == (1 if may_mount else 3)


def test_a_registry_that_refuses_to_mount_gets_the_blobs(
    registry: FakeRegistry, made: Made, inputs: Path
) -> None:
    write_folder(inputs / "got/oci", layout(AMD, single=True))
    (inputs / "got/repository").write_text(f"{registry.host}/base/image")
    registry.server.on("POST", f"/v2/{NAME}/blobs/uploads/", Answer(403), registry.answer)
    assert put(made(tag="1"), params(image="got/oci"), inputs).version.digest == AMD.digest


def test_blobs_that_are_too_long_are_sent_in_pieces(
    registry: FakeRegistry, made: Made, inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqnc_resources.registry_image.uploads.PIECE_BYTES", 4 << 20)
    big = image(tar(entry("big", bytes(5 << 20))), compression="plain")
    registry.most_bytes = 2 << 20
    write_tar(inputs / "built/image.tar", layout(big))
    put(made(tag="1"), params(), inputs)
    assert registry.blobs[NAME, big.layers[0]] == big.blobs[big.layers[0]]
    sizes = [len(asked.body) >> 20 for asked in registry.server.asked("PATCH")]
    assert sizes == [4, 2, 2, 1]


@pytest.mark.parametrize("key", ["content_trust", "aws_region", "azure_acr"])
def test_what_is_not_done_is_refused_by_name(made: Made, inputs: Path, key: str) -> None:
    value: object = {"content_trust": {"server": "https://x"}, "azure_acr": True}.get(key, "x")
    with pytest.raises(ResourceError, match=f"source.{key}"):
        put(made(tag="1", **{key: value}), params(), inputs)


def test_a_registry_that_has_another_manifest_then_is_an_error(
    registry: FakeRegistry, made: Made, inputs: Path
) -> None:
    write_tar(inputs / "built/image.tar", layout(AMD))
    other = {"Docker-Content-Digest": ARM.digest}
    registry.server.on("PUT", f"/v2/{NAME}/manifests/1", Answer(201, headers=other))
    with pytest.raises(ResourceError, match=f"1: pushed {AMD.digest}, and the registry has {ARM.digest}"):
        put(made(tag="1"), params(), inputs)


def test_the_whole_protocol(run: Run, registry: FakeRegistry, inputs: Path) -> None:
    write_tar(inputs / "built/image.tar", layout(AMD))
    request = {
        "source": {"repository": f"{registry.host}/{NAME}", "tag": 1.5},
        "params": {"image": "built/image.tar"},
    }
    answer = run("out", "registry-image", request, inputs)
    assert answer.value == {
        "version": {"tag": "1.5", "digest": AMD.digest},
        "metadata": [
            {"name": "repository", "value": f"{registry.host}/{NAME}"},
            {"name": "tags", "value": "1.5"},
        ],
    }
