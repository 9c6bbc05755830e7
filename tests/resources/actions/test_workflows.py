"""Workflows that use the actions of a resource type."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.resources.actions.conftest import ACTIONS, sqncshim

WORKFLOW = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo four >made
      - id: put
        uses: ./put
        with: {file: data, text: made, token: "${{ secrets.TOKEN }}"}
      - id: check
        uses: ./check
        with: {file: data, line: 2}
      - id: get
        uses: ./get
        with:
          file: data
          line: ${{ fromJSON(steps.check.outputs.versions)[0].line }}
          names: |
            one
            two words
      - run: |
          echo "put ${{ steps.put.outputs.line }}, loud ${{ fromJSON(steps.put.outputs.metadata).loud }}"
          echo "newest ${{ steps.check.outputs.line }}"
          echo "got ${{ steps.get.outputs.line }}: $(cat 'lines/two words')"
          echo "masked by the runner: open-sesame"
"""


def run_workflow(kind: Path, runtime: str, *words: str) -> str:
    """Run WORKFLOW with the actions beside *kind*; what it printed."""
    folder = kind.parent
    (folder / "data").write_text("a\nb\nc\n")
    (folder / "workflow.yml").write_text(WORKFLOW)
    for action in ACTIONS:
        file = f"{action}/action.yml"
        sqncshim("resource", "action", kind.name, action, *words, "-o", file, cwd=folder).check_returncode()
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--runtime", runtime]
    command += ["-P", "ubuntu-latest=sqnc-test/debian:12", "--secret", "TOKEN=open-sesame", "workflow.yml"]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_printed(printed: str) -> None:
    assert "put 4, loud False" in printed
    assert "newest 4" in printed
    assert "got 2: b" in printed
    assert "the token is ***" in printed
    assert "open-sesame" not in printed


@pytest.fixture
def shared(kind: Path) -> Path:
    """The type in a repository of its own, whose folder the engine may name after it."""
    folder = kind.parent / "repository"
    folder.mkdir()
    return kind.rename(folder / kind.name)


def test_a_workflow_runs_composite_actions_where_the_program_is_installed(shared: Path) -> None:
    check_printed(run_workflow(shared, "process", "--composite"))


@pytest.mark.docker
@pytest.mark.parametrize("by", ["Dockerfile", "image"])
def test_a_workflow_runs_docker_actions(shared: Path, resource_images: str, by: str) -> None:
    folder = shared.parent
    (folder / "type").write_text("/opt/resource/lines.py\n")
    (folder / "Dockerfile").write_text(f"FROM {resource_images}\nCOPY lines.py type /opt/resource/\n")
    if by == "Dockerfile":
        try:
            check_printed(run_workflow(shared, "docker"))
        finally:
            remove_built_on(resource_images)
        return
    image = f"sqnc-test/lines-{os.getpid()}"
    subprocess.run(["docker", "build", "-q", "-t", image, folder], capture_output=True, check=True)
    try:
        check_printed(run_workflow(shared, "docker", "--image", image))
    finally:
        subprocess.run(["docker", "rmi", image], capture_output=True, check=False)


def remove_built_on(base: str) -> None:
    """Remove the engine's images of actions that are built on *base*, which goes with the session."""
    listed = subprocess.run(
        ["docker", "images", "-q", "sqnc-action"], capture_output=True, text=True, check=True
    )
    for image in listed.stdout.split():
        if layers(image)[: len(layers(base))] == layers(base):
            subprocess.run(["docker", "rmi", "--force", image], capture_output=True, check=False)


def layers(image: str) -> list[str]:
    words = ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", image]
    found: list[str] = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return found
