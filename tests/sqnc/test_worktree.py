"""A run in a worktree of git: its steps see the whole repository, and leave no trace in it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sqncshim import git

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          git log --format='found %s'; git branch --show-current; cat file; ls -A
          git -c user.name=a -c user.email=a@example.com commit --quiet --all -m 'by a step'
          git tag by-a-step
          git log -1 --format='made %s'
      - {uses: actions/checkout@v4, with: {path: again}}
      - run: git -C again log -1 --format='again %s'
"""


def state(folder: Path) -> list[str]:
    asked = ("log", "--all", "--format=%H %s"), ("tag",), ("status", "--porcelain")
    return [git.run(*question, cwd=folder).stdout.decode() for question in asked]


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    repository, folder = tmp_path / "repository", tmp_path / "worktree"
    git.run("init", "--quiet", "--", str(repository))
    (repository / "file").write_text("one\n")
    (repository / ".gitignore").write_text("ignored\n")
    git.run("add", "--all", cwd=repository)
    git.run("commit", "--quiet", "--message=first", cwd=repository)
    git.run("worktree", "add", "--quiet", "-b", "feature", str(folder), cwd=repository)
    (folder / "file").write_text("two\n")
    (folder / "ignored").touch()
    return folder


@pytest.mark.usefixtures("git_home")
@pytest.mark.parametrize("runtime", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_steps_commit_in_a_repository_of_their_own(runtime: str, worktree: Path) -> None:
    before = state(worktree)
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--runtime", runtime, "-"]
    command += ["--pull=never", "-P", "ubuntu-latest=sqnc-test/debian:12"]
    ran = subprocess.run(
        command, cwd=worktree, input=WORKFLOW, capture_output=True, text=True, env=os.environ, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    printed = [line.partition("│     ")[2] for line in ran.stdout.splitlines() if "│     " in line]
    own = [line for line in printed if not line.startswith("The working tree")]
    assert own == [
        "found first",
        "feature",
        "two",
        ".git",
        ".gitignore",
        "file",
        "made by a step",
        "again first",
    ]
    assert state(worktree) == before
