"""A GitHub of our own, and how tests talk to it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from tests.resources.github_release.fake_github import FakeGitHub

from sqnc_resources.github_release import Source
from sqnc_resources.reading import read

if TYPE_CHECKING:
    from tests.resources.faulty_server import FaultyServer


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, where a check keeps what it has seen."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


class Described(Protocol):
    """Makes the source of the repository there, with further keys."""

    def __call__(self, **keys: Any) -> Mapping[str, Any]: ...


@pytest.fixture
def github(server: FaultyServer, other_server: FaultyServer) -> FakeGitHub:
    return FakeGitHub(server, other_server)


@pytest.fixture
def described(server: FaultyServer) -> Described:
    def source(**keys: Any) -> Mapping[str, Any]:
        return {
            "owner": "an-owner", "repository": "a-repository", "github_api_url": server.url,
            "access_token": "the-token", **keys,
        }  # fmt: skip

    return source


class Made(Protocol):
    """As `Described`, read."""

    def __call__(self, **keys: Any) -> Source: ...


@pytest.fixture
def made(described: Described) -> Made:
    return lambda **keys: read(Source, described(**keys), "source", [])


@pytest.fixture
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let nobody wait; the waits."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    return waits
