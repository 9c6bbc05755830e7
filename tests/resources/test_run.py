"""`sqncshim resource run`: a type by hand, with its keys as options."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sqnc_resources import flat, types

TYPE = '''
from __future__ import annotations

import os
import time
from dataclasses import dataclass

from sqnc_resources import ResourceError, Result, Secret, key, say


@dataclass(frozen=True, slots=True)
class Login:
    user: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Source:
    uri: str
    """Where it is."""
    branch: str = "main"
    """The branch that is followed."""
    token: Secret | None = None
    """What opens it."""
    quiet: bool = False
    paths: tuple[str, ...] = ()
    logins: tuple[Login, ...] = ()
    class_: str = key("", name="class")
    folder: str = ""
    help: str = ""
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    ref: str
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class GetParams:
    depth: int = 0
    branch: str = ""


PutParams = GetParams


def check(source, since):
    if source.uri == "empty":
        return []
    if source.slow:
        say("slow")
        time.sleep(60)
    say(f"token: {source.token.reveal() if source.token else None}")
    return [Version("1"), Version("2")]


def get(source, version, params, folder):
    print("a subprocess, say")
    return Result(version, {"source": repr(source), "params": repr(params), "files": str(os.listdir(folder))})


def put(source, params, folder):
    if source.uri == "refused":
        raise ResourceError("it says no")
    return Result(Version("3", params.branch or None), {"files": str(sorted(os.listdir(folder)))})
'''


@pytest.fixture
def kind(tmp_path: Path) -> Path:
    file = tmp_path / "kind.py"
    file.write_text(TYPE)
    return file


def command(kind: Path, *words: object) -> list[str]:
    return [sys.executable, "-m", "sqncshim", "resource", "run", str(kind), *map(str, words)]


def run(
    kind: Path, *words: object, stdin: str = "", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(kind, *words),
        cwd=kind.parent,
        env=os.environ | {"COLUMNS": "200"} | dict(env or {}),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def metadata(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in answer(done)["metadata"]}


def test_a_check_prints_what_the_protocol_answers(kind: Path) -> None:
    assert answer(run(kind, "check", "--uri", "u")) == [{"ref": "1"}, {"ref": "2"}]


def test_a_get_without_a_version_fetches_the_newest(kind: Path) -> None:
    done = run(kind, "get", "--uri", "u", "got")
    assert answer(done)["version"] == {"ref": "2"}
    assert "a subprocess, say" in done.stderr
    assert (kind.parent / "got").is_dir()


def test_a_get_fetches_the_version_that_is_named(kind: Path) -> None:
    done = run(kind, "get", "--uri", "u", "--ref", "1", "--version-branch", "b", "got")
    assert answer(done)["version"] == {"ref": "1", "branch": "b"}


def test_where_there_is_no_version_a_get_says_so(kind: Path) -> None:
    done = run(kind, "get", "--uri", "empty", "got")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("error: there is no version yet: a check finds none\n")


def test_each_key_is_an_option_of_its_own_kind(kind: Path) -> None:
    words = ["--uri=u", "--branch", "b", "--quiet", "--class", "c", "--paths", "a b", "--paths", "*.c"]
    done = run(kind, "get", *words, "--depth", "3", "--params-branch", "p", "--folder", "f", "got")
    assert "branch='b'" in metadata(done)["source"]
    assert "quiet=True, paths=('a b', '*.c')" in metadata(done)["source"]
    assert "class_='c', folder='f'" in metadata(done)["source"]
    assert metadata(done)["params"] == "GetParams(depth=3, branch='p')"


def test_a_list_may_be_one_text(kind: Path) -> None:
    done = run(kind, "get", "--uri", "u", "--paths", '["x", "y"]', "--no-quiet", "got")
    assert "quiet=False, paths=('x', 'y')" in metadata(done)["source"]


def test_variables_give_what_options_do_not(kind: Path) -> None:
    env = {"SQNC_SOURCE_URI": "u", "SQNC_SOURCE_PATHS": "a b\nc", "SQNC_PARAMS_DEPTH": "4"}
    env |= {"SQNC_VERSION_REF": "1", "SQNC_SOURCE_QUIET": "true", "SQNC_SOURCE_BRANCH": "env"}
    done = run(kind, "get", "--branch", "line", "got", env=env)
    assert "uri='u', branch='line'" in metadata(done)["source"]
    assert "quiet=True, paths=('a b', 'c')" in metadata(done)["source"]
    assert metadata(done)["params"] == "GetParams(depth=4, branch='')"
    assert answer(done)["version"] == {"ref": "1"}


def test_a_put_is_made_from_the_current_folder_or_another(kind: Path) -> None:
    (kind.parent / "inputs/made").mkdir(parents=True)
    assert "kind.py" in metadata(run(kind, "put", "--uri", "u"))["files"]
    done = run(kind, "put", "--uri", "u", "--params-branch", "p", "inputs")
    assert answer(done) == {
        "version": {"ref": "3", "branch": "p"},
        "metadata": [{"name": "files", "value": "['made']"}],
    }


# Secrets


def test_a_secret_comes_from_a_file_standard_input_or_a_variable(kind: Path) -> None:
    (kind.parent / "token").write_text("open-sesame\n")
    by_file = run(kind, "check", "--uri", "u", "--token", "@token")
    by_stdin = run(kind, "check", "--uri", "u", "--token", "@-", stdin="open-sesame")
    by_variable = run(kind, "check", "--uri", "u", env={"SQNC_SOURCE_TOKEN": "open-sesame"})
    for done in (by_file, by_stdin, by_variable):
        assert answer(done)
        assert done.stderr == "token: ***\n"
    plain = run(kind, "check", "--uri", "u", env={"SQNC_SOURCE_TOKEN": "@token"})
    assert plain.stderr == "token: ***\n"  # a value that only looks like a file's name


def test_a_secret_on_the_command_line_is_refused_with_the_remedy(kind: Path) -> None:
    for words in (["--token", "open-sesame"], ["--logins", "[{password: open-sesame}]"]):
        done = run(kind, "check", "--uri", "u", *words)
        assert done.returncode == 2
        assert "give @FILE, @- for standard input, or the variable SQNC_SOURCE_" in done.stderr
        assert "open-sesame" not in done.stderr


def test_a_structure_with_secrets_comes_from_a_file(kind: Path) -> None:
    (kind.parent / "logins.yml").write_text("- user: ann\n  password: swordfish\n- user: bob\n")
    done = run(kind, "get", "--uri", "u", "--logins", "@logins.yml", "got")
    assert "Login(user='ann', password=Secret('***')), Login(user='bob'" in metadata(done)["source"]


def test_a_file_that_is_not_there_is_named(kind: Path) -> None:
    done = run(kind, "check", "--uri", "u", "--token", "@gone")
    assert done.returncode == 2
    assert "gone: No such file or directory" in done.stderr


# What is wrong


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["check"], 2, "error: source.uri: expected a string, and it is missing"),
        (["get", "--uri", "u"], 2, "Missing argument 'FOLDER'"),
        (["get", "--uri", "u", "--depth", "deep", "got"], 2, "params.depth: expected a whole number"),
        (["check", "--url", "u"], 2, "No such option '--url'"),
        (["check", "--uri", "u", "--depth", "3"], 2, "No such option '--depth'"),
        (["put", "--uri", "refused"], 1, "error: it says no"),
        (["put", "--uri", "u", "gone"], 2, "gone: there is no such folder"),
        (["pull"], 2, "'pull' is not one of 'check', 'get', 'put'"),
    ],
)
def test_a_mistake_is_told_without_a_traceback(
    kind: Path, words: list[str], status: int, message: str
) -> None:
    done = run(kind, *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_type_that_is_not_there_is_named(kind: Path) -> None:
    done = run(Path("gut"), "check", "--uri", "u")
    assert done.returncode == 2
    assert "there is no resource type `gut`: did you mean `git`?" in done.stderr


def test_help_is_made_from_what_the_author_wrote(kind: Path) -> None:
    done = run(kind, "get", "--help")
    assert done.returncode == 0
    text = re.sub(r"\s+", " ", done.stdout)
    assert "--uri TEXT Where it is. [required] [env var: SQNC_SOURCE_URI]" in text
    assert "--branch TEXT The branch that is followed. [default: main] [env var: SQNC_SOURCE_BRANCH]" in text
    assert "--token @FILE What opens it. [secret] [env var: SQNC_SOURCE_TOKEN]" in text
    assert "--quiet / --no-quiet" in text
    assert "--depth NUMBER" in text
    assert "--source-help TEXT" in text


def test_sigterm_ends_it_as_it_ends_the_protocol(kind: Path) -> None:
    words = command(kind, "check", "--uri", "u", "--slow")
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "slow\n"
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.stderr.read() == "error: ended by SIGTERM\n"
    assert process.returncode == 143
    assert time.monotonic() - start < 10


# The keys in one row


def test_no_two_keys_have_one_name_whatever_its_case_and_dashes(kind: Path) -> None:
    params = 'depth: int = 0\n    Class: str = ""\n    with_dash: str = ""'
    source = 'class_: str = key("", name="class")\n    dashed: str = key("", name="with-dash")'
    text = TYPE.replace("depth: int = 0", params)
    kind.write_text(text.replace('class_: str = key("", name="class")', source))
    found = {
        (key.part, key.name): key.flat for key in flat.flat_keys(types.load(str(kind)), "get", ["folder"])
    }
    assert found["source", "folder"] == "source_folder"
    assert (found["source", "class"], found["params", "Class"]) == ("class", "params_Class")
    assert (found["source", "with-dash"], found["params", "with_dash"]) == ("with-dash", "params_with_dash")
    assert len({*found.values()}) == len(found)


@pytest.mark.parametrize(
    ("action", "names"),
    [
        ("check", {"uri", "branch", "ref", "version_branch"}),
        ("get", {"uri", "branch", "ref", "version_branch", "depth", "submodules"}),
        ("put", {"uri", "branch", "params_branch", "repository", "rebase"}),
    ],
)
def test_the_keys_of_git_keep_their_names_where_they_can(action: str, names: set[str]) -> None:
    found = {key.flat for key in flat.flat_keys(types.load("git"), action)}
    assert names <= found
    assert ("ref" in found) == (action != "put")
