"""What a run says of itself: the workflow's file, as GitHub names it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = """
on: push
jobs:
  a:
    name: The first
    runs-on: ubuntu-latest
    steps: [{run: 'echo "${{ github.workflow }} | ${{ github.workflow_ref }}"'}]
  b:
    name: Not on ${{ github.ref_name }}
    if: github.ref_name != 'main'
    runs-on: ubuntu-latest
    steps: [{run: exit 1}]
  c:
    name: Leg ${{ matrix.leg }}
    if: github.ref_name != 'main'
    strategy: {matrix: {leg: [1, 2]}}
    runs-on: ubuntu-latest
    steps: [{run: exit 1}]
"""


def run(folder: Path, file: str) -> list[dict[str, str]]:
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--json", "--runtime", "process", file]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "widget"
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / ".github/workflows/ci.yml").write_text(WORKFLOW)
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    return folder


@pytest.mark.parametrize(
    ("place", "file"),
    [
        (".", ".github/workflows/ci.yml"),
        (".", "./.github/workflows/ci.yml"),
        ("src", "../.github/workflows/ci.yml"),
    ],
)
def test_a_workflow_is_named_from_the_root_of_its_repository(repository: Path, place: str, file: str) -> None:
    events = run(repository / place, file)
    said = "".join(event["data"] for event in events if event["event"] == "log")
    path = ".github/workflows/ci.yml"
    assert said.strip() == f"{path} | local/widget/{path}@refs/heads/main"


def test_a_job_that_does_not_run_has_its_name_as_far_as_that_is_known(repository: Path) -> None:
    events = run(repository, ".github/workflows/ci.yml")
    finished = {event["job"]: event["name"] for event in events if event["event"] == "job-finished"}
    assert finished == {"a": "The first", "b": "Not on main", "c": "c"}
