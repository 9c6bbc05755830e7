import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqnc.runtimes import Runtime, open_runtime


@pytest.fixture
def run() -> str:
    return f"test-{secrets.token_hex(6)}"


@pytest.fixture(scope="session")
def session_cache(isolation: None) -> Path:
    """Sequence's cache for all tests of the session: the bundle in it is made once."""
    return Path(os.environ["XDG_CACHE_HOME"]) / "sqnc"


@pytest.fixture
def docker_runtime(session_cache: Path, run: str) -> Iterator[Runtime]:
    """The docker runtime, whose run is pruned afterwards."""
    runtime = open_runtime("docker", cache=session_cache, progress=print)
    yield runtime
    runtime.prune(run)
    runtime.close()
