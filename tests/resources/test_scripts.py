"""A type made of three programs: what they find in their environment, and how they answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run

DECLARATIONS = '''
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqnc_resources import Secret, key
from sqnc_resources.durations import Duration
from sqnc_resources.scripts import scripts


@dataclass(frozen=True, slots=True)
class Login:
    user: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Source:
    uri: str = ""
    branch: str | None = None
    token: Secret | None = None
    quiet: bool = False
    big: int | None = None
    every: Duration | None = None
    paths: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    logins: tuple[Login, ...] = ()
    headers: Mapping[str, str] | None = None
    kind: Literal["all"] | tuple[str, ...] = "all"
    dashed: str = key("", name="with-dashes")


@dataclass(frozen=True, slots=True)
class Version:
    """One."""
    ref: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class GetParams:
    depth: int = 0


PutParams = GetParams

check, get, put = scripts(__file__, Version)
'''
SHELLS = {
    name: path
    for name, path in {"dash": shutil.which("dash"), "busybox": shutil.which("busybox")}.items()
    if path is not None
}
NEWEST = {"ref": "r1"}


class Type:
    """A type in a folder of its own, with programs written by the test."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.folder = folder
        self.run = run
        (folder / "type.py").write_text(DECLARATIONS)

    def write(self, role: str, script: str, first_line: str = "#!/bin/sh") -> None:
        file = self.folder / f"{role}.sh"
        file.write_text(f"{first_line}\n{script}\n")
        file.chmod(0o755)

    def check(self, script: str, *, env: Mapping[str, str] | None = None, **request: object) -> Any:
        self.write("check", script)
        return self.run("check", self.folder / "type.py", request, env=env)

    def variables(self, env: Mapping[str, str] | None = None, **request: object) -> dict[str, str]:
        """What `check.sh` finds set, as far as it concerns the request."""
        show = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))' >&2"
        done = self.check(show, env=env, **request)
        assert done.status == 0, done.stderr
        found: dict[str, str] = json.loads(done.stderr.splitlines()[-1])
        return {name: value for name, value in found.items() if name.split("_")[0] in {"SOURCE", "VERSION"}}


@pytest.fixture
def kind(tmp_path: Path, run: Run) -> Type:
    return Type(tmp_path, run)


def test_each_key_is_a_variable(kind: Type) -> None:
    source = {
        "uri": "https://example.com/?a=b c",
        "quiet": True,
        "big": 12345678901234567890,
        "every": "1m30s",
        "paths": ["a b", "*.c"],
        "numbers": [1, 2],
        "logins": [{"user": "ann"}],
        "headers": {"Accept": "*/*"},
        "kind": ["x"],
        "with-dashes": "d",
    }
    assert kind.variables(source=source, version={"ref": "r1"}) == {
        "SOURCE_URI": "https://example.com/?a=b c",
        "SOURCE_QUIET": "true",
        "SOURCE_BIG": "12345678901234567890",
        "SOURCE_EVERY": "1m30s",
        "SOURCE_PATHS": "a b\n*.c",
        "SOURCE_NUMBERS": "1\n2",
        "SOURCE_LOGINS": '[{"user": "ann", "password": null}]',
        "SOURCE_HEADERS": '{"Accept": "*/*"}',
        "SOURCE_KIND": "x",
        "SOURCE_WITH_DASHES": "d",
        "VERSION_REF": "r1",
    }


def test_what_is_not_given_is_its_default_or_not_set_whatever_was_set_before(kind: Type) -> None:
    before = {"SOURCE_BRANCH": "stray", "VERSION_REF": "stray", "SOURCE_OF_JOY": "music"}
    found = kind.variables(env=before, source={})
    assert found == {
        "SOURCE_URI": "",
        "SOURCE_QUIET": "false",
        "SOURCE_PATHS": "",
        "SOURCE_NUMBERS": "",
        "SOURCE_LOGINS": "",
        "SOURCE_KIND": "all",
        "SOURCE_WITH_DASHES": "",
        "SOURCE_OF_JOY": "music",
    }


def test_a_secret_reaches_the_program_and_is_masked_in_what_it_prints(kind: Type) -> None:
    script = 'echo "token: $SOURCE_TOKEN"; echo "$SOURCE_LOGINS"; echo "ref=${#SOURCE_TOKEN}" >&3'
    secrets = {"token": "open-sesame", "logins": [{"password": "swordfish"}]}
    done = kind.check(script, source=secrets)
    assert done.value == [{"ref": "11"}]
    assert done.stderr == 'token: ***\n[{"user": "", "password": "***"}]\n'


@pytest.mark.parametrize("shell", ["dash", "busybox"])
def test_any_shell_will_do(kind: Type, shell: str, tmp_path: Path) -> None:
    if shell not in SHELLS:
        pytest.skip(f"{shell} is not installed")
    line = f"#!{SHELLS[shell]}" + (" sh" if shell == "busybox" else "")
    kind.write("check", 'for ref in 1 2; do echo "ref=$ref" >&3; done; echo talk', line)
    kind.write("get", 'echo "$SOURCE_URI" >"$1/uri"; echo "depth=$PARAMS_DEPTH" >&3', line)
    kind.write("put", 'cat "$1/made/text" >&2; { echo ref=9; echo by=ann; } >&3', line)
    (tmp_path / "in/made").mkdir(parents=True)
    (tmp_path / "in/made/text").write_text("made\n")
    checked, got, put = (
        kind.run(role, kind.folder / "type.py", request, *folder)
        for role, request, folder in (
            ("check", {}, ()),
            (
                "in",
                {"source": {"uri": "u"}, "version": {"ref": "7"}, "params": {"depth": 3}},
                [tmp_path / "f"],
            ),
            ("out", {"params": {}}, [tmp_path / "in"]),
        )
    )
    assert (checked.value, checked.stderr) == ([{"ref": "1"}, {"ref": "2"}], "talk\n")
    assert got.value == {"version": {"ref": "7"}, "metadata": [{"name": "depth", "value": "3"}]}
    assert (tmp_path / "f/uri").read_text() == "u\n"
    assert put.value == {"version": {"ref": "9"}, "metadata": [{"name": "by", "value": "ann"}]}
    assert put.stderr == "made\n"


@pytest.mark.parametrize(
    ("script", "versions"),
    [
        ("", []),
        (
            "printf 'ref=a\\ntag=t\\nref=b\\nref=c' >&3",
            [{"ref": "a", "tag": "t"}, {"ref": "b"}, {"ref": "c"}],
        ),
        ("printf 'ref<<END\\none\\ntwo\\nEND\\n' >&3", [{"ref": "one\ntwo"}]),
        ("printf 'ref=a=b\\r\\n' >&3", [{"ref": "a=b\r"}]),
    ],
)
def test_check_answers_in_lines(kind: Type, script: str, versions: list[dict[str, str]]) -> None:
    assert kind.check(script).value == versions


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo tag=t >&3", "check.sh, descriptor 3: tag: expected `ref=` first"),
        ("echo ref=a >&3; echo rf=t >&3", "check.sh, descriptor 3: rf: unknown key, did you mean `ref`?"),
        ("echo ref >&3", "check.sh, descriptor 3: Invalid format 'ref'"),
    ],
)
def test_an_answer_that_is_none_is_a_defect_and_named(kind: Type, script: str, message: str) -> None:
    done = kind.check(script)
    assert (done.status, done.stdout) == (70, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_put_must_say_its_version(kind: Type, tmp_path: Path) -> None:
    kind.write("put", "echo by=ann >&3")
    done = kind.run("out", kind.folder / "type.py", {}, tmp_path)
    assert done.status == 70
    assert "put.sh, descriptor 3: version.ref: expected a string, and it is missing" in done.stderr


def test_a_program_that_fails_has_said_why(kind: Type) -> None:
    done = kind.check("echo no such repository; exit 3")
    assert (done.status, done.stdout, done.stderr) == (
        1,
        "",
        "no such repository\nerror: check.sh: exit status 3\n",
    )
    assert kind.check("kill -9 $$").stderr == "error: check.sh: SIGKILL\n"


def test_a_program_that_does_not_start_is_named_with_the_remedy(kind: Type) -> None:
    kind.check("")
    (kind.folder / "check.sh").chmod(0o644)
    done = kind.run("check", kind.folder / "type.py", {})
    assert done.status == 70
    assert f"{kind.folder}/check.sh does not start: Permission denied" in done.stderr
    assert "chmod +x" in done.stderr


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"paths": ["a\nb"]}, "source.paths: an item holds a line break"),
        ({"uri": "a\0b"}, "source.uri: holds a NUL character"),
    ],
)
def test_what_a_variable_cannot_hold_is_refused(kind: Type, source: object, message: str) -> None:
    done = kind.check("", source=source)
    assert done.status == 2
    assert message in done.stderr


def test_a_process_left_behind_does_not_keep_the_answer_waiting(kind: Type) -> None:
    start = time.monotonic()
    assert kind.check("echo ref=a >&3; sleep 15 >/dev/null 2>&1 &").value == [{"ref": "a"}]
    assert time.monotonic() - start < 10


def test_a_program_reads_nothing_and_may_be_cut_short_by_its_reader(kind: Type) -> None:
    done = kind.check("cat; yes | head -n 1; echo ref=a >&3")
    assert (done.value, done.stderr) == ([{"ref": "a"}], "y\n")


def test_sigterm_ends_the_program_too(kind: Type) -> None:
    kind.write("check", "echo started; sleep 60; echo ended")
    command = [sys.executable, "-m", "sqncshim", "resource", "check", str(kind.folder / "type.py")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "started\n"
        process.terminate()
        rest = process.stderr.read()  # to its end: nobody is left to write to it
    assert process.returncode == 143
    assert rest == "error: ended by SIGTERM\n"
