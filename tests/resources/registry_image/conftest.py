"""Registries, and how tests describe an image in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest
from tests.resources.registry_image.registries import FakeRegistry, docker_registry, push

from sqnc_resources.reading import read
from sqnc_resources.registry_image import Source
from sqnc_resources.streams import release

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.resources.faulty_server import FaultyServer
    from tests.resources.registry_image.images import Image


@pytest.fixture(autouse=True)
def unmasked() -> Iterator[None]:
    """End the masking of standard error that a login begins: the next test has streams of its own."""
    yield
    release()


@pytest.fixture
def registry(server: FaultyServer) -> FakeRegistry:
    return FakeRegistry(server)


class Made(Protocol):
    """Makes the source of `an-owner/image` in the registry, with further keys."""

    def __call__(self, **keys: Any) -> Source: ...


@pytest.fixture
def made(registry: FakeRegistry) -> Made:
    def source(**keys: Any) -> Source:
        return read(Source, {"repository": f"{registry.host}/an-owner/image", **keys}, "source", [])

    return source


@pytest.fixture(scope="session")
def debian_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Debian's docker-registry."""
    with docker_registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


class Place(Protocol):
    """Puts an image into a registry, with tags; the repository's name."""

    def __call__(self, image: Image, *tags: str) -> str: ...


@pytest.fixture(params=["memory", pytest.param("debian", marks=pytest.mark.peers("docker-registry"))])
def place(request: pytest.FixtureRequest) -> Place:
    """Where an image may be: every test that uses it runs with both registries."""
    if request.param == "memory":
        host = request.getfixturevalue("registry").host
    else:
        host = request.getfixturevalue("debian_registry")
    path = "".join(sign if sign.isalnum() else "-" for sign in request.node.name.lower()).strip("-")

    def put(image: Image, *tags: str) -> str:
        push(host, f"tests/{path}", image, *tags)
        return f"{host}/tests/{path}"

    return put


@pytest.fixture
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let nobody wait; the waits."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits
