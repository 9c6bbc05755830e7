"""The kit in pytest, as the author of a type uses it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from sqnc_resources.conform.rules import RULES

pytest_plugins = ["pytester"]

TYPE = """
from dataclasses import dataclass

from sqnc_resources import NoKeys, ResourceError, Result


@dataclass(frozen=True, slots=True)
class Source:
    name: str


@dataclass(frozen=True, slots=True)
class Version:
    name: str


GetParams = PutParams = NoKeys


def check(source, since):
    return [Version(source.name)]


def get(source, version, params, folder):
    if version.name != source.name:
        raise ResourceError(f"there is no {version.name}")
    (folder / "name").write_text(version.name)
    return Result(version)


def put(source, params, folder):
    return Result(Version(source.name))
"""
TEST = """
def test_the_type_keeps(resource_rule):
    resource_rule.judge()
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(named=TYPE, test_conform=TEST)
    pytester.makefile(".yml", conform="source: {name: one}\nput: {}\n")
    return pytester


def test_it_is_found_where_sequence_is_installed() -> None:
    (found,) = (one for one in entry_points(group="pytest11") if one.name == "sqnc_resources")
    assert found.value == "sqnc_resources.conform.plugin"


def test_a_test_with_a_rule_runs_once_for_each(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nresource_type = named.py\n")
    done = project.runpytest_subprocess("-rs", "-vv")
    outcomes = done.parseoutcomes()
    assert outcomes["passed"] + outcomes["skipped"] == len(RULES)
    assert outcomes["passed"] >= 30
    done.stdout.fnmatch_lines(["*test_conform.py::test_the_type_keeps?one-json-value? PASSED*"])
    done.stdout.fnmatch_lines(["SKIPPED*: the scenario has no `old_versions`"])


def test_a_broken_rule_fails_its_test_with_what_to_do(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nresource_type = named.py\n")
    broken = TYPE.replace("return Result(version)", "return Result(Version('another'))")
    Path("named.py").write_text(broken)
    done = project.runpytest_subprocess("-k", "get-answers-with-its-version")
    done.assert_outcomes(failed=1, deselected=len(RULES) - 1)
    done.stdout.fnmatch_lines(["fail * asked for name: one, and get answers with name: another"])
    done.stdout.fnmatch_lines(["*do:  print the version that came in, with all its keys"])
    assert "Traceback" not in done.stdout.str()


def test_fixtures_choose_type_and_scenario_too(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="module")
        def resource_type():
            return "mock"

        @pytest.fixture(scope="module")
        def resource_scenario():
            return {"source": {"initial_version": "7"}}

        @pytest.fixture
        def newest(resource_subject):
            return resource_subject.newest
        """
    )
    project.makepyfile(test_more="def test_newest(newest): assert newest['version'] == '7'")
    project.runpytest_subprocess("test_more.py").assert_outcomes(passed=1)


def test_folders_are_written_and_read_as_dicts(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_folders="""
        def test_folders(write_folder, read_folder):
            files = {"repo": {"version": "1", "empty": {}}, "run": "#!/bin/sh\\n", "raw": b"\\xff"}
            folder = write_folder(files)
            assert read_folder(folder) == files
            assert (folder / "run").stat().st_mode & 0o111
            assert write_folder({}) != folder
        """
    )
    project.runpytest_subprocess("test_folders.py").assert_outcomes(passed=1)


def test_what_a_test_records_it_replays(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_programs="""
        import subprocess

        def test_programs(stand_in_programs):
            path = stand_in_programs("dates", ["date"])
            done = subprocess.run(["date", "+%s%N"], env={"PATH": path}, capture_output=True, check=True)
            open("said", "ab").write(done.stdout)
        """
    )
    missing = project.runpytest_subprocess("test_programs.py")
    missing.assert_outcomes(failed=1)
    missing.stdout.fnmatch_lines(["*RecordingError: *recordings?dates.json: there is no such recording*"])
    project.runpytest_subprocess("test_programs.py", "--resource-record").assert_outcomes(passed=1)
    project.runpytest_subprocess("test_programs.py").assert_outcomes(passed=1)
    assert len(set(Path("said").read_bytes().splitlines())) == 1


def test_nothing_is_imported_before_it_is_used() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules); import sqnc_resources.conform.plugin;"
        "print(*(name for name in sys.modules if name.startswith('sqnc') and name not in before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "sqnc_resources",
        "sqnc_resources.conform",
        "sqnc_resources.conform.plugin",
    ]
