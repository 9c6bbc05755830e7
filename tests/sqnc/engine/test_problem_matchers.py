"""Problem matchers: from `::add-matcher::` on, lines of a job's output become annotations."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from actions_compat.matchers import parse_matchers
from sqnc.engine.matchers import JobMatchers, MatchingReader

if TYPE_CHECKING:
    from pathlib import Path

    from actions_compat.matchers import MatcherAnswer

ONE = {
    "owner": "one",
    "severity": "warning",
    "pattern": [{"regexp": r"^(\S+):(\d+): (.*)$", "file": 1, "line": 2, "message": 3}],
}
TWO_LINES = {
    "owner": "two",
    "pattern": [{"regexp": "^in (.*)$", "file": 1}, {"regexp": r"^(\d) (.*)$", "line": 1, "message": 2}],
}
WORKFLOW = r"""
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: |
          echo "here.c:11: before"
          echo "::add-matcher::matchers.json"
          echo "here.c:12: look out"
          printf 'in here.c\n3 of two lines\n'
      - run: |
          echo "$PWD/here.c:14: in a later step" >&2
          printf 'gone.c:15: nowhere'
      - run: |
          echo "::remove-matcher owner=ONE::"
          echo "here.c:16: removed"
      - run: echo "::add-matcher::none.json"
  b:
    needs: a
    if: failure()
    runs-on: ubuntu-latest
    steps: [{run: 'echo "here.c:17: in another job"'}]
"""


@pytest.mark.parametrize("runtime", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_a_matcher_reads_all_that_the_job_says_from_then_on(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "matchers.json").write_text(json.dumps({"problemMatcher": [ONE, TWO_LINES]}))
    (tmp_path / "workflow.yml").write_text(WORKFLOW)
    (tmp_path / "here.c").touch()
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--json", "--runtime", runtime]
    command += ["-P", "ubuntu-latest=sqnc-test/debian:12", "workflow.yml"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    events: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    told = [
        (event["level"], event["message"], event["file"], event["line"])
        for event in events
        if event["event"] == "annotation"
    ]
    assert sorted(told) == [
        ("error", "Unable to process command '::add-matcher::none.json' successfully.", "", 0),
        ("error", "none.json: there is no such file", "", 0),
        ("error", "of two lines", "here.c", 3),
        ("warning", "in a later step", "here.c", 14),
        ("warning", "look out", "here.c", 12),
        ("warning", "nowhere", "", 15),
    ], done.stderr
    assert {event["name"]: event["status"] for event in events if event["event"] == "job-finished"} == {
        "a": "failed",
        "b": "succeeded",
    }
    assert "here.c:12: look out" in "".join(event["data"] for event in events if event["event"] == "log")


def messages(answers: list[MatcherAnswer]) -> list[str]:
    return [answer.annotation.message for answer in answers if answer.annotation is not None]


def reader(*configurations: object) -> MatchingReader:
    matchers = JobMatchers()
    for configuration in configurations:
        matchers.add(parse_matchers(json.dumps({"problemMatcher": [configuration]})))
    return matchers.reader()


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_a_line_is_one_whatever_the_pieces_it_comes_in(size: int) -> None:
    output, found = b"a:1: x\r\nb\n\nc:2: y", reader(ONE)
    pieces = [output[at : at + size] for at in range(0, len(output), size)]
    answers = [answer for piece in pieces for answer in found.feed(piece)]
    assert messages([*answers, *found.flush()]) == ["x", "y"]


def test_the_newest_matcher_is_asked_first_and_replaces_the_one_of_its_owner() -> None:
    anything = {"owner": "any", "pattern": [{"regexp": "^(.*)$", "message": 1}]}
    assert messages(list(reader(ONE, anything).feed(b"a:1: x\n"))) == ["a:1: x"]
    assert messages(list(reader(anything, ONE).feed(b"a:1: x\n"))) == ["x"]
    assert messages(list(reader(ONE, anything | {"owner": "ONE"}).feed(b"a:1: x\n"))) == ["a:1: x"]


def test_a_very_long_line_is_not_kept_whole() -> None:
    found = reader({"owner": "any", "pattern": [{"regexp": "^(.*)$", "message": 1}]})
    for _ in range(100):
        assert not list(found.feed(b"x" * 65536))
    assert len(found._line) <= 256 * 1024  # memory stays flat
    assert messages(list(found.feed(b"\nshort\n"))) == ["short"]
