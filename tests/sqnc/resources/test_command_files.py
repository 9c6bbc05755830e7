"""What `sqnc check|get|put` read: vars, files, and types of all kinds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sqnc.resources.conftest import Scripts, Sqnc

pytestmark = pytest.mark.usefixtures("folder")


class TestVars:
    def test_flags_come_before_files_and_later_files_before_earlier_ones(
        self, sqnc: Sqnc, scripts: Scripts
    ) -> None:
        Path("a.yml").write_text("uri: a")
        Path("b.yml").write_text("uri: b")
        for arguments, expected in [
            (("-l", "a.yml", "-l", "b.yml"), "b"),
            (("-v", "uri=v", "-l", "a.yml"), "v"),
            (("-y", "uri={x: [1]}", "-l", "a.yml"), {"x": [1]}),
            (("-v", "uri=01"), "01"),
            (("-y", "uri=01"), 1),
        ]:
            sqnc("check", "r", *arguments)
            assert scripts.request("check") == {"source": {"uri": expected}}

    def test_an_instance_of_a_pipeline(self, sqnc: Sqnc, scripts: Scripts) -> None:
        scripts.write(get="""echo "at $BUILD_URL_SHORT as x" >&2; echo '{"version":{"n":"1"}}'""")
        _, _, err = sqnc("get", "r", "-i", "uri=x", "-i", "deep.n=1", "-v", "uri=v")
        assert scripts.request("in") == {"source": {"uri": "x"}, "version": {"n": "1"}}
        found = scripts.environment("in")["BUILD_PIPELINE_INSTANCE_VARS"]
        assert json.loads(found) == {"uri": "x", "deep": {"n": 1}}
        assert err.endswith("as x\n")
        assert "BUILD_PIPELINE_INSTANCE_VARS" in scripts.environment("check")

    def test_one_without_a_value_is_told_with_its_place(self, sqnc: Sqnc, scripts: Scripts) -> None:
        expected = "pipeline.yml:4:17: r: undefined vars: uri (give it with -v, -y or -l)\n"
        assert sqnc("check", "r") == (2, "", expected)
        status, _, err = sqnc("get", "bare", "-p", "a=((b))")
        assert (status, err) == (2, "-p: undefined vars: b: give vars with -v, -y or -l\n")

    def test_values_are_masked_in_all_that_is_shown_and_not_in_versions(
        self, sqnc: Sqnc, scripts: Scripts
    ) -> None:
        scripts.write(
            check='echo "$request" >&2; echo \'[{"n":"hunter2"}]\'',
            get="""
                echo "$request" >&2
                echo '{"version":{"n":"1"},"metadata":[{"name":"a","value":"is hunter2"}]}'
            """,
        )
        _, out, err = sqnc("check", "r", "-v", "uri=hunter2")
        assert (out, "hunter2" in err, '"uri":"***"' in err) == ("n=hunter2  new, latest\n", False, True)
        _, out, err = sqnc("get", "r", "-v", "uri=u", "-v", "secret=hunter2", "-p", "x=((secret))", "--json")
        assert json.loads(out)["metadata"] == [{"name": "a", "value": "is ***"}]
        assert '"x":"***"' in err
        assert "hunter2" in sqnc("check", "r", "-v", "uri=hunter2", "--reveal")[2]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("-v", "uri"), "-v 'uri': expected NAME=VALUE"),
            (("-y", "=1"), "-y '=1': expected NAME=YAML"),
            (("-y", "uri={"), "-y uri:2:1: while parsing a flow node"),
            (("-v", "a..b=1"), "-v 'a..b=1': invalid var 'a..b': empty field"),
            (("-l", "none.yml"), "none.yml: No such file or directory"),
            (("-l", "list.yml"), "list.yml:1:1: A mapping was expected"),
            (("--version", "1"), "--from '1': expected KEY=VALUE"),
            (("-t", "mock"), "--type 'mock': expected TYPE=IMAGE, TYPE=./FOLDER or TYPE=FILE.py"),
            (("-t", "mock=./none"), "--type mock=./none: there is no folder "),
            (("-t", "mock=none.py"), "--type mock=none.py: there is no file "),
        ],
    )
    def test_mistakes(self, arguments: tuple[str, ...], message: str, sqnc: Sqnc) -> None:
        Path("list.yml").write_text("- a")
        status, out, err = sqnc("check", "bare", *arguments)
        assert (status, out) == (2, "")
        assert err.startswith(message)


class TestFiles:
    def test_a_workflow_has_resources_too(self, sqnc: Sqnc, scripts: Scripts) -> None:
        text = (
            "on: push\nresources: [{name: w, type: type/../type}]\n"
            "jobs: {a: {runs-on: x, steps: [{run: 'echo ${{ 1 }}'}]}}"
        )
        Path("ci.yml").write_text(text)
        assert sqnc("check", "w", "-c", "ci.yml")[:2] == (0, "n=1  new, latest\n")

    def test_a_file_on_standard_input(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "sqnc", "check", "m", "-c", "-"],
            input="resources: [{name: m, type: ./type}]",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "n=1  new, latest\n", "talk of check\n")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("resources: [{name: r, type: mock, sorce: {}}]", "p.yml:1:35: resources[0].sorce: unknown key"),
            ("resources: [{name: x, type: mock}]", "p.yml: there is no resource 'r'"),
            ("", "p.yml:1:1: A mapping was expected (the file is empty)"),
            ("resources: [{name: r, type: mok}]", "p.yml:1:29: r: there is no resource type 'mok'"),
            ("resources: [{name: r, type: ../x}]", "p.yml:1:29: r: there is no "),
        ],
    )
    def test_mistakes_have_a_place(self, text: str, message: str, sqnc: Sqnc) -> None:
        Path("p.yml").write_text(text)
        for command in ("check", "get", "put"):
            status, out, err = sqnc(command, "r", "-c", "p.yml")
            assert (status, out) == (2, "")
            assert err.startswith(message)

    def test_no_file(self, sqnc: Sqnc) -> None:
        status, _, err = sqnc("check", "r", "-c", "none.yml")
        assert (status, err.startswith("none.yml: No such file or directory")) == (2, True)


class TestTypes:
    def test_a_built_in_type_runs_here(self, sqnc: Sqnc) -> None:
        Path("p.yml").write_text(
            "resources: [{name: m, type: mock, source: {initial_version: 'é', log: hi}}]"
        )
        _, out, err = sqnc("check", "m", "-c", "p.yml", "--json")
        assert (json.loads(out)["latest"]["version"], err) == ("é", "hi\n")
        status, out, err = sqnc("put", "m", "-c", "p.yml", "-p", "version=v2", "-o", "got", "--json")
        assert (status, json.loads(out)["version"]["version"]) == (0, "v2")
        assert "pushing version: v2\n" in err
        assert "fetching version: v2\n" in err
        assert Path("got/version").read_text() == "v2\n"

    def test_a_python_file_is_a_type(self, sqnc: Sqnc) -> None:
        Path("types").mkdir()
        Path("types/mine.py").write_text(PYTHON_TYPE)
        Path("p.yml").write_text("resources: [{name: m, type: types/mine.py, source: {text: first}}]")
        assert sqnc("get", "m", "-c", "p.yml")[:2] == (0, "text  first\n")
        assert Path("m/text").read_text() == "first"
        Path("types/mine.py").write_text(PYTHON_TYPE.replace("version.text)", "'changed')"))
        status, _, err = sqnc("get", "m", "again", "-c", "p.yml")
        assert (status, "cache" in err, Path("again/text").read_text()) == (0, False, "changed")

    def test_a_mistake_in_a_source_has_the_types_own_words(self, sqnc: Sqnc) -> None:
        Path("p.yml").write_text("resources: [{name: m, type: mock, source: {initial_versio: x}}]")
        status, _, err = sqnc("check", "m", "-c", "p.yml")
        assert status == 1
        assert "source.initial_versio: unknown key, did you mean `initial_version`?" in err

    def test_an_image_needs_an_engine_and_scripts_can_stand_for_it(self, sqnc: Sqnc) -> None:
        Path("p.yml").write_text(
            "resource_types: [{name: t, type: registry-image, source: {repository: example/t}}]\n"
            "resources: [{name: m, type: t}]"
        )
        status, _, err = sqnc("check", "m", "-c", "p.yml", "--runtime", "process")
        assert status == 3
        assert err.startswith("m: its type is an image, which needs a container engine")
        assert sqnc("check", "m", "-c", "p.yml", "-t", "t=./type")[1] == "n=1  new, latest\n"


PYTHON_TYPE = '''
from dataclasses import dataclass
from pathlib import Path

from sqnc_resources import NoKeys, Result


@dataclass(frozen=True, slots=True)
class Source:
    """It."""
    text: str


Version, GetParams, PutParams = Source, NoKeys, NoKeys


def check(source, since):
    return [Version(source.text)]


def get(source, version, params, folder):
    (folder / "text").write_text(version.text)
    return Result(version)


def put(source, params, folder):
    raise NotImplementedError
'''
