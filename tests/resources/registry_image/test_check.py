"""A check finds the images whose tags count, in their order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faulty_server import Answer
from tests.resources.registry_image.images import digest_of, image, index, simple
from tests.resources.registry_image.registries import push

from sqnc_resources.errors import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.registry_image import Source, Version, check
from sqnc_resources.registry_image.registry import RemoteRepository

if TYPE_CHECKING:
    from tests.resources.conftest import Run
    from tests.resources.faulty_server import FaultyServer
    from tests.resources.registry_image.conftest import Made, Place
    from tests.resources.registry_image.registries import FakeRegistry

NAME = "an-owner/image"


def tagged(registry: FakeRegistry, *tags: str) -> None:
    """Add an image of its own for each of *tags*; those with `=` between them are of one."""
    for names in tags:
        registry.add(NAME, simple(names), *names.split("="))


def found(source: Source, since: Version | None = None) -> list[str | None]:
    return [version.tag for version in check(source, since)]


def test_a_tag_has_the_digest_of_its_image(place: Place) -> None:
    first, second = simple("1"), simple("2", form="docker")
    name = place(first, "1.0")
    source = read(Source, {"repository": name, "tag": 1.0}, "source", [])
    assert check(source, None) == [Version(first.digest, "1.0")]
    place(second, "1.0")
    assert check(source, Version(first.digest, "1.0")) == [
        Version(first.digest, "1.0"),
        Version(second.digest, "1.0"),
    ]
    gone = Version(f"sha256:{'0' * 64}", "1.0")
    assert check(source, gone) == [Version(second.digest, "1.0")]
    assert check(source, Version(second.digest, "1.0")) == [Version(second.digest, "1.0")]


def test_an_index_is_one_version(place: Place) -> None:
    both = index({"linux/amd64": simple("1"), "linux/arm64": simple("2")})
    source = read(Source, {"repository": place(both, "latest"), "tag": "latest"}, "source", [])
    assert check(source, None) == [Version(both.digest, "latest")]


def test_a_tag_that_is_not_there_has_no_version(place: Place) -> None:
    source = read(Source, {"repository": place(simple(), "1"), "tag": "2"}, "source", [])
    assert check(source, None) == []


def test_one_request_does_for_a_tag(registry: FakeRegistry, made: Made) -> None:
    tagged(registry, "latest")
    check(made(tag="latest"), None)
    assert registry.calls() == [f"HEAD {NAME}/manifests/latest"]


@pytest.mark.parametrize(
    "head", [Answer(405), Answer(400), Answer(200, headers={"Content-Type": "text/plain"})]
)
def test_a_registry_that_does_not_answer_head_is_asked_with_get(
    registry: FakeRegistry, made: Made, head: Answer
) -> None:
    tagged(registry, "latest")
    registry.server.on("HEAD", f"/v2/{NAME}/manifests/latest", head)
    assert found(made(tag="latest")) == ["latest"]


def test_version_numbers_are_in_their_order_each_image_once_by_its_most_exact_tag(
    registry: FakeRegistry, made: Made
) -> None:
    tagged(
        registry, "2=2.0=2.0.1=latest", "1.10.0", "1.9=1.9.0=v1.9.0", "1.2.3-alpine", "other", "1.9.1-rc.1"
    )
    assert found(made()) == ["1.9.0", "1.10.0", "2.0.1"]


def test_latest_counts_where_no_number_names_its_image(registry: FakeRegistry, made: Made) -> None:
    tagged(registry, "latest", "1.0.0", "1.1.0")
    assert found(made()) == ["1.0.0", "1.1.0", "latest"]
    assert found(made(semver_constraint=">= 1.1")) == ["1.1.0"]


def test_a_variant_has_versions_of_its_own(registry: FakeRegistry, made: Made) -> None:
    tagged(
        registry, "1.0.0", "1.0.0-alpine", "1.1.0-alpine=alpine", "1.2.0-php7-alpine", "1.3.0-rc.1-alpine",
        "latest",
    )  # fmt: skip
    assert found(made(variant="alpine")) == ["1.0.0-alpine", "1.1.0-alpine"]
    with_pre = found(made(variant="alpine", pre_releases=True))
    assert with_pre == ["1.0.0-alpine", "1.1.0-alpine", "1.3.0-rc.1-alpine"]
    tagged(registry, "alpine")
    assert found(made(variant="alpine"))[-1] == "alpine"


@pytest.mark.parametrize(
    ("keys", "tags"),
    [
        ({}, ["1.0.0"]),
        ({"pre_releases": True}, ["1.0.0", "2.0.0-alpha", "2.0.0-beta.2", "2.0.0-rc.1"]),
        (
            {"pre_releases": True, "pre_release_prefixes": ["build"]},
            ["1.0.0", "2.0.0-alpha", "2.0.0-beta.2", "2.0.0-build.3", "2.0.0-rc.1", "2.0.0-rc.1-alpine"],
        ),
        ({"pre_releases": True, "semver_constraint": ">= 2.0.0-rc"}, ["2.0.0-rc.1"]),
        ({"semver_constraint": "~1.0"}, ["1.0.0"]),
        ({"semver_constraint": "~1.1"}, []),
    ],
)
def test_pre_releases_count_where_they_are_wanted(
    registry: FakeRegistry, made: Made, keys: dict[str, Any], tags: list[str]
) -> None:
    tagged(
        registry, "2.0.0-rc.1", "2.0.0-beta.2", "2.0.0-alpha", "2.0.0-build.3", "1.0.0", "2.0.0-bookworm",
        "2.0.0-rc.1-alpine",
    )  # fmt: skip
    assert found(made(**keys)) == tags


def test_the_same_image_is_a_release_and_no_pre_release(registry: FakeRegistry, made: Made) -> None:
    tagged(registry, "1.0.0-rc.1.2=1=1.0.0-rc.1")
    assert found(made(pre_releases=True)) == ["1"]


def test_lower_numbers_are_not_looked_at_as_long_as_the_last_version_is_what_it_was(
    registry: FakeRegistry, made: Made
) -> None:
    tagged(registry, "1.0.0", "1.1.0=1.1", "1.2.0")
    last = Version(simple("1.1.0=1.1").digest, "1.1.0")
    assert found(made(), last) == ["1.1.0", "1.2.0"]
    assert registry.calls("HEAD") == [f"HEAD {NAME}/manifests/{tag}" for tag in ("1.1.0", "1.2.0")]
    assert found(made(), Version(f"sha256:{'0' * 64}", "1.1.0")) == ["1.0.0", "1.1.0", "1.2.0"]
    assert found(made(), Version(last.digest, "0.9")) == ["1.0.0", "1.1.0", "1.2.0"]


def test_tags_may_have_pages(registry: FakeRegistry, made: Made) -> None:
    registry.page = 2
    tagged(registry, "1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0")
    assert found(made()) == ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]
    assert len(registry.calls("GET")) == 3


@pytest.mark.peers("docker-registry")
def test_tags_of_the_peer_have_pages_too(debian_registry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqnc_resources.registry_image.registry._PAGE", 2)
    for minor in range(5):
        push(debian_registry, "tests/pages", simple(str(minor)), f"1.{minor}.0")
    source = read(Source, {"repository": f"{debian_registry}/tests/pages"}, "source", [])
    assert found(source) == [f"1.{minor}.0" for minor in range(5)]


def test_an_expression_finds_tags_in_the_registrys_order(registry: FakeRegistry, made: Made) -> None:
    tagged(registry, "dev-3", "1.0.0", "dev-1", "dev-2")
    assert found(made(tag_regex="^dev-", semver_constraint="> 1")) == ["dev-3", "dev-1", "dev-2"]
    assert found(made(tag_regex=r"-[12]\z")) == ["dev-1", "dev-2"]


def test_they_can_be_ordered_by_the_time_of_their_images(place: Place) -> None:
    for tag, day in (("dev-a", 3), ("dev-b", 1)):
        name = place(image(created=f"2024-01-0{day}T00:00:00.5Z"), tag)
    amd, arm = image(created="2024-01-02T00:00:00Z"), image(created="2024-01-09T00:00:00Z")
    place(index({"linux/arm64": arm, "linux/amd64": amd}), "dev-c")
    source = read(
        Source,
        {
            "repository": name,
            "tag_regex": "^dev-",
            "created_at_sort": True,
            "platform": {"architecture": "amd64", "os": "linux"},
        },
        "source",
        [],
    )
    assert found(source) == ["dev-b", "dev-c", "dev-a"]


def test_a_repository_that_is_not_there_is_an_error_where_tags_are_listed(made: Made) -> None:
    with pytest.raises(ResourceError, match="404 Not Found: name unknown"):
        check(made(), None)


def test_a_mirror_is_asked_first_and_the_registry_where_it_has_nothing(
    registry: FakeRegistry,
    other_server: FaultyServer,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "sqnc_resources.registry_image.names._HUB_HOST", other_server.url.removeprefix("http://")
    )
    monkeypatch.setattr("sqnc_resources.registry_image.names.Registry.is_loopback", True)
    hub = type(registry)(other_server)
    source = read(
        Source, {"repository": "alpine", "tag": "3", "registry_mirror": {"host": registry.host}}, "source", []
    )
    hub.add("library/alpine", simple("hub"), "3")
    assert check(source, None) == [Version(simple("hub").digest, "3")]
    assert "failed: tag not found" in capfd.readouterr().err
    registry.add("library/alpine", simple("mirror"), "3")
    assert check(source, None) == [Version(simple("mirror").digest, "3")]
    registry.server.otherwise(lambda _: Answer(403))
    assert check(source, None) == [Version(simple("hub").digest, "3")]
    assert "403 Forbidden" in capfd.readouterr().err


def test_an_empty_tag_and_an_empty_expression_are_none(registry: FakeRegistry, made: Made) -> None:
    tagged(registry, "1.0.0", "other")
    assert found(made(tag="", tag_regex="", variant="")) == ["1.0.0"]


def test_a_mirror_is_for_docker_hub_alone(registry: FakeRegistry, made: Made) -> None:
    tagged(registry, "1")
    assert found(made(tag="1", registry_mirror={"host": "mirror.example.com"})) == ["1"]


@pytest.mark.parametrize("key", ["aws_region", "aws_access_key_id", "aws_role_arns", "azure_acr"])
def test_logins_of_clouds_are_refused_by_name(made: Made, key: str) -> None:
    value: object = {"azure_acr": True, "aws_role_arns": ["a"]}.get(key, "x")
    with pytest.raises(ResourceError, match=f"source.{key}"):
        check(made(tag="1", **{key: value}), None)


def test_a_registry_without_plain_http_is_asked_by_https(registry: FakeRegistry) -> None:
    registry.server.on("GET", "/v2/", Answer(400, b"Client sent an HTTP request to an HTTPS server."))
    source = read(Source, {"repository": f"{registry.host}/{NAME}", "tag": "1"}, "source", [])
    assert RemoteRepository(source).root.startswith("https://")


def test_a_registry_elsewhere_is_asked_by_https_before_plain_http(
    registry: FakeRegistry, monkeypatch: pytest.MonkeyPatch, in_no_time: list[float]
) -> None:
    monkeypatch.setattr("sqnc_resources.registry_image.names.Registry.is_loopback", False)
    monkeypatch.setattr("sqnc_resources.registry_image.names.Registry.is_local", True)
    tagged(registry, "1")
    source = read(Source, {"repository": f"{registry.host}/{NAME}", "tag": "1"}, "source", [])
    assert found(source) == ["1"]
    monkeypatch.setattr("sqnc_resources.registry_image.names.Registry.is_local", False)
    with pytest.raises(ResourceError, match=f"HEAD https://{registry.host}.*no answer"):
        found(source)
    insecure = read(
        Source, {"repository": f"{registry.host}/{NAME}", "tag": "1", "insecure": True}, "source", []
    )
    assert found(insecure) == ["1"]


def test_the_whole_protocol(run: Run, registry: FakeRegistry) -> None:
    tagged(registry, "1.0.0")
    answer = run("check", "registry-image", {"source": {"repository": f"{registry.host}/{NAME}"}})
    assert answer.value == [{"tag": "1.0.0", "digest": simple("1.0.0").digest}]
    answer = run("check", "registry-image", {"source": {"repository": "a:b", "tag_regex": "("}})
    assert answer.status == 2
    assert "source.repository: expected a repository" in answer.stderr
    assert "source.tag_regex: expected a regular expression" in answer.stderr


def test_an_answer_that_is_no_manifest_is_told(registry: FakeRegistry, made: Made) -> None:
    old = {"schemaVersion": 1, "name": NAME, "fsLayers": []}
    both = {**json.loads(simple().body), "manifests": []}  # an image to one reader, and an index to another
    path = f"/v2/{NAME}/manifests/1"
    registry.server.on("HEAD", path, Answer(405))
    for body, words in (
        (b"<html>", "expected JSON"),
        (json.dumps(old).encode(), "schema 1"),
        (b"[]", "object"),
        (b"{}", "got neither"),
        (json.dumps(both).encode(), "expected an image or an index"),
    ):
        registry.server.on("GET", path, Answer(body=body))
        with pytest.raises(ResourceError, match=words):
            check(made(tag="1"), None)


def test_a_manifest_that_does_not_say_what_it_is_is_what_is_in_it(registry: FakeRegistry, made: Made) -> None:
    value = json.loads(simple().body)
    del value["mediaType"]
    body = json.dumps(value).encode()
    path = f"/v2/{NAME}/manifests/1"
    registry.server.on("HEAD", path, Answer(405))
    registry.server.on("GET", path, Answer(body=body, headers={"Content-Type": "text/plain"}))
    assert check(made(tag="1"), None) == [Version(digest_of(body), "1")]
