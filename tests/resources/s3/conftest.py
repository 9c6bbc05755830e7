"""Moto's S3, one for the session, with a bucket for each test."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.s3.service import Service, serving_s3

from sqnc_resources.reading import read
from sqnc_resources.s3 import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.resources.faulty_server import FaultyServer

DATA = random.Random(1).randbytes(100_000)
PATTERN = "rel/app-(.*).tgz"


@dataclass(frozen=True, slots=True)
class TestBucket:
    """A bucket of one test."""

    __test__ = False
    service: Service
    name: str

    def put(self, key: str, body: bytes = b"", **headers: str) -> str:
        return self.service.put(self.name, key, body, **headers)

    def get(self, key: str, **query: str) -> bytes:
        return self.service.get(self.name, key, **query)

    def head(self, key: str) -> Mapping[str, str]:
        return self.service.head(self.name, key)

    def described(self, **keys: Any) -> dict[str, Any]:
        """The source as a pipeline has it."""
        return self.service.source(self.name, **keys)

    def source(self, **keys: Any) -> Source:
        """The same, read."""
        return read(Source, self.described(**keys), "source", [])


@pytest.fixture(scope="session")
def s3_service() -> Iterator[Service]:
    with serving_s3() as service:
        yield service


@pytest.fixture
def bucket(s3_service: Service, request: pytest.FixtureRequest) -> TestBucket:
    return made(s3_service, request, versioned=False)


@pytest.fixture
def versioned(s3_service: Service, request: pytest.FixtureRequest) -> TestBucket:
    """One that keeps all versions."""
    return made(s3_service, request, versioned=True)


_COUNT = iter(range(1_000_000))


def made(service: Service, request: pytest.FixtureRequest, *, versioned: bool) -> TestBucket:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    found = TestBucket(service, f"{name}-{next(_COUNT)}")
    service.bucket(found.name, versioned=versioned)
    return found


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with one release in it."""
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "app-1.2.tgz").write_bytes(DATA)
    (tmp_path / "built" / "notes").write_text("notes")
    return tmp_path


@pytest.fixture
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def described(server: FaultyServer, **keys: Any) -> Source:
    return read(Source, of(server, **keys), "source", [])


def of(server: FaultyServer, **keys: Any) -> dict[str, Any]:
    given = {"bucket": "bbb", "endpoint": server.url, "access_key_id": "a", "secret_access_key": "b"}
    return {**given, "regexp": PATTERN, **keys}
