"""Gets and puts among what else befalls a job: interrupts, timeouts, other jobs, users, the user's files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

RUNTIMES = ["process", pytest.param("docker", marks=pytest.mark.docker)]
TYPE = """
import os, time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqnc_resources import Result, say


@dataclass(frozen=True)
class Source:
    n: str = "1"
    slow: str = ""
    log: str = ""
    says: str = ""


@dataclass(frozen=True)
class Version:
    n: str


@dataclass(frozen=True)
class GetParams:
    slow: bool = False


@dataclass(frozen=True)
class PutParams:
    n: str = "9"
    folder: str = ""


def wait(name: str) -> None:
    try:
        say(f"{name} waits")
        time.sleep(600)
    finally:
        say(f"{name} is unwound")


def check(source: Source, since: Version | None) -> Sequence[Version]:
    if source.log:
        with open(source.log, "a") as file:
            file.write(f"check {source.n}\\n")
    if source.slow == "check":
        wait("check")
    return [Version(source.n)]


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    if source.slow == "get" or params.slow:
        wait("get")
    (folder / "n").write_text(version.n)
    (folder / "inner").mkdir()
    (folder / "inner/env").write_text(os.environ.get("ADDED", ""))
    if source.says:
        say(source.says)
    return Result(version, {"said": source.says})


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    say(f"{sum(1 for path in folder.rglob('*') if path.is_file())} files")
    return Result(Version(params.n))
"""
TOP = """
on: push
resources:
  - {name: thing, type: types/t.py, source: {SOURCE}}
jobs:
"""


class Ran:
    """What a run told: its status, its lines in order, what each job came to, and everything as one text."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.text = status, out + err
        events: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
        self.jobs = {event["name"]: event["status"] for event in events if event["event"] == "job-finished"}
        told = [event.get("data") or event.get("message") or "" for event in events]
        self.lines = [*"".join(f"{text}\n" for text in told).splitlines(), *err.splitlines()]

    def count(self, text: str) -> int:
        return sum(text in line for line in self.lines)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A repository whose name has what a mount cannot have: its tree is streamed."""
    folder = tmp_path / "a,b"
    (folder / "types").mkdir(parents=True)
    (folder / "types/t.py").write_text(TYPE)
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    return folder


def command(folder: Path, jobs: str, *arguments: str, source: str = "") -> list[str]:
    (folder / "w.yml").write_text(TOP.replace("SOURCE", source) + jobs)
    words = arguments if arguments[:1] in {("job",), ("step",)} else ("workflow", *arguments)
    kind, *rest = words
    image = ["-P", "x=sqnc-test/debian:12", "-P", "user=sqnc-test/user:1"]
    return [sys.executable, "-m", "sqnc", "run", kind, "--json", *image, "w.yml", *rest]


def run(folder: Path, jobs: str, *arguments: str, source: str = "") -> Ran:
    words = command(folder, jobs, *arguments, source=source)
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return Ran(done.returncode, done.stdout, done.stderr)


def interrupted(folder: Path, jobs: str, *arguments: str, source: str = "", after: str) -> Ran:
    """Interrupt the run when *after* is told."""
    running = subprocess.Popen(
        command(folder, jobs, *arguments, source=source),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    seen = ""
    while after not in seen and (line := running.stdout.readline()):
        seen += line
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=40)
    return Ran(running.returncode, seen + out, err)


CHECKOUT = "{uses: actions/checkout@v4}"
ONE_JOB = f"""
  a:
    runs-on: x
    steps:
      - {CHECKOUT}
      - {{get: thing}}
      - run: echo not-run
      - {{if: always(), run: echo cleaned-up}}
"""


@pytest.mark.parametrize("runtime", RUNTIMES)
@pytest.mark.parametrize("slow", ["check", "get"])
def test_an_interrupt_ends_a_get_in_good_order(slow: str, runtime: str, here: Path) -> None:
    ran = interrupted(here, ONE_JOB, "--runtime", runtime, source=f"slow: {slow}", after=f"{slow} waits")
    assert ran.status == 130, ran.lines
    assert ran.count(f"{slow} is unwound") == 1
    assert (ran.count("not-run"), ran.count("cleaned-up")) == (0, 1)
    assert ran.jobs == {"a": "canceled"}


def test_an_interrupt_ends_those_too_that_wait_for_another_jobs_check(here: Path) -> None:
    jobs = ONE_JOB + ONE_JOB.replace("  a:", "  b:")
    ran = interrupted(here, jobs, "--runtime", "process", source="slow: check", after="check waits")
    assert ran.jobs == {"a": "canceled", "b": "canceled"}, ran.lines
    assert ran.status == 130


def test_what_always_runs_gets_after_an_interrupt_too(here: Path) -> None:
    jobs = ONE_JOB.replace("run: echo cleaned-up", "get: thing, resource: other")
    jobs = jobs.replace("get: thing}", "get: thing, params: {slow: true}}", 1)
    top = "n: 2}}\n  - {name: other, type: types/t.py, source: {n: other-one"
    ran = interrupted(here, jobs, "--runtime", "process", source=top, after="get waits")
    assert any(line.split() == ["n", "other-one"] for line in ran.lines), ran.lines
    assert ran.jobs == {"a": "canceled"}


@pytest.mark.parametrize("slow", ["check", "get"])
def test_timeout_minutes_holds_for_all_that_a_get_does(slow: str, here: Path) -> None:
    limited = ONE_JOB.replace("get: thing}", "get: thing, timeout-minutes: 0.06}")
    began = time.monotonic()
    ran = run(here, limited, "--runtime", "process", source=f"slow: {slow}")
    assert time.monotonic() - began < 40
    assert (ran.status, ran.jobs) == (1, {"a": "failed"}), ran.lines
    assert "thing: timeout exceeded" in ran.lines
    assert ran.count(f"{slow} is unwound") == 1


def test_waiting_for_another_jobs_check_takes_of_the_time_too(here: Path) -> None:
    log = here.parent / "log"
    second = ONE_JOB.replace("  a:", "  b:").replace("get: thing}", "get: thing, timeout-minutes: 0.02}")
    second = second.replace("{get", f"{{run: 'until test -e {log}; do sleep .1; done'}}\n      - {{get", 1)
    source = f"slow: check, log: {log}"
    ran = interrupted(
        here, ONE_JOB + second, "--runtime", "process", source=source, after='"name": "b", "status"'
    )
    assert ran.jobs == {"a": "canceled", "b": "failed"}, ran.lines
    assert log.read_text() == "check 1\n"


def test_jobs_that_get_the_same_at_once_ask_once_and_all_get_it(here: Path) -> None:
    jobs = """
  a:
    runs-on: x
    strategy: {matrix: {m: [1, 2, 3, 4]}}
    steps:
      - {uses: actions/checkout@v4}
      - {get: thing}
      - run: echo "${{ matrix.m }} has $(cat thing/n)"
"""
    log = here.parent / "log"
    ran = run(here, jobs, "--runtime", "process", source=f"n: one, log: {log}")
    assert ran.status == 0, ran.lines
    assert [ran.count(f"{m} has one") for m in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert log.read_text() == "check one\n"


def test_a_source_of_its_own_is_a_version_of_its_own(here: Path) -> None:
    jobs = """
  a:
    runs-on: x
    steps:
      - {uses: actions/checkout@v4}
      - {get: thing}
      - run: echo "${{ github.job }} has $(cat thing/n)"
"""
    jobs += jobs.replace("  a:", "  b:")
    ran = run(here, jobs, "--runtime", "process", source='n: "${{ github.job }}"')
    assert (ran.count("a has a"), ran.count("b has b")) == (1, 1), ran.lines


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_no_line_of_a_secret_is_shown_wherever_a_type_puts_it(
    runtime: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = """
  a:
    runs-on: x
    outputs: {n: "${{ steps.got.outputs.n }}"}
    steps:
      - {uses: actions/checkout@v4}
      - {id: got, get: thing}
      - run: echo "${{ steps.got.outputs.n }}"
"""
    monkeypatch.setenv("KEY", "open-sesame-1\nopen-sesame-2")
    ran = run(here, jobs, "--runtime", runtime, "--secret", "KEY", source="n: ((KEY)), says: 'it is ((KEY))'")
    assert ran.status == 0, ran.lines
    assert ran.count("***") >= 4
    assert "open-sesame" not in ran.text


@pytest.mark.docker
@pytest.mark.parametrize("label", ["x", "user"])
def test_later_steps_can_write_to_what_a_get_made_and_a_put_gave(label: str, here: Path) -> None:
    jobs = f"""
  a:
    runs-on: {label}
    steps:
      - {{uses: actions/checkout@v4}}
      - {{get: thing}}
      - run: id -u; echo more >>thing/n; touch thing/inner/new; rm thing/inner/env; mkdir thing/own made
      - run: echo x >made/file
      - {{put: thing, params: {{folder: made}}}}
      - run: touch thing/again made/again; echo "all of it is ours"
"""
    ran = run(here, jobs, "--runtime", "docker")
    assert ran.status == 0, ran.lines
    assert ran.count("all of it is ours") == 1
    assert "1 files" in ran.lines


def test_a_folder_of_that_name_is_emptied_first(here: Path) -> None:
    (here / "thing").mkdir()
    (here / "thing/old").write_text("of the user")
    jobs = f"""
  a:
    runs-on: x
    steps:
      - {CHECKOUT}
      - run: cat thing/old
      - {{get: thing}}
      - run: ls thing
      - {{get: thing}}
      - run: test ! -e thing/old
"""
    ran = run(here, jobs, "--runtime", "process")
    assert ran.status == 0, ran.lines
    assert (here / "thing/old").read_text() == "of the user"


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_with_bind_a_folder_of_the_user_is_not_emptied(runtime: str, here: Path) -> None:
    (here / "thing").mkdir()
    (here / "thing/old").write_text("of the user")
    jobs = """
  a:
    runs-on: x
    steps:
      - {get: thing}
"""
    home = here.rename(here.parent / "ab")
    ran = run(home, jobs, "--runtime", runtime, "--bind")
    assert ran.status == 1
    assert (home / "thing/old").read_text() == "of the user"
    assert ran.count(f"w.yml:10:15: {home}/thing is there, and with --bind the get would empty it") >= 1, (
        ran.lines
    )


def test_with_bind_what_git_ignores_or_a_get_made_may_be_emptied(here: Path) -> None:
    (here / ".gitignore").write_text("/thing\n")
    (here / "thing").mkdir()
    (here / "thing/old").write_text("made by an earlier run")
    jobs = """
  a:
    runs-on: x
    steps:
      - {get: thing}
      - {get: more, resource: thing}
      - {get: more, resource: thing}
"""
    ran = run(here, jobs, "--runtime", "process", "--bind")
    assert ran.status == 0, ran.lines
    assert [path.name for path in sorted((here / "thing").iterdir())] == ["inner", "n"]
    assert (here / "more/n").read_text() == "1"


def test_a_steps_own_environment_reaches_the_type(here: Path) -> None:
    jobs = ONE_JOB.replace("get: thing}", 'get: thing, env: {ADDED: "1 ${{ github.job }}"}}')
    ran = run(here, jobs.replace("echo not-run", "cat thing/inner/env"), "--runtime", "process")
    assert ran.count("1 a") == 1, ran.lines


def test_variables_of_another_build_are_not_a_types(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "types/t.py").write_text(TYPE.replace('"ADDED", ""', '"BUILD_TEAM_ID", "none"'))
    monkeypatch.setenv("BUILD_TEAM_ID", "7")
    jobs = ONE_JOB.replace("echo not-run", "cat thing/inner/env")
    assert run(here, jobs, "--runtime", "process").count("none") == 1


def test_a_large_folder_is_put(here: Path) -> None:
    jobs = f"""
  a:
    runs-on: x
    steps:
      - {CHECKOUT}
      - run: mkdir -p big/in; cd big/in; seq 3000 | split -l 1 -a 4; truncate -s 200M ../large
      - {{put: thing, params: {{folder: big}}, no_get: true}}
"""
    ran = run(here, jobs, "--runtime", "process")
    assert "3001 files" in ran.lines, ran.lines


@pytest.mark.parametrize(("kind", "name"), [("job", "a"), ("step", "thing")])
def test_a_job_or_a_step_alone_gets_too(kind: str, name: str, here: Path) -> None:
    jobs = ONE_JOB.replace("{get: thing}", "{id: thing, get: thing}")
    words = ["-j", "a", *(["-s", name] if kind == "step" else [])]
    ran = run(here, jobs, kind, *words, "--runtime", "process")
    assert ran.status == 0, ran.lines
    assert any(line.split() == ["n", "1"] for line in ran.lines)


def test_a_var_without_a_value_is_told_where_it_stands(here: Path) -> None:
    ran = run(here, ONE_JOB, "--runtime", "process", source="n: 1, says: ((none))")
    assert (
        "w.yml:4:58: thing: undefined vars: none (give it with --var NAME=VALUE or --secret NAME)"
        in ran.lines
    )
