"""`sqncshim plugin uses`, as its user sees it."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sqncshim import git
from sqncshim.document import Build, StepDocument

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COMMAND = (sys.executable, "-m", "sqncshim", "plugin", "uses")


@pytest.fixture
def variables(server: Any, tmp_path: Path) -> dict[str, str]:
    return dict(os.environ, GITHUB_SERVER_URL=server.url, SQNC_CACHE=str(tmp_path / "cache"))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    return tmp_path / "workspace"


@pytest.fixture
def uses(variables: dict[str, str], workspace: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments], env=variables, cwd=workspace, capture_output=True, text=True, check=False
        )

    return run


def test_it_prints_one_document_and_a_newline(server: Any, uses: Run, tmp_path: Path) -> None:
    server.add()
    result = uses("owner/greet/sub@main", str(tmp_path / "clone"))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("\n") == 1
    assert result.stdout.endswith("}\n")
    document = StepDocument.parse(result.stdout)
    assert document.version == {"ref": server.head()}
    assert document.step is not None
    assert document.step.cmd == (f"{tmp_path}/clone/sub/index.js",)
    assert json.loads(result.stdout)["step"]["env"] == {"INPUT_WHO": "World"}


def test_path_becomes_a_clone_of_the_repository(server: Any, uses: Run, tmp_path: Path) -> None:
    (server.add() / "link").symlink_to("sub")
    server.commit()
    (tmp_path / "clone").mkdir()
    assert uses("owner/greet@main", str(tmp_path / "clone")).returncode == 0
    assert (tmp_path / "clone" / "sub" / "action.yml").is_file()
    assert git.run("rev-parse", "HEAD", cwd=tmp_path / "clone").stdout.decode().strip() == server.head()
    assert git.run("status", "--porcelain", cwd=tmp_path / "clone").stdout == b""


def test_a_path_with_files_in_it_is_left_alone(server: Any, uses: Run, tmp_path: Path) -> None:
    server.add()
    (tmp_path / "clone").mkdir()
    (tmp_path / "clone" / "mine").write_text("mine")
    result = uses("owner/greet@main", str(tmp_path / "clone"))
    assert (result.returncode, result.stdout) == (1, "")
    assert "is there already: name a folder that is empty" in result.stderr
    assert [path.name for path in (tmp_path / "clone").iterdir()] == ["mine"]


def test_without_path_the_document_points_into_the_store(server: Any, uses: Run, tmp_path: Path) -> None:
    server.add()
    step = StepDocument.parse(uses("owner/greet@main").stdout).step
    assert step is not None
    assert step.cmd is not None
    assert Path(step.cmd[0]).is_relative_to(tmp_path / "cache")
    assert Path(step.cmd[0]).is_file()


def test_a_local_action_lies_where_it_lies_or_is_copied(uses: Run, workspace: Path, tmp_path: Path) -> None:
    (workspace / "mine" / "image").mkdir(parents=True)
    (workspace / "mine" / "action.yml").write_text("{runs: {using: docker, image: image/Dockerfile}}")
    step = StepDocument.parse(uses("./mine").stdout).step
    assert step is not None
    assert step.build == Build(f"{workspace}/mine/image")
    step = StepDocument.parse(uses("./mine", str(tmp_path / "copy")).stdout).step
    assert step is not None
    assert step.build == Build(f"{tmp_path}/copy/image")
    assert (tmp_path / "copy" / "action.yml").is_file()


def test_a_local_action_is_not_copied_into_itself(uses: Run, workspace: Path) -> None:
    (workspace / "action.yml").write_text("{runs: {using: node20, main: x}}")
    result = uses("./", "copy")
    assert (result.returncode, result.stdout) == (1, "")
    assert "lies in the action's own folder" in result.stderr
    assert not (workspace / "copy").exists()


def test_an_image_is_one_step(uses: Run) -> None:
    assert json.loads(uses("docker://alpine:3").stdout)["step"] == {"stage": "main", "image": "alpine:3"}


MISTAKES = [
    ("owner/greet", "Expected format {org}/{repo}[/path]@ref. Actual 'owner/greet'"),
    ("owner/greet@none", "there is no `none` in file://"),
    ("owner/none@main", "there is no repository that we may read at file://"),
    ("owner/greet/none@main", "Can't find 'action.yml', 'action.yaml' or 'Dockerfile' for action"),
    ("owner/greet/broken@main", "broken/action.yml:2:1: "),
    ("owner/greet/unknown@main", "'using: cobol' is not supported"),
    ("owner/greet/link@main", "Can't find 'action.yml', 'action.yaml' or 'Dockerfile' for action"),
    ("owner/greet/folder@main", "Can't find 'action.yml', 'action.yaml' or 'Dockerfile' for action"),
    ("owner/greet/../x@main", "the path `../x` is refused"),
    ("owner/greet@-x", "the ref `-x` is refused"),
    ("./none", "Did you forget to run actions/checkout"),
    ("./../x", "`..` is refused"),
    ("../x", "(an action of this repository is `./path`, from its root; or name a repository's action as"),
    ("checkout@v4", "(name a repository's action as owner/repo[/path]@ref, such as actions/checkout@v4)"),
    ("docker://", "there is no image in it: name one, such as docker://alpine:3"),
]


@pytest.mark.parametrize(("action", "message"), MISTAKES)
def test_a_mistake_is_one_message_and_no_output(
    action: str, message: str, *, server: Any, uses: Run, tmp_path: Path
) -> None:
    (tmp_path / "action.yml").write_text("{runs: {using: node20, main: x}}")
    folder = server.add(**{"broken__action.yml": "runs: [", "folder__action.yml__x": ""})
    (folder / "link").symlink_to(tmp_path)
    server.commit(**{"unknown__action.yml": "{runs: {using: cobol, main: x}}"})
    result = uses(action)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("sqncshim: ")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_offline_is_an_option_and_a_variable(server: Any, uses: Run, variables: dict[str, str]) -> None:
    server.add()
    online = uses("owner/greet@main")
    server.root.rename(server.root.with_name("gone"))
    assert uses("--offline", "owner/greet@main").stdout == online.stdout
    variables["SQNC_OFFLINE"] = "1"
    assert uses("owner/greet@main").stdout == online.stdout


def test_processes_at_once_all_get_the_whole_action(
    server: Any, variables: dict[str, str], workspace: Path, tmp_path: Path
) -> None:
    server.add()
    processes = [
        subprocess.Popen([*COMMAND, "owner/greet@main"], env=variables, cwd=workspace, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    answers = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert len(set(answers)) == 1
    assert list((tmp_path / "cache" / "actions" / "tmp").iterdir()) == []


def test_a_kill_at_any_moment_leaves_no_half_of_a_clone(
    server: Any, variables: dict[str, str], *, uses: Run, workspace: Path, tmp_path: Path
) -> None:
    server.add(**{"action.yml": "{runs: {using: node20, main: x}}"}, **{f"file{n}": "x" for n in range(200)})
    killed = 0
    for attempt in range(12):
        variables["SQNC_CACHE"] = str(tmp_path / f"cache{attempt}")
        process = subprocess.Popen([*COMMAND, "owner/greet@main"], env=variables, cwd=workspace, stdout=-3)
        time.sleep(random.uniform(0.05, 0.2))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        for clone in (tmp_path / f"cache{attempt}").glob("actions/file*/owner/greet/" + "[0-9a-f]" * 40):
            assert git.run("status", "--porcelain", cwd=clone).stdout == b""
        result = uses("owner/greet@main")
        assert (result.returncode, result.stderr) == (0, "")
    assert killed, "else nothing was tried"


def test_a_kill_in_mid_clone_leaves_what_the_next_one_does_not_see(
    server: Any, variables: dict[str, str], *, uses: Run, workspace: Path, tmp_path: Path
) -> None:
    server.add()
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    hang = f"echo $$ > {tmp_path}/pid; exec sleep 60"
    real = 'PATH=${PATH#*:} exec git "$@"'
    slow.write_text(f'#!/bin/sh\ncase " $* " in *" checkout "*) {hang};; esac\n{real}\n')
    slow.chmod(0o755)
    path = variables["PATH"]
    variables["PATH"] = f"{slow.parent}:{path}"
    process = subprocess.Popen([*COMMAND, "owner/greet@main"], env=variables, cwd=workspace)
    end = time.monotonic() + 10
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        assert time.monotonic() < end
        time.sleep(0.01)
    process.kill()
    process.wait()
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    store = tmp_path / "cache" / "actions"
    assert len(list((store / "tmp").iterdir())) == 1
    assert not list(store.glob("file*/owner/greet/" + "[0-9a-f]" * 40))
    variables["PATH"] = path
    assert uses("owner/greet@main").returncode == 0
