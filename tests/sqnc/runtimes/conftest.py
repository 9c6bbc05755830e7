import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqnc.runtimes import Runtime, RuntimeUnavailable, open_runtime

BUSYBOX = "sqnc-test/busybox:1"
DEBIAN = "sqnc-test/debian:12"


@pytest.fixture
def run() -> str:
    return f"test-{secrets.token_hex(6)}"


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sequence's cache for all tests here: the bundle in it is made once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def docker_runtime(session_cache: Path, run: str) -> Iterator[Runtime]:
    """The docker runtime, whose run is pruned afterwards; skips without an engine, unless one is required."""
    try:
        runtime = open_runtime("docker", cache=session_cache, progress=print)
    except RuntimeUnavailable as error:
        if os.environ.get("SQNC_TEST_REQUIRE") == "docker":
            raise
        pytest.skip(f"{error} (make docker installs and starts one)")
    yield runtime
    runtime.prune(run)
    runtime.close()
