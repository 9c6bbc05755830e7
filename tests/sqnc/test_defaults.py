"""`defaults.run` of a workflow and of its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc.cli import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

WORKFLOW = """
on: push
defaults:
  run:
    shell: python3 {0}
    working-directory: /
jobs:
  workflow:
    runs-on: ubuntu-latest
    steps:
      - run: import os; print("python in", os.getcwd())
  job:
    runs-on: ubuntu-latest
    defaults:
      run:
        shell: sh
    steps:
      - run: echo "sh in $(pwd)"
"""


def test_the_workflows_hold_where_the_job_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.yml").write_text(WORKFLOW)
    assert run(["run", "workflow", "--runtime", "process", "w.yml"]) == 0
    out = capfd.readouterr().out
    assert "workflow │     python in /\n" in out
    assert "job │     sh in /\n" in out
