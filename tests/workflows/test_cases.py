"""Each folder here is a case: a workflow, what lies beside it, and what is expected of it.

expected.yml: `exit` (0), `jobs` (name: status), `outputs` (job: mapping), `says` and `never` (texts that some
line, or no line, holds), `nowhere` (texts that no event holds), `order` (texts in the order of the lines that
hold them), `annotations` (level and message), `arguments` (for the command line), `runtimes` (both),
`untouched` (the tree is as it was).
A user's report becomes a test by copying two files into a folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/expected.yml"))
BY_RUNTIME = [
    pytest.param(
        case, runtime, id=f"{case.name}-{runtime}", marks=[pytest.mark.docker] * (runtime == "docker")
    )
    for case in CASES
    for runtime in yaml.safe_load((case / "expected.yml").read_text()).get("runtimes", ["process", "docker"])
]


@dataclass(frozen=True)
class Answer:
    """What one run printed, as events."""

    status: int
    events: list[dict[str, Any]]
    talk: str

    @classmethod
    def of(cls, folder: Path, runtime: str, *arguments: str) -> Answer:
        command = [sys.executable, "-m", "sqnc", "run", "workflow", "--json", "--runtime", runtime]
        command += ["-P", "ubuntu-latest=sqnc-test/debian:12", *arguments, "workflow.yml"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return cls(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == kind]

    @property
    def lines(self) -> list[str]:
        """What steps logged and what was raised, in order."""
        found: list[str] = []
        for event in self.events:
            if event["event"] == "log":
                found += event["data"].splitlines()
            elif event["event"] == "annotation":
                found.append(event["message"])
        return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "actions"  # the repository's name: `local/actions` where there is no remote


def make_repository(case: Path, folder: Path) -> None:
    shutil.copytree(case, folder, ignore=shutil.ignore_patterns("expected.yml"))
    git = ["git", "-C", folder, "-c", "user.name=n", "-c", "user.email=e"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    (folder / "ignored.txt").write_text("git does not show it\n")


def tree(folder: Path) -> Mapping[str, tuple[bytes, int]]:
    """Every file's content and owner; git's own index changes when somebody looks."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "index")
    return {str(path): (path.read_bytes(), path.stat().st_uid) for path in found}


@pytest.mark.parametrize(("case", "runtime"), BY_RUNTIME)
def test_the_case_comes_out_as_expected(case: Path, runtime: str, repository: Path) -> None:
    expected = yaml.safe_load((case / "expected.yml").read_text())
    make_repository(case, repository)
    before, runs_before = tree(repository), runs()

    answer = Answer.of(repository, runtime, *expected.get("arguments", ()))

    told = "\n".join(answer.lines) + answer.talk
    assert answer.status == expected.get("exit", 0), told
    assert {job["name"]: job["status"] for job in answer.of_kind("job-finished")} == expected["jobs"], told
    for job, outputs in expected.get("outputs", {}).items():
        assert [event["outputs"] for event in answer.of_kind("job-finished") if event["job"] == job] == [
            outputs
        ]
    for text in expected.get("says", ()):
        assert any(text in line for line in answer.lines), f"nothing says {text!r}:\n{told}"
    for text in expected.get("never", ()):
        assert not any(text in line for line in answer.lines), f"something says {text!r}:\n{told}"
    for text in expected.get("nowhere", ()):
        assert text not in json.dumps(answer.events) + answer.talk, f"something says {text!r}:\n{told}"
    places = [first_line(answer.lines, text) for text in expected.get("order", ())]
    assert places == sorted(places), told
    for level, message in expected.get("annotations", ()):
        assert (level, message) in [
            (event["level"], event["message"]) for event in answer.of_kind("annotation")
        ]
    if expected.get("untouched"):
        assert tree(repository) == before
    assert runs() <= runs_before


def runs() -> set[str]:
    """The folders of runs; those of another test may be about to go."""
    return {path.name for path in (Path(os.environ["XDG_CACHE_HOME"]) / "sqnc/runs").glob("*")}


def first_line(lines: list[str], text: str) -> int:
    return next(number for number, line in enumerate(lines) if text in line)
