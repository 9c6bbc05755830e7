"""`check`, `in` and `out` as an engine meets them: one JSON value on standard output, and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from sqnc_resources.streams import write_all

if TYPE_CHECKING:
    from conftest import Run

EVERY_MODE = Path(__file__).with_name("every_mode.py")


@pytest.fixture
def kind(written: Path) -> Path:
    """A copy, beside which there is nothing."""
    shutil.copyfile(EVERY_MODE, written)
    return written


def test_check_prints_its_versions_as_maps_of_strings(run: Run, kind: Path) -> None:
    answer = run("check", kind, {"source": {"mode": "noise"}})
    assert answer.stdout == '[{"ref": "1"}, {"ref": "2", "number": "3"}]\n'


def test_whatever_else_is_printed_goes_to_standard_error(run: Run, kind: Path) -> None:
    said = run("check", kind, {"source": {"mode": "noise"}}).stderr
    for noise in ("noise of an import", "print", "write", "descriptor", "subprocess"):
        assert noise in said


def test_threads_and_what_is_done_at_exit_neither_spoil_the_answer_nor_show_a_secret(
    run: Run, kind: Path
) -> None:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    answer = run("check", kind, {"source": {"mode": "late", "secret": "hunter22"}}, env=buffered)
    assert (answer.status, answer.stdout) == (0, "[]\n")
    assert "hunter22" not in answer.stderr
    for said in ("print ***", "exit ***", "thread ***"):
        assert said in answer.stderr


def test_one_process_answers_however_many_copies_of_it_there_are(
    run: Run, kind: Path, tmp_path: Path
) -> None:
    environment = os.environ | {"HOME": "/nonexistent", "TMPDIR": str(tmp_path)}
    answer = run("check", kind, {"source": {"mode": "copies"}}, env=environment)
    assert (answer.status, answer.value) == (0, [{"ref": "home is there"}])
    assert re.findall(r"^copy (\d+)$", answer.stderr, re.MULTILINE) == ["70", "3"]


def test_no_subprocess_gets_the_descriptor_of_the_answer(run: Run, kind: Path) -> None:
    assert run("check", kind, {"source": {"mode": "descriptors"}}).stdout == "[]\n"


def test_a_type_may_close_the_streams_that_are_not_its_own(run: Run, kind: Path) -> None:
    for secret in ({}, {"secret": "hunter22"}):
        answer = run("check", kind, {"source": {"mode": "closed", **secret}})
        assert (answer.status, answer.stdout, answer.stderr) == (0, "[]\n", "noise of an import\n")


def test_a_process_that_got_away_is_not_waited_for(run: Run, kind: Path) -> None:
    asked = time.monotonic()
    assert run("check", kind, {"source": {"mode": "escaped", "secret": "hunter22"}}).value == []
    assert time.monotonic() - asked < 30


def test_the_answer_comes_also_where_nobody_reads_standard_error_any_more(kind: Path) -> None:
    with start(kind, "verbose") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stderr.close()
        late = Timer(60, process.kill)
        late.start()
        assert process.stdout.read() == b"[]\n"
        late.cancel()
        assert process.wait() == 0


def test_an_answer_is_written_to_its_end_in_as_many_pieces_as_it_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
    with (tmp_path / "answer").open("wb") as file:
        write_all(file.fileno(), bytes(range(100)))
    assert (tmp_path / "answer").read_bytes() == bytes(range(100))


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


def test_get_may_tell_which_version_it_has_fetched_instead(run: Run, kind: Path, tmp_path: Path) -> None:
    answer = run("in", kind, {"version": {"ref": "latest", "also": "x"}}, tmp_path / "new")
    assert answer.value == {"version": {"ref": "7"}, "metadata": []}


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


@pytest.mark.parametrize(
    ("mode", "status"),
    [("exit", 70), ("exit 3", 3), ("text exit", 1), ("interrupt", 130), ("unknown type", 2), ("git", 1)],
)
def test_a_type_that_exits_has_not_answered(run: Run, kind: Path, mode: str, status: int) -> None:
    answer = run("check", kind, {"source": {"mode": mode, "secret": "hunter22"}})
    assert (answer.status, answer.stdout) == (status, "")
    assert ("error: no ***" in answer.stderr) is (mode == "text exit")


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
        children = children_of(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(9) == 143
        assert process.stdout is not None
        assert process.stdout.read() == b""
    assert mark.read_text() == "cleaned up"
    assert children
    assert not any(lives(child) for child in children)


def test_a_second_sigterm_disturbs_no_clean_up(kind: Path, tmp_path: Path) -> None:
    with start(kind, "hang twice", MARK=str(tmp_path / "mark")) as process:
        process.terminate()
        assert process.stderr is not None
        while b"cleaning" not in process.stderr.readline():
            pass
        process.terminate()
        assert process.wait(9) == 143
    assert (tmp_path / "mark").read_text() == "cleaned up"


def test_an_answer_that_has_begun_is_written_to_its_end(kind: Path) -> None:
    with start(kind, "long") as process:
        assert process.stdout is not None
        begun = process.stdout.read(1)
        process.terminate()
        assert json.loads(begun + process.stdout.read()) == [{"ref": "x" * 1_000_000}]
        assert process.wait(60) == 0


def test_a_type_that_catches_everything_ends_in_time_too(kind: Path) -> None:
    with start(kind, "stubborn") as process:
        children = children_of(process)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(9.5) == 143
        assert time.monotonic() - asked < 10
    assert children
    assert not any(lives(child) for child in children)


def test_threads_that_do_not_end_can_be_ended_after_the_answer(kind: Path) -> None:
    with start(kind, "threads") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"[]\n"
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            process.terminate()  # one that comes before all is cleaned up counts for nothing
            time.sleep(0.1)
        process.kill()
        assert process.wait() == -signal.SIGTERM


def test_nothing_that_a_type_started_outlives_it(run: Run, kind: Path) -> None:
    asked = time.monotonic()
    answer = run("check", kind, {"source": {"mode": "child"}})
    assert answer.value == []
    assert time.monotonic() - asked < 60
    (child,) = re.findall(r"^child (\d+)$", answer.stderr, re.MULTILINE)
    assert not lives(int(child))


def children_of(process: subprocess.Popen[bytes]) -> list[int]:
    file = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(child) for child in file.read_text().split()]


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


def test_a_home_that_can_be_written_to_is_used_and_so_is_path(run: Run, kind: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    variables = os.environ | {"HOME": str(home), "PATH": "/nowhere"}
    used, path = run("check", kind, {"source": {"mode": "home"}}, env=variables).value
    assert (used["ref"], path["ref"]) == (str(home), "/nowhere")
    assert [entry.name for entry in home.iterdir()] == ["proof"]


def test_a_closed_standard_error_disturbs_nobody(kind: Path) -> None:
    command = f"{sys.executable} -m sqncshim resource check {kind} 2>&-"
    request = json.dumps({"source": {"mode": "noise"}})
    done = subprocess.run(command, shell=True, input=request, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [{"ref": "1"}, {"ref": "2", "number": "3"}]
