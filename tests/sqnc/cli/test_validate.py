"""`sqnc validate` as a user meets it: which files, what is told, in which form, with which exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sqnc.cli import run

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "on: push\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n"
WRONG = """\
on: pusj
jobs:
  a:
    runs_on: ubuntu-latest
    needs: nobody
    steps:
      - run: echo ${{ githb.ref }}
      - if: contains(github.ref)
        run: make
      - if: secrets.token != ''
        run: echo ${{ matrix.os }} ${{ needs.b.result }} ${{ steps.x.outputs.y }}
"""
ACTION = "name: n\ndescription: d\nruns: {using: node20, main: x.js}\n"
OURS = "jobs: {a: {steps: [{image: 'alpine:3', run: ls}]}}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".github/workflows").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    """Exit status, lines of standard output, and lines of standard error."""
    status = run(["validate", *arguments])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err.splitlines()


class TestWhichFiles:
    def test_all_of_the_repository_from_anywhere_in_it(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / ".github/workflows/b.yml").write_text("{")
        (repository / ".github/workflows/a.yaml").write_text(GOOD)
        (repository / ".github/workflows/notes.txt").write_text("{")
        (repository / "action.yml").write_text(GOOD)
        (repository / "docs").mkdir()
        monkeypatch.chdir(repository / "docs")
        status, out, err = told(capsys)
        assert status == 2
        assert {line.split(":")[0] for line in out} == {"../.github/workflows/b.yml", "../action.yml"}
        assert err == [f"{len(out)} mistakes in 2 of 3 files"]

    def test_a_repository_without_any_is_told_of(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, out, err = told(capsys)
        assert (status, out) == (2, [])
        assert err == [
            f"{repository}: no .github/workflows/*.yml and no action.yml here: name the files to be checked"
        ]

    def test_an_action_is_known_by_its_name_and_a_folder_holds_one(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "greet").mkdir()
        (repository / "greet/action.yaml").write_text(ACTION)
        assert told(capsys, "greet", "greet/action.yaml") == (0, ["2 files: nothing is wrong"], [])
        (repository / ".github/workflows/ci.yml").write_text(GOOD)
        assert told(capsys, ".github/workflows")[1] == [".github/workflows/ci.yml: nothing is wrong"]

    @pytest.mark.parametrize(
        ("text", "kind"), [("steps: [{run: make}]\n", "job"), ("run: make\nshell: fish\n", "step")]
    )
    def test_a_job_or_a_step_is_no_workflow_and_how_it_is_checked_is_told(
        self, text: str, kind: str, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "one.yml").write_text(text)
        status, out, _ = told(capsys, "one.yml")
        assert status == 2
        assert out == [f"one.yml: This is a {kind}, not a workflow (check it with --kind {kind})"]

    def test_a_workflow_without_jobs_is_one_all_the_same(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "one.yml").write_text("on: push\nsteps: [{run: make}]\n")
        assert "one.yml:1:1: Required property is missing: jobs" in told(capsys, "one.yml")[1]

    def test_the_kind_may_be_said(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (repository / "one.yml").write_text("run: make\n")
        assert told(capsys, "one.yml")[0] == 2
        assert told(capsys, "--kind", "step", "one.yml")[0] == 0
        (repository / "one.yml").write_text("steps: [{run: make}]\n")
        assert told(capsys, "--kind", "job", "one.yml")[0] == 0
        (repository / "one.yml").write_text(ACTION)
        assert told(capsys, "--kind", "action", "one.yml")[0] == 0

    def test_one_that_cannot_be_read_does_not_hide_the_others(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "wrong.yml").write_text("a")
        status, out, _ = told(capsys, "nowhere.yml", "wrong.yml")
        assert status == 2
        assert out[0].startswith("nowhere.yml: No such file or directory")
        assert out[1].startswith("wrong.yml:1:1: A mapping was expected")

    def test_standard_input(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "sqnc", "validate", "-"],
            input="on: push\n",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "<stdin>:1:1: Required property is missing: jobs\n")
        assert done.stderr == "1 mistake in <stdin>\n"


class TestWhatIsTold:
    def test_every_mistake_of_structure_graph_and_expressions_in_order(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "ci.yml").write_text(WRONG)
        status, out, err = told(capsys, "ci.yml")
        assert status == 2
        starts = [
            "ci.yml:1:5: Unexpected value 'pusj' (did you mean `push`?)",
            "ci.yml:4:5: Unexpected value 'runs_on' (did you mean `runs-on`?)",
            "ci.yml:5:12: Job 'a' depends on unknown job 'nobody'.",
            "ci.yml:7:14: Unrecognized named-value: 'githb'. Located at position 1 within expression: githb",
            "ci.yml:8:13: Too few parameters supplied: 'contains'. Located at position 1 within expression",
            "ci.yml:10:13: Unrecognized named-value: 'secrets'. Located at position 1 within expression:",
        ]
        assert len(out) == len(starts)
        assert [line for line, start in zip(out, starts, strict=True) if not line.startswith(start)] == []
        assert err == [f"{len(out)} mistakes in ci.yml"]

    def test_sequences_own_keys_pass_unless_the_file_is_for_github(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "ci.yml").write_text(OURS)
        assert told(capsys, "ci.yml")[0] == 0
        status, out, _ = told(capsys, "--github-only", "ci.yml")
        assert status == 2
        assert any("Unexpected value 'image'" in line for line in out)
        assert any("Required property is missing: on" in line for line in out)

    def test_what_github_tolerates_and_ignores_is_a_mistake(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "ci.yml").write_text(GOOD.replace("on: push", "on: {push: {branch: main}}"))
        assert "did you mean `branches`?" in told(capsys, "ci.yml")[1][0]


class TestForms:
    MISTAKE = "on: push\njobs: {a: {runs_on: x}}\n"

    def test_json_is_an_array_and_empty_when_nothing_is_wrong(
        self, repository: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "ci.yml").write_text(self.MISTAKE)
        assert run(["validate", "--json", "ci.yml"]) == 2
        found = json.loads(capsys.readouterr().out)
        assert found[-1] == {
            "file": "ci.yml",
            "line": 2,
            "column": 12,
            "message": "Unexpected value 'runs_on'",
            "hint": "did you mean `runs-on`?",
            "github_message": "ci.yml (Line: 2, Col: 12): Unexpected value 'runs_on'",
        }
        (repository / "ci.yml").write_text(GOOD)
        assert run(["validate", "--format", "json", "ci.yml"]) == 0
        assert json.loads(capsys.readouterr().out) == []

    def test_annotations_are_escaped(self, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (repository / "a,b.yml").write_text("on: push\njobs: {a: {'x%y': 1, runs-on: x}}\n")
        status, out, _ = told(capsys, "--format", "github", "a,b.yml")
        assert status == 2
        assert out == ["::error file=a%2Cb.yml,line=2,col=12::Unexpected value 'x%25y'"]

    def test_on_github_annotations_are_the_default_and_name_files_below_the_workspace(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (repository / "below").mkdir()
        (repository / "below/ci.yml").write_text(self.MISTAKE)
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(repository))
        monkeypatch.chdir(repository / "below")
        assert told(capsys, "ci.yml")[1][-1].startswith("::error file=below/ci.yml,line=2,col=12::")
        assert told(capsys, "--format", "text", "ci.yml")[1][-1].startswith("ci.yml:2:12: ")
