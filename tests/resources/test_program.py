"""`check`, `in` and `out` as an engine meets them: one JSON value on standard output, and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Run

TYPE = '''
from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from sqnc_resources import NoKeys, ResourceError, Result, Secret, hide, say

print("noise of an import")


@dataclass(frozen=True, slots=True)
class Source:
    mode: str = "plain"
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Version:
    ref: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class GetParams:
    depth: int = 0


PutParams = NoKeys


def check(source, since):
    """What each mode does stands under its name."""
    return MODES[source.mode](source, since)


def get(source, version, params, folder):
    (folder / "file").write_text(f"{version.ref} {params.depth}")
    shown = source.secret.reveal() if source.secret else "nothing"
    return Result(version, {"cwd": os.getcwd(), "shown": f"<{shown}>"})


def put(source, params, folder):
    names = sorted(entry.name for entry in folder.iterdir())
    return Result(Version(names[0]), [("input", name) for name in names])


def noise(source, since):
    print("print")
    sys.stdout.write("write")
    os.write(1, b"descriptor")
    subprocess.run(["sh", "-c", "echo subprocess"], check=True)
    return [Version("1"), Version("2", 3)]


def leak(source, since):
    text = source.secret.reveal()
    say(text)
    subprocess.run(["sh", "-c", 'echo "$1"; echo "$1" >&2', "sh", text], check=True)
    hide("learned-later")
    say("learned-later")
    raise KeyError(text)


def hang(source, since):
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        print("started", flush=True)
        time.sleep(1000)
    finally:
        Path(os.environ["MARK"]).write_text("cleaned up")


def stubborn(source, since):
    print("started", flush=True)
    while True:
        try:
            time.sleep(1000)
        except BaseException as error:
            say(repr(error))


def leave_a_child(source, since):
    subprocess.Popen(["sleep", "1000"], stdout=None)
    return []


def refuse(source, since):
    raise ResourceError(f"no: {source.secret.reveal()} is not welcome")


def home(source, since):
    home = Path(os.environ["HOME"])
    (home / "proof").touch()
    return [Version(str(home)), Version(os.environ["PATH"])]


MODES = {
    "plain": lambda source, since: [since or Version("first")],
    "home": home,
    "noise": noise,
    "leak": leak,
    "hang": hang,
    "stubborn": stubborn,
    "child": leave_a_child,
    "refuse": refuse,
    "exit": lambda source, since: sys.exit(0),
    "exit 3": lambda source, since: sys.exit(3),
    "dictionary": lambda source, since: {"ref": "1"},
    "mapping": lambda source, since: [{"ref": "1"}],
    "none": lambda source, since: None,
    "secret version": lambda source, since: [Version(source.secret)],
    "list version": lambda source, since: [Version(["a"])],
}
'''


@pytest.fixture
def kind(written: Path) -> Path:
    written.write_text(TYPE)
    return written


def test_check_prints_its_versions_as_maps_of_strings(run: Run, kind: Path) -> None:
    answer = run("check", kind, {"source": {"mode": "noise"}})
    assert answer.stdout == '[{"ref": "1"}, {"ref": "2", "number": "3"}]\n'


def test_whatever_else_is_printed_goes_to_standard_error(run: Run, kind: Path) -> None:
    said = run("check", kind, {"source": {"mode": "noise"}}).stderr
    for noise in ("noise of an import", "print", "write", "descriptor", "subprocess"):
        assert noise in said


@pytest.mark.parametrize(
    "request_", ["", "{}", '{"source": null, "version": null}', '{"source": {}, "params": {}}']
)
def test_null_absent_and_empty_parts_are_alike(run: Run, kind: Path, request_: str) -> None:
    assert run("check", kind, request_).value == [{"ref": "first"}]


def test_check_gets_the_version_it_starts_from(run: Run, kind: Path) -> None:
    since = {"ref": "7", "number": "12345678901234567890"}
    assert run("check", kind, {"version": since}).value == [since]


def test_get_fills_the_folder_and_gives_the_version_back_as_it_came(
    run: Run, kind: Path, tmp_path: Path
) -> None:
    request = {"version": {"ref": "7", "key of a newer release": "x"}, "params": {"depth": 2}}
    answer = run("in", kind, request, tmp_path / "new" / "folder")
    assert answer.value == {
        "version": request["version"],
        "metadata": [{"name": "cwd", "value": "/"}, {"name": "shown", "value": "<nothing>"}],
    }
    assert (tmp_path / "new" / "folder" / "file").read_text() == "7 2"


def test_put_sees_a_folder_for_each_input(run: Run, kind: Path, tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / "inputs" / name).mkdir(parents=True)
    assert run("out", kind, {}, tmp_path / "inputs").value == {
        "version": {"ref": "a"},
        "metadata": [{"name": "input", "value": "a"}, {"name": "input", "value": "b"}],
    }


def test_secrets_are_masked_in_all_that_is_said(run: Run, kind: Path) -> None:
    answer = run("check", kind, {"source": {"mode": "leak", "secret": "hunter22"}})
    assert (answer.status, answer.stdout) == (70, "")
    assert "hunter22" not in answer.stderr
    assert "learned-later" not in answer.stderr
    assert answer.stderr.count("***") >= 5
    assert "Traceback" in answer.stderr


def test_secrets_are_masked_in_metadata(run: Run, kind: Path, tmp_path: Path) -> None:
    answer = run("in", kind, {"source": {"secret": "hunter22"}, "version": {"ref": "1"}}, tmp_path)
    assert answer.value["metadata"][1] == {"name": "shown", "value": "<***>"}


def test_to_say_no_is_status_1_without_a_traceback(run: Run, kind: Path) -> None:
    answer = run("check", kind, {"source": {"mode": "refuse", "secret": "hunter22"}})
    assert (answer.status, answer.stdout) == (1, "")
    assert answer.stderr.splitlines()[-1] == "error: no: *** is not welcome"


@pytest.mark.parametrize(
    ("role", "request_", "message"),
    [
        ("check", "hello", "error: standard input: expected one JSON object: Expecting value"),
        ("check", "[" * 100_000, "error: standard input: expected one JSON object: "),
        ("check", '{"source": ' + "9" * 5000 + "}", "error: standard input: expected one JSON object: "),
        ("check", '{"source": NaN}', "error: standard input: expected one JSON object: JSON has no NaN"),
        (
            "check",
            '{"source": 1e400}',
            "error: standard input: expected one JSON object: no double holds 1e400",
        ),
        ("check", "[]", "error: standard input: expected a JSON object, got a list"),
        ("check", {"source": {"mod": "x"}}, "source.mod: unknown key, did you mean `mode`?"),
        ("check", {"version": {"number": "x"}}, "version.ref: expected a string, and it is missing"),
        (
            "check",
            {"version": {"ref": "1", "number": "x"}},
            "version.number: expected a whole number, got a string",
        ),
        (
            "in",
            {"version": {"ref": "1"}, "params": {"deph": 1}},
            "params.deph: unknown key, did you mean `depth`?",
        ),
        ("in", {}, "error: version: expected an object, and it is missing: `in` fetches one version"),
        ("out", {"params": {"x": 1}}, "params.x: unknown key, none is expected"),
    ],
)
def test_a_wrong_request_is_status_2(
    run: Run, kind: Path, *, role: str, request_: object, message: str
) -> None:
    answer = run(role, kind, request_, *([kind.parent] if role != "check" else []))
    assert (answer.status, answer.stdout) == (2, "")
    assert message in answer.stderr


def test_get_and_put_need_their_folder(run: Run, kind: Path, tmp_path: Path) -> None:
    assert (
        "in needs a folder: sqncshim resource in TYPE DIR"
        in run("in", kind, {"version": {"ref": "1"}}).stderr
    )
    assert "there is no such folder" in run("out", kind, {}, tmp_path / "none").stderr


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("dictionary", "check answers with a list of versions, not with {'ref': '1'}"),
        ("none", "check answers with a list of versions, not with None"),
        ("mapping", "expected a Version, and the type answered with {'ref': '1'}"),
        ("secret version", "version.ref: a version is shown to everybody, so it holds no Secret"),
        ("list version", "version.ref: a version is made of strings: ['a'] has no text form to read back"),
    ],
)
def test_an_answer_that_the_protocol_does_not_allow_is_a_defect(
    run: Run, kind: Path, mode: str, message: str
) -> None:
    answer = run("check", kind, {"source": {"mode": mode, "secret": "s3cret"}})
    assert (answer.status, answer.stdout) == (70, "")
    assert f"error: a defect of the resource type: AnswerError: {message}" in answer.stderr


@pytest.mark.parametrize(("mode", "status"), [("exit", 70), ("exit 3", 3)])
def test_a_type_that_exits_has_not_answered(run: Run, kind: Path, mode: str, status: int) -> None:
    answer = run("check", kind, {"source": {"mode": mode}})
    assert (answer.status, answer.stdout) == (status, "")


def start(kind: Path, mode: str, **variables: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sqncshim", "resource", "check", str(kind)],
        env=os.environ | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(json.dumps({"source": {"mode": mode, "secret": "hunter22"}}).encode())
    process.stdin.close()
    while b"started" not in process.stderr.readline():
        pass
    return process


def test_sigterm_unwinds_the_type_and_ends_what_it_started(kind: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with start(kind, "hang", MARK=str(mark)) as process:
        children = (
            (Path("/proc") / str(process.pid) / "task" / str(process.pid) / "children").read_text().split()
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(9) == 143
        assert process.stdout is not None
        assert process.stdout.read() == b""
    assert mark.read_text() == "cleaned up"
    assert children
    assert not any(lives(int(child)) for child in children)


def test_a_type_that_catches_everything_ends_in_time_too(kind: Path) -> None:
    with start(kind, "stubborn") as process:
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(9.5) == 143
        assert time.monotonic() - asked < 10


def test_nothing_that_a_type_started_outlives_it(run: Run, kind: Path) -> None:
    before = sleepers()
    asked = time.monotonic()
    assert run("check", kind, {"source": {"mode": "child"}}).value == []
    assert time.monotonic() - asked < 8
    assert sleepers() <= before


def sleepers() -> set[str]:
    return set(
        subprocess.run(
            ["pgrep", "-fx", "sleep 1000"], capture_output=True, text=True, check=False
        ).stdout.split()
    )


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("home", [None, "/nonexistent", "/proc"])
def test_home_is_a_temporary_folder_where_there_is_none_to_write_to(
    run: Run, kind: Path, home: str | None
) -> None:
    variables = {"PYTHONPATH": os.pathsep.join(sys.path)} | ({"HOME": home} if home else {})
    used, path = run("check", kind, {"source": {"mode": "home"}}, env=variables).value
    assert used["ref"] != home
    assert not Path(used["ref"]).exists()
    assert "/usr/bin" in path["ref"]


def test_a_home_that_can_be_written_to_is_used(run: Run, kind: Path, tmp_path: Path) -> None:
    used, _ = run("check", kind, {"source": {"mode": "home"}}, env=os.environ | {"HOME": str(tmp_path)}).value
    assert used["ref"] == str(tmp_path)
    assert (tmp_path / "proof").exists()


def test_a_closed_standard_error_disturbs_nobody(kind: Path) -> None:
    command = f"{sys.executable} -m sqncshim resource check {kind} 2>&-"
    request = json.dumps({"source": {"mode": "noise"}})
    done = subprocess.run(command, shell=True, input=request, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [{"ref": "1"}, {"ref": "2", "number": "3"}]
