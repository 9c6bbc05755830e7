"""Programs on this machine: what they are given, what they leave, and how they end."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqnc_resources.conform.executor import ANYBODY, Ability, Call, Outcome
from sqnc_resources.conform.host import HostExecutor
from sqnc_resources.conform.kit import Verdict, find_rules, judge_rule
from sqnc_resources.conform.programs import find_programs
from sqnc_resources.conform.scenario import Scenario
from sqnc_resources.conform.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = {"PATH": os.defpath}
BEGUN_S = 1.5
"""When a shell has surely begun, on a machine with other work too; a call can only be told a time."""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may read, unlike tmp_path."""
    folder = Path(tempfile.mkdtemp(prefix="sqnc-host-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def outcome(place: Path, script: str, call: Call) -> Outcome:
    program = place / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    with HostExecutor("own", {call.role: (str(program),)}) as executor:
        return executor.run(call)


def test_a_program_gets_its_request_and_these_variables_alone(place: Path) -> None:
    found = outcome(place, "cat; env | sort >&2", Call("check", b"hello", {"ONE": "1", **PATH}))
    assert (found.status, found.stdout) == (0, b"hello")
    names = {line.partition("=")[0] for line in found.stderr.decode().splitlines()}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"ONE", "PATH"}


def test_check_has_no_folder_and_works_in_an_empty_one(place: Path) -> None:
    found = outcome(place, 'echo "$# $(ls)"; echo x >stray', Call("check", b"", PATH))
    assert found.stdout == b"0 \n"
    assert set(found.strays) == {"stray"}
    assert found.tree == {}


def test_get_fills_a_folder_of_its_own(place: Path) -> None:
    script = 'echo "$1"; ls "$1"; mkdir "$1/sub"; echo 1 >"$1/sub/file"'
    found = outcome(place, script, Call("in", b"", PATH))
    folder, *content = found.stdout.decode().splitlines()
    assert Path(folder).name == "get"
    assert content == []
    assert {path: entry.kind for path, entry in found.tree.items()} == {"sub": "folder", "sub/file": "file"}
    assert found.tree["sub/file"].data == b"1\n"
    assert not Path(folder).exists()


def test_put_works_on_a_copy_of_its_inputs(place: Path, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "file").write_text("1")
    script = 'cat "$1/repo/file"; echo 2 >"$1/repo/file"'
    found = outcome(place, script, Call("out", b"", PATH, inputs=tmp_path))
    assert found.stdout == b"1"
    assert found.tree["repo/file"].data == b"2\n"
    assert (tmp_path / "repo" / "file").read_text() == "1"


def test_much_output_on_both_sides_stops_nobody(place: Path) -> None:
    script = "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"
    found = outcome(place, script, Call("check", b"x" * 300000, PATH))
    assert (found.status, len(found.stdout), len(found.stderr)) == (0, 300000, 300000)


def test_a_program_that_does_not_end_is_killed_with_all_it_started(place: Path) -> None:
    script = "echo begun; sleep 60 & sleep 60"
    start = time.monotonic()
    found = outcome(place, script, Call("check", b"", PATH, timeout_s=BEGUN_S))
    assert (found.status, found.stdout) == (None, b"begun\n")
    assert time.monotonic() - start < 20


def test_a_program_that_no_interpreter_runs_is_told(place: Path) -> None:
    program = place / "program"
    program.write_text("#!/no/such/interpreter\n")
    program.chmod(0o755)
    with HostExecutor("own", {"check": (str(program),)}) as executor:
        found = executor.run(Call("check", b"", PATH))
    assert found.status == 127
    assert found.stderr.decode() == f"{program}: No such file or directory"


class TestSigterm:
    def test_ends_a_program_that_waits_for_its_request(self, place: Path) -> None:
        found = outcome(place, "exec cat", Call("check", None, PATH, stop_after_s=0.2, timeout_s=20))
        assert found.status == 128 + 15
        assert found.duration_s < 20

    def test_lets_a_shell_go_whose_child_reads_on(self, place: Path) -> None:
        found = outcome(
            place, "cat >/dev/null; true", Call("check", None, PATH, stop_after_s=0.2, timeout_s=20)
        )
        assert found.status == 128 + 15

    def test_goes_to_the_program_alone(self, place: Path) -> None:
        script = "sleep 60 & wait"
        call = Call("check", b"", PATH, stop_after_s=BEGUN_S, timeout_s=0.5)
        assert outcome(place, script, call).status is None

    def test_leaves_time_to_tidy_up(self, place: Path) -> None:
        script = "trap 'kill $!; echo tidy; exit 3' TERM; sleep 60 & wait"
        found = outcome(place, script, Call("check", b"", PATH, stop_after_s=BEGUN_S, timeout_s=20))
        assert (found.status, found.stdout) == (3, b"tidy\n")

    def test_finds_a_program_that_does_not_listen(self, place: Path) -> None:
        script = "trap '' TERM; echo begun; while :; do sleep 0.05; done"
        found = outcome(place, script, Call("check", None, PATH, stop_after_s=BEGUN_S, timeout_s=0.5))
        assert (found.status, found.stdout) == (None, b"begun\n")

    def test_does_nothing_to_one_that_is_done(self, place: Path) -> None:
        found = outcome(place, "cat", Call("check", b"hello", PATH, stop_after_s=5))
        assert (found.status, found.stdout) == (0, b"hello")


def test_a_read_only_run_writes_to_its_folder_and_tmp_alone(place: Path, tmp_path: Path) -> None:
    script = f"""
    for place in "$1" /tmp {place} /var/tmp; do
      echo x 2>/dev/null >"$place/.probe" && echo "$place" && rm "$place/.probe"
    done
    true
    """
    with HostExecutor("own", {}) as executor:
        if problem := executor.missing(Ability.READ_ONLY):
            pytest.skip(problem)
    everywhere = outcome(place, script, Call("in", b"", PATH)).stdout.decode().splitlines()
    assert everywhere[1:] == ["/tmp", str(place), "/var/tmp"]
    found = outcome(place, script, Call("in", b"", PATH, read_only=True))
    read_only = found.stdout.decode().splitlines()
    assert read_only[1:] in (["/tmp"], ["/tmp", str(place)])  # the fixture's folder is in /tmp
    assert "/var/tmp" not in read_only


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run programs as somebody else")
def test_a_run_as_another_user_owns_nothing(place: Path) -> None:
    script = 'echo "$(id -u):$(id -g) $(id -G)"; echo 1 >"$1/file"'
    found = outcome(place, script, Call("in", b"", PATH, user=ANYBODY))
    assert found.stdout.decode() == f"{ANYBODY} {ANYBODY.partition(':')[2]}\n"
    assert "file" in found.tree


def test_programs_that_others_cannot_read_are_not_run_by_them(place: Path) -> None:
    program = place / "check"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    with HostExecutor("own", {"check": (str(program),)}) as executor:
        problem = executor.missing(Ability.OTHER_USER)
    if os.geteuid() == 0:
        assert problem == f"{program} cannot be read by other users; judge the type's image instead"
    else:
        assert problem is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run programs as somebody else")
@pytest.mark.parametrize(
    ("line", "verdict"), [("", Verdict.PASS), ('[ "$(id -u)" = 0 ] || exit 1', Verdict.FAIL)]
)
def test_a_type_that_needs_root_is_found(place: Path, line: str, verdict: Verdict) -> None:
    (place / "check").write_text(f"#!/bin/sh\ncat >/dev/null\n{line}\necho '[]'\n")
    (place / "check").chmod(0o755)
    with HostExecutor("own", find_programs(str(place))) as executor:
        (rule,) = find_rules(["works-as-any-user"])
        assert judge_rule(Subject(executor, Scenario()), rule).verdict is verdict
