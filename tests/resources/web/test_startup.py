"""A check over HTTP starts with what it needs; bench/checks.py measures what that costs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.resources.faulty_server import Answer, FaultyServer

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = """\
import atexit, sys
sys.argv = ["sqncshim", "resource", "check", sys.argv[1]]
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from sqncshim.entry import main
main()
"""
NEVER = {
    "asyncio",
    "click",
    "docker",
    "git",
    "importlib.metadata",
    "inspect",
    "jsonschema",
    "pluggy",
    "subprocess",
    "yaml",
}
"""What no check over HTTP needs; and each of them is heavy."""
WEB = {
    "",
    ".authorization",
    ".client",
    ".errors",
    ".headers",
    ".library",
    ".messages",
    ".proxies",
    ".retries",
    ".settings",
    ".transport",
    ".urls",
}
OWN = {
    "http": {"", ".answers", ".check", ".json_path", ".requests", ".rules", ".values"},
    "github_release": {"", ".api", ".check", ".kept", ".releases", ".selection", ".values"},
}


def modules(kind: str, source: Mapping[str, object]) -> set[str]:
    """What a check has imported when it is done."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, kind],
        input=json.dumps({"source": source}), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert isinstance(json.loads(done.stdout), list)
    return set(done.stderr.split())


@pytest.mark.parametrize("kind", ["http", "github-release"])
def test_a_check_imports_no_more_than_it_needs(kind: str, server: FaultyServer) -> None:
    release = {"id": 1, "tag_name": "v1", "draft": False, "prerelease": False}
    server.on("GET", "/x", Answer(body=b"{}"))
    server.on("GET", "/repos/o/r/releases", Answer(body=json.dumps([release]).encode()))
    sources: dict[str, dict[str, object]] = {
        "http": {"url": f"{server.url}/x"},
        "github-release": {"owner": "o", "repository": "r", "github_api_url": server.url},
    }
    found = modules(kind, sources[kind])
    package = kind.replace("-", "_")
    assert found & NEVER == set()
    assert inside(found, "sqnc_resources.web") == WEB  # without tls and download
    assert inside(found, f"sqnc_resources.{package}") == OWN[package]


def inside(found: set[str], package: str) -> set[str]:
    return {name.removeprefix(package) for name in found if name == package or name.startswith(f"{package}.")}


def test_the_check_of_a_notification_does_not_even_load_the_client() -> None:
    found = modules("http", {"url": "http://127.0.0.1:1/x", "out_only": True})
    assert "sqnc_resources.http" in found
    assert not {"urllib3", "ssl", "sqnc_resources.web"} & found
