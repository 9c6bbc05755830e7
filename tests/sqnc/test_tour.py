"""The tour in examples/ passes: without containers, and in them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sqnc.cli import run

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
TOUR = "examples/tour/workflow.yml"
JOBS = {"scripts", "actions", "another image", "count (py)", "count (md)", "report"}


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def tour(capfdbinary: pytest.CaptureFixture[bytes], *options: str) -> list[dict[str, Any]]:
    """Run it; return its events."""
    status = run(["run", "workflow", "--json", *options, TOUR])
    out = capfdbinary.readouterr().out.decode()
    assert status == 0, out
    return [json.loads(line) for line in out.splitlines()]


def text(events: list[dict[str, Any]]) -> str:
    return "".join(event["data"] for event in events if event["event"] == "log")


def check(events: list[dict[str, Any]]) -> None:
    jobs = {event["name"]: event["status"] for event in events if event["event"] == "job-finished"}
    assert jobs == dict.fromkeys(JOBS, "succeeded")
    log = text(events)
    for line in ("Welcome to ", "Hello, everybody!", "Goodbye, everybody.", "Goodbye, busybox."):
        assert line in log
    assert "the password is ***" in log
    assert "correct-horse" not in json.dumps(events)
    skipped = [event["name"] for event in events if event.get("status") == "skipped"]
    assert skipped == ["what an expression says no to is skipped"]
    assert {event["event"] for event in events} >= {"annotation", "summary"}


def test_it_passes_on_this_machine_itself(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    check(tour(capfdbinary, "--runtime", "process"))


def test_it_needs_no_node_on_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for name in ("bash", "sh", "cat", "find", "ls", "wc", "git"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    (tmp_path / "python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    check(tour(capfdbinary, "--runtime", "process"))


@pytest.mark.docker
def test_it_passes_in_containers(
    docker_images: Mapping[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    images = (
        f"-Pubuntu-latest={docker_images['debian']}",
        f"--var=SMALL_IMAGE={docker_images['busybox']}",
    )
    check(tour(capfdbinary, "--runtime", "docker", "--pull", "never", *images))
