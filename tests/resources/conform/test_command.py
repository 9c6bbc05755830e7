"""`sqncshim conform`: what it takes, what it prints, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqnc_resources.conform.programs import find_programs
from sqnc_resources.conform.rules import RULES
from sqnc_resources.conform.scenario import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence

CHECK = """\
#!/bin/sh
cat >/dev/null
echo '[{"ref": "1"}]'
"""
IN = """\
#!/bin/sh
cat >/dev/null
echo '{"version": {"ref": "1"}, "metadata": 7}'
"""


def conform(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sqncshim", "conform", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def write_programs(folder: Path, **programs: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in programs.items():
        (folder / name.rstrip("_")).write_text(text)
        (folder / name.rstrip("_")).chmod(0o755)
    return folder


def only(*rules: str) -> Sequence[str]:
    return [word for rule in rules for word in ("--rule", rule)]


def test_a_type_in_a_shell_is_judged(tmp_path: Path) -> None:
    folder = write_programs(tmp_path, check=CHECK, in_=IN)
    done = conform(folder, *only("one-json-value", "metadata-is-names-and-values", "put-answers"))
    assert done.stdout.splitlines() == [
        "not judged  put-answers: the type has no `out`",
        "pass        one-json-value: check, in",
        "fail        metadata-is-names-and-values: in: metadata is 7",
        "            why: Anything else is an error in Concourse, after all the work was done.",
        '            do:  write `"metadata": [{"name": "author", "value": "Ann"}]`, numbers as texts',
        f"{folder}: 1 passed, 1 failed, 1 not judged",
    ]
    assert (done.returncode, done.stderr) == (1, "")


def test_one_that_breaks_nothing_is_a_success(tmp_path: Path) -> None:
    folder = write_programs(tmp_path, check=CHECK)
    done = conform(folder, *only("one-json-value"))
    assert (done.returncode, done.stderr) == (0, "")


def test_json_says_the_same_to_programs(tmp_path: Path) -> None:
    folder = write_programs(tmp_path, check=CHECK, in_=IN)
    done = conform(folder, "--json", *only("one-json-value", "metadata-is-names-and-values"))
    report = json.loads(done.stdout)
    assert (report["type"], report["passed"]) == (str(folder), False)
    assert [entry["verdict"] for entry in report["rules"]] == ["pass", "fail"]
    assert report["rules"][1]["text"] == "in: metadata is 7"
    assert report["rules"][1]["demand"].startswith("the type gives metadata as a list")
    assert done.returncode == 1


def test_the_scenario_beside_the_type_is_taken_and_vars_are_filled_in(tmp_path: Path) -> None:
    folder = write_programs(tmp_path, check="#!/bin/sh\ncat >&2; exit 1\n")
    (folder / "conform.yml").write_text("source: {uri: ((where))}\n")
    done = conform(folder, "-v", "where=there", *only("check-answers"))
    assert """exit status 1, standard error '{"source":{"uri":"there"}}'""" in done.stdout
    (tmp_path / "other.yml").write_text("source: {uri: elsewhere}\n")
    done = conform(folder, "--scenario", tmp_path / "other.yml", *only("check-answers"))
    assert '{"source":{"uri":"elsewhere"}}' in done.stdout


def test_without_a_scenario_a_refusal_is_nobody_s_fault(tmp_path: Path) -> None:
    folder = write_programs(tmp_path, check="#!/bin/sh\necho uri is missing >&2; exit 1\n")
    done = conform(folder, *only("check-answers"))
    assert done.returncode == 0
    assert "not judged  check-answers: check refuses an empty source" in done.stdout
    assert "write a conform.yml" in done.stdout


def test_no_secret_is_shown(tmp_path: Path) -> None:
    folder = write_programs(tmp_path, check="#!/bin/sh\ncat; exit 1\n")
    (folder / "conform.yml").write_text("source: {token: not-to-be-shown}\n")
    done = conform(folder)
    assert "check-answers" in done.stdout
    assert "not-to-be-shown" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{tmp}/nowhere"], "nowhere: there is no such folder and no such file"),
        (["{tmp}"], "expected programs named check, in and out there or in assets/"),
        (["mock", "--rule", "one-jason-value"], "did you mean `one-json-value`?"),
        (["mock", "-v", "name"], "-v name: expected NAME=VALUE"),
        (["mock", "--scenario", "{tmp}/none.yml"], "does not exist"),
        ([], "Missing argument 'TYPE'"),
    ],
)
def test_what_cannot_be_judged_is_told_at_once(words: list[str], message: str, tmp_path: Path) -> None:
    done = conform(*(word.replace("{tmp}", str(tmp_path)) for word in words))
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_the_list_of_rules_is_a_table() -> None:
    lines = conform("--list").stdout.splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == [rule.name for rule in RULES]


class TestFindingPrograms:
    @pytest.mark.parametrize("below", ["", "assets", "opt/resource", "bin"])
    def test_in_the_folders_where_types_keep_them(self, below: str, tmp_path: Path) -> None:
        write_programs(tmp_path / below, check=CHECK, out=CHECK)
        expected = {role: (str(tmp_path / below / role),) for role in ("check", "out")}
        assert find_programs(str(tmp_path)) == expected

    def test_a_file_that_is_no_program(self, tmp_path: Path) -> None:
        (tmp_path / "check").write_text(CHECK)
        with pytest.raises(ScenarioError, match=rf"chmod \+x {tmp_path}/check"):
            find_programs(str(tmp_path))

    def test_the_one_type_in_a_folder(self, tmp_path: Path) -> None:
        source = Path(sys.modules["sqnc_resources"].__file__ or "").with_name("mock.py").read_text()
        (tmp_path / "one.py").write_text(source)
        (tmp_path / "helper.py").write_text("def check(): ...")
        assert find_programs(str(tmp_path))["in"][-2:] == ("in", str(tmp_path / "one.py"))
        (tmp_path / "two.py").write_text(source)
        with pytest.raises(ScenarioError, match=r"several resource types: give one of one.py, two.py"):
            find_programs(str(tmp_path))

    def test_a_file_is_found_from_anywhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        source = Path(sys.modules["sqnc_resources"].__file__ or "").with_name("mock.py").read_text()
        (tmp_path / "found_type.py").write_text(source)
        monkeypatch.chdir(tmp_path)
        assert find_programs("found_type.py")["check"][-1] == str(tmp_path / "found_type.py")
