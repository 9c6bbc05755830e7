"""`sqnc run …` as a user meets it: exit statuses, messages, selections."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from sqnc.cli.errors import ERROR_CODES, STATUS_CODES, exit_code
from sqnc.status import Status

if TYPE_CHECKING:
    from pathlib import Path

IS_ROOT = sys.platform != "win32" and os.geteuid() == 0
WORKFLOW = """
on: push
jobs:
  first:
    runs-on: ubuntu-latest
    steps:
      - id: one
        run: echo step-one
      - name: the second
        run: echo step-two; ls
  last:
    needs: first
    runs-on: ubuntu-latest
    steps: [{run: echo step-last}]
  other:
    runs-on: ubuntu-latest
    steps: [{run: echo step-other}]
"""


def sqnc(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line in *folder*, on this machine."""
    return subprocess.run(
        [sys.executable, "-m", "sqnc", *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SQNC_RUNTIME": "process"},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ci.yml").write_text(WORKFLOW)
    return tmp_path


class TestExitStatus:
    def run(self, folder: Path, script: str) -> int:
        return sqnc(folder, "run", "step", "-", stdin=f"run: {script}").returncode

    def test_0_is_succeeded(self, folder: Path) -> None:
        assert self.run(folder, "exit 0") == 0

    def test_1_is_failed(self, folder: Path) -> None:
        assert self.run(folder, "exit 7") == 1

    def test_2_is_bad_input(self, folder: Path) -> None:
        assert sqnc(folder, "run", "step", "-", stdin="runs: x").returncode == 2

    def test_3_is_errored(self, folder: Path) -> None:
        done = sqnc(folder, "run", "step", "-", stdin="uses: docker://nothing")
        assert done.returncode == 3
        assert "use --runtime docker" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "content", "message"),
    [
        (
            [],
            "on: push\njobs:\n  a:\n    runs_on: x\n",
            "ci.yml:4:5: Unexpected value 'runs_on' (did you mean",
        ),
        ([], "on: push\njobs: [", "ci.yml:3:1: while parsing a flow node"),
        (["-j", "nope"], WORKFLOW, "ci.yml: there is no job 'nope'; its jobs are first, last, other"),
        (["--env", "=x"], WORKFLOW, "--env '=x': expected NAME=VALUE"),
        (
            ["--secret", "NOT_SET_ANYWHERE"],
            WORKFLOW,
            "--secret NOT_SET_ANYWHERE: there is no such environment",
        ),
        (
            ["-P", "ubuntu-latest"],
            WORKFLOW,
            "--platform 'ubuntu-latest': expected LABEL=IMAGE, such as ubuntu-latest=python:3.12",
        ),
        (["-P", "ubuntu-latest="], WORKFLOW, "--platform 'ubuntu-latest=': expected LABEL=IMAGE"),
        (["--env-file", "none.env"], WORKFLOW, "none.env: No such file or directory"),
        (
            [],
            WORKFLOW + "    services: {db: {image: x}}\n",
            "ci.yml:18:15: services are not supported yet",
        ),
        (
            [],
            "on: push\njobs:\n  a: {uses: ./.github/workflows/b.yml}\n",
            "ci.yml:3:13: reusable workflows are not supported yet",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_no_traceback(
    folder: Path, arguments: list[str], content: str, message: str
) -> None:
    (folder / "ci.yml").write_text(content)
    kind = "job" if "-j" in arguments else "workflow"

    done = sqnc(folder, "run", kind, *arguments, "ci.yml")

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    done = sqnc(folder, "run", "workflow", "none.yml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "none.yml: No such file or directory: name a file, or - for standard input\n"


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        (
            ["job"],
            WORKFLOW,
            "this is a workflow, not a job: say with -j ID which of its jobs, or run them all",
        ),
        (["step"], WORKFLOW, "this is a workflow, not a step: say with -j ID -s ID which of its steps"),
        (["step", "-s", "1"], WORKFLOW, "this is a workflow, not a job: "),
        (
            ["workflow"],
            "steps: [{run: make}]\n",
            "this is a job, not a workflow: `sqnc run job it.yml` runs it",
        ),
        (["step"], "steps: [{run: make}]\n", "this is a job, not a step: say with -s ID which of its steps"),
        (["workflow"], "run: make\n", "this is a step, not a workflow: `sqnc run step it.yml` runs it"),
    ],
)
def test_a_document_of_another_kind_is_told_of_and_what_runs_it(
    tmp_path: Path, kind: list[str], content: str, message: str
) -> None:
    (tmp_path / "it.yml").write_text(content)
    done = sqnc(tmp_path, "run", *kind, "it.yml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"it.yml: {message}")


class TestWithoutAFile:
    @pytest.fixture
    def repository(self, folder: Path) -> Path:
        (folder / ".github/workflows").mkdir(parents=True)
        (folder / ".git").mkdir()
        (folder / "ci.yml").rename(folder / ".github/workflows/ci.yml")
        (folder / "src").mkdir()
        return folder

    def test_the_only_workflow_of_the_repository_is_run(self, repository: Path) -> None:
        done = sqnc(repository / "src", "run", "workflow")
        assert done.returncode == 0
        assert "    step-last" in done.stdout

    def test_a_job_of_it_or_a_step_is_run(self, repository: Path) -> None:
        assert "step-other" in sqnc(repository, "run", "job", "-j", "other").stdout
        assert "step-one" in sqnc(repository, "run", "step", "-j", "first", "-s", "one").stdout

    def test_of_several_one_must_be_named(self, repository: Path) -> None:
        (repository / ".github/workflows/release.yaml").touch()
        done = sqnc(repository / "src", "run", "workflow")
        assert done.returncode == 2
        assert done.stderr == (
            "there are several workflows here: "
            "name one of ../.github/workflows/ci.yml, ../.github/workflows/release.yaml\n"
        )

    def test_where_there_is_none_a_file_must_be_named(self, tmp_path: Path) -> None:
        done = sqnc(tmp_path, "run", "workflow")
        assert done.returncode == 2
        assert "there is no workflow here: name a file" in done.stderr

    def test_a_job_that_is_a_file_must_be_named(self, repository: Path) -> None:
        done = sqnc(repository, "run", "job")
        assert done.returncode == 2
        assert "Missing argument 'JOB': name a file, or with -j a job of a workflow" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "ci.yml"], "No such command 'ci.yml'. To run a workflow: sqnc run workflow ci.yml"),
        (["ci.yml"], "To run a workflow: sqnc run workflow ci.yml"),
        (["rn"], "No such command 'rn'. Did you mean 'run'?"),
        (["ls"], "No such command 'ls'. There are run, validate, "),
        (["run", "workflow", "-j", "first"], "No such option '-j': `sqnc run job -j ID FILE` runs a job"),
        (["run", "workflow", "-s", "A=b", "ci.yml"], "No such option '-s': `--secret NAME` gives a secret"),
    ],
)
def test_a_command_or_option_that_there_is_not_says_what_there_is(
    folder: Path, arguments: list[str], message: str
) -> None:
    done = sqnc(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


@pytest.mark.parametrize(
    ("typed", "offered"), [("ru", "plain,run\n"), ("run w", "plain,workflow\n"), ("run job ci", "file,ci\n")]
)
def test_a_shell_completes_commands_and_files(folder: Path, typed: str, offered: str) -> None:
    asked = {"_SQNC_COMPLETE": "bash_complete", "COMP_WORDS": f"sqnc {typed}"}
    asked["COMP_CWORD"] = str(len(typed.split()))
    program = "from sqnc.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == offered


def test_what_is_not_supported_yet_is_refused_only_where_it_is_to_run(folder: Path) -> None:
    (folder / "ci.yml").write_text(WORKFLOW + "    services: {db: {image: x}}\n")
    assert sqnc(folder, "run", "job", "-j", "last", "ci.yml").returncode == 0
    done = sqnc(folder, "run", "job", "-j", "other", "ci.yml")
    assert done.returncode == 2
    assert "ci.yml:18:15: services are not supported yet" in done.stderr


def test_a_job_that_may_fail_says_so_at_the_end(folder: Path) -> None:
    (folder / "ci.yml").write_text(
        "on: push\njobs:\n  lax:\n    runs-on: ubuntu-latest\n    continue-on-error: true\n"
        "    steps: [{run: exit 7}]\n"
    )
    done = sqnc(folder, "run", "workflow", "ci.yml")
    assert done.returncode == 0
    ends = [line for line in done.stdout.splitlines() if "│" not in line]
    assert ends[0].startswith("✗ lax: failed, which continue-on-error allows ")
    assert ends[1] == "    Run exit 7: Process completed with exit code 7."
    assert ends[2].startswith("succeeded in ")


def test_a_checkout_says_where_there_is_no_repository(folder: Path) -> None:
    (folder / "step.yml").write_text("steps: [{uses: actions/checkout@v4}, {run: ls}]\n")
    done = sqnc(folder, "run", "job", "step.yml")
    assert done.returncode == 0
    assert f"    The working tree of local/{folder.name} in no git repository\n" in done.stdout
    assert "    ci.yml\n" in done.stdout


@pytest.mark.skipif(
    IS_ROOT and not shutil.which("setpriv"), reason="root reads everything, and setpriv is not here"
)
def test_a_file_that_may_not_be_read_is_named_with_what_to_do(folder: Path) -> None:
    (folder / "secret").touch(mode=0)
    (folder / "job.yml").write_text("steps: [{uses: actions/checkout@v4}, {run: ls}]\n")
    without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if IS_ROOT else []
    command = [*without, sys.executable, "-m", "sqnc", "run", "job", "--runtime", "process", "job.yml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert f"{folder}/secret: Permission denied: let it be read, or let git ignore it\n" in done.stdout


def test_a_step_that_is_not_there_is_told_with_those_that_are(folder: Path) -> None:
    (folder / "ci.yml").write_text(WORKFLOW.replace("name: the second\n        ", ""))
    done = sqnc(folder, "run", "step", "-j", "first", "-s", "tow", "ci.yml")
    assert done.returncode == 2
    assert "job 'first' has no step 'tow'; its steps are one, 2 (echo step-two; ls)" in done.stderr


@pytest.mark.docker
def test_a_label_without_an_image_is_bad_input(folder: Path) -> None:
    (folder / "ci.yml").write_text(WORKFLOW.replace("ubuntu-latest", "macos-13"))
    done = sqnc(folder, "run", "workflow", "--runtime", "docker", "ci.yml")
    assert done.returncode == 2
    assert "ci.yml:5:14: runs-on: macos-13: no image stands for this label" in done.stderr
    assert "-P macos-13=IMAGE" in done.stderr


def test_without_containers_a_label_of_another_system_is_bad_input(folder: Path) -> None:
    (folder / "ci.yml").write_text(WORKFLOW.replace("ubuntu-latest", "windows-latest"))
    done = sqnc(folder, "run", "workflow", "--runtime", "process", "ci.yml")
    assert done.returncode == 2
    assert "ci.yml:5:14: runs-on: windows-latest: this machine runs " in done.stderr
    assert "(-P windows-latest=-self-hosted runs the job here all the same)" in done.stderr
    assert not done.stdout
    taken = sqnc(
        folder, "run", "workflow", "--runtime", "process", "-P", "windows-latest=-self-hosted", "ci.yml"
    )
    assert taken.returncode == 0, taken.stderr


class TestSelection:
    def test_a_job_runs_with_what_it_needs(self, folder: Path) -> None:
        out = sqnc(folder, "run", "job", "-j", "last", "ci.yml").stdout
        assert "step-one" in out
        assert "step-last" in out
        assert "step-other" not in out

    @pytest.mark.parametrize("name", ["the second", "2"])
    def test_a_step_runs_alone_on_the_working_tree(self, folder: Path, name: str) -> None:
        out = sqnc(folder, "run", "step", "-j", "first", "-s", name, "ci.yml").stdout
        assert "step-one" not in out
        assert "ci.yml" in out.replace("Run echo", "")

    def test_an_unknown_step_is_told_with_those_there_are(self, folder: Path) -> None:
        done = sqnc(folder, "run", "step", "-j", "first", "-s", "three", "ci.yml")
        assert (done.returncode, done.stdout) == (2, "")
        assert "job 'first' has no step 'three'; its steps are one, the second" in done.stderr

    def test_a_file_may_be_a_job(self, folder: Path) -> None:
        (folder / "job.yml").write_text("steps: [{run: echo alone}, {id: b, run: echo beside}]")
        assert "alone" in sqnc(folder, "run", "job", "job.yml").stdout
        out = sqnc(folder, "run", "step", "-s", "b", "job.yml").stdout
        assert "beside" in out
        assert "alone" not in out

    def test_a_workflow_comes_from_standard_input(self, folder: Path) -> None:
        assert "step-other" in sqnc(folder, "run", "workflow", "-", stdin=WORKFLOW).stdout


def test_json_gives_each_event_a_line_in_order(folder: Path) -> None:
    lines = sqnc(folder, "run", "workflow", "--json", "ci.yml").stdout.splitlines()
    events = [json.loads(line) for line in lines]
    kinds = [event["event"] for event in events if event.get("job") == "last"]
    assert kinds == ["job-started", "step-started", "log", "step-finished", "job-finished"]
    assert events[0]["event"] == "run-started"
    assert events[-1] | {"duration_s": 0, "time": 0, "run": ""} == {
        "event": "run-finished",
        "time": 0,
        "run": "",
        "status": "succeeded",
        "duration_s": 0,
    }


def test_help_loads_nothing_heavy() -> None:
    heavy = {"docker", "git", "yaml", "jsonschema", "actions_compat", "sqnc.engine", "sqnc.runs"}
    program = (
        "import sys; from sqnc.cli import run; run(['--help']); run(['run', 'workflow', '--help']); "
        "run(['validate', '--help']); run(['expr', '--help']); "
        f"print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("name", ERROR_CODES)
def test_every_error_of_the_table_is_there(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert isinstance(getattr(import_module(module), kind), type)


def test_every_end_of_a_run_has_an_exit_status() -> None:
    assert STATUS_CODES.keys() == set(Status) - {Status.QUEUED, Status.RUNNING, Status.SKIPPED}
    assert exit_code(KeyError("a defect")) is None
