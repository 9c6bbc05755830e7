"""`sqnc check|get|put` as a user meets them, with a type of scripts on this machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sqnc.resources.conftest import Scripts, Sqnc

pytestmark = pytest.mark.usefixtures("folder")


def answers(scripts: Scripts, *versions: dict[str, str]) -> None:
    scripts.write(check=f"echo '{json.dumps(versions)}'")


class TestCheck:
    def test_what_is_new_and_what_is_latest(self, sqnc: Sqnc, scripts: Scripts) -> None:
        answers(scripts, {"n": "1"}, {"n": "2", "title": "two words"})
        lines = "n=1                      new\nn=2 title='two words'    new, latest\n"
        status, out, err = sqnc("check", "bare")
        assert (status, out.split(), err) == (0, lines.split(), "talk of check\n")
        assert scripts.request("check") == {"source": None}
        _, out, _ = sqnc("check", "bare")
        assert out == "n=1\nn=2 title='two words'  latest\n"
        assert scripts.request("check") == {"source": None, "version": {"n": "2", "title": "two words"}}

    def test_in_json(self, sqnc: Sqnc, scripts: Scripts) -> None:
        assert json.loads(sqnc("check", "bare", "--json")[1]) == {
            "versions": [{"n": "1"}],
            "new": [{"n": "1"}],
            "latest": {"n": "1"},
        }
        answers(scripts)
        assert json.loads(sqnc("check", "bare", "--json")[1]) == {
            "versions": [],
            "new": [],
            "latest": {"n": "1"},
        }

    def test_a_force_push_back_to_a_known_version_is_not_noticed(self, sqnc: Sqnc, scripts: Scripts) -> None:
        for versions in ([{"n": "1"}], [{"n": "1"}, {"n": "2"}], [{"n": "1"}]):
            answers(scripts, *versions)
            _, out, _ = sqnc("check", "bare")
        assert out == "n=1\n"
        assert sqnc("check", "bare", "--history")[1] == "n=2  latest\nn=1\n"

    def test_a_history_in_json_has_the_order_and_the_metadata(self, sqnc: Sqnc) -> None:
        sqnc("check", "bare")
        sqnc("put", "bare", "--no-get")
        sqnc("get", "bare", "--version", "n=1")
        assert json.loads(sqnc("check", "bare", "--history", "--json")[1]) == [
            {"version": {"n": "2"}, "metadata": [], "check_order": 2},
            {"version": {"n": "1"}, "metadata": [{"name": "a", "value": "b"}], "check_order": 1},
        ]

    def test_clear_forgets(self, sqnc: Sqnc, scripts: Scripts) -> None:
        answers(scripts, {"n": "0"})
        sqnc("check", "bare")
        answers(scripts, {"n": "1"})
        assert sqnc("check", "bare", "--clear", "--history")[1] == "n=1  new, latest\n"
        assert scripts.request("check") == {"source": None}

    @pytest.mark.parametrize("given", ["n=5", "n:5"])
    def test_from_a_version(self, given: str, sqnc: Sqnc, scripts: Scripts) -> None:
        sqnc("check", "bare", "--from", given)
        assert scripts.request("check") == {"source": None, "version": {"n": "5"}}

    def test_from_the_pinned_version(self, sqnc: Sqnc, scripts: Scripts) -> None:
        sqnc("check", "pinned")
        assert scripts.request("check") == {"source": None, "version": {"n": "1"}}

    def test_a_check_is_a_build_called_check(self, sqnc: Sqnc, scripts: Scripts) -> None:
        sqnc("check", "told", "-e", "BUILD_TEAM_NAME=ours", "--env", "MORE=1")
        environment = scripts.environment("check")
        assert {name: text for name, text in environment.items() if name.startswith(("BUILD_", "MORE"))} == {
            "BUILD_NAME": "check",
            "BUILD_TEAM_ID": "1",
            "BUILD_TEAM_NAME": "ours",
            "BUILD_PIPELINE_ID": "1",
            "BUILD_PIPELINE_NAME": "pipeline",
            "MORE": "1",
        }

    def test_timeouts(self, sqnc: Sqnc, scripts: Scripts) -> None:
        scripts.write(check="exec sleep 30")
        status, out, err = sqnc("check", "slow")
        assert (status, out, err.splitlines()[-1]) == (1, "", "timeout exceeded")
        assert sqnc("check", "bare", "--timeout", "0.2s")[0] == 1
        for wrong in ("soon", "0", "-1s"):
            status, _, err = sqnc("check", "bare", "--timeout", wrong)
            assert (status, err.startswith("--timeout")) == (2, True)

    def test_what_a_type_says_without_an_end_of_line_gets_one(self, sqnc: Sqnc, scripts: Scripts) -> None:
        scripts.write(check="printf half >&2; exit 1")
        assert sqnc("check", "bare")[2] == "talk of check\nhalf\ncheck failed: exit status 1\n"

    def test_many_versions_take_no_time(self, sqnc: Sqnc, scripts: Scripts) -> None:
        versions = [{"number": str(number), "more": "x"} for number in range(20_000)]
        (scripts.folder / "versions").write_text(json.dumps(versions))
        scripts.write(check="cat $(dirname $0)/versions")
        started = time.monotonic()
        _, out, _ = sqnc("check", "bare")
        assert time.monotonic() - started < 10  # a minute where each is compared with each
        assert out.splitlines()[-1] == "number=19999 more=x  new, latest"

    def test_no_versions(self, sqnc: Sqnc, scripts: Scripts) -> None:
        scripts.write(check="")
        assert sqnc("check", "bare") == (0, "", "talk of check\nno versions\n")


class TestGet:
    def test_it_checks_and_fetches_the_latest(self, sqnc: Sqnc, scripts: Scripts) -> None:
        status, out, err = sqnc("get", "bare")
        assert (status, out) == (0, "n  1\na  b\n")
        assert err == "talk of check\ntalk of in\n"
        assert json.loads(Path("bare/request").read_text()) == {"source": None, "version": {"n": "1"}}

    def test_in_json_and_from_the_cache(self, sqnc: Sqnc, scripts: Scripts) -> None:
        expected = {"version": {"n": "1"}, "metadata": [{"name": "a", "value": "b"}]}
        assert json.loads(sqnc("get", "bare", "one", "--json")[1]) == {**expected, "cached": False}
        _, out, err = sqnc("get", "bare", "two", "--json")
        assert json.loads(out) == {**expected, "cached": True}
        assert err == "talk of check\nINFO: found existing resource cache\n"
        assert Path("one/request").read_text() == Path("two/request").read_text()
        assert not json.loads(sqnc("get", "bare", "three", "--json", "--no-cache")[1])["cached"]

    def test_params_are_yaml_and_nest(self, sqnc: Sqnc, scripts: Scripts) -> None:
        sqnc("get", "bare", "-p", "depth=1", "-p", "deep.a=[x, 1.50]", "-p", 'deep.b="2"', "-p", "none=")
        assert scripts.request("in") == {
            "source": None,
            "version": {"n": "1"},
            "params": {"depth": 1, "deep": {"a": ["x", 1.5], "b": "2"}, "none": None},
        }

    def test_a_version_that_is_known_needs_no_check(self, sqnc: Sqnc, scripts: Scripts) -> None:
        answers(scripts, {"n": "1", "m": "x"})
        sqnc("check", "bare")
        sqnc("get", "bare", "--version", "n=1")
        assert scripts.roles() == ["check", "in"]
        assert scripts.request("in") == {"source": None, "version": {"n": "1", "m": "x"}}

    def test_the_pinned_version(self, sqnc: Sqnc, scripts: Scripts) -> None:
        answers(scripts, {"n": "1", "m": "x"}, {"n": "2", "m": "x"})
        sqnc("get", "pinned")
        assert scripts.request("in") == {"source": None, "version": {"n": "1", "m": "x"}}

    def test_a_folder_that_holds_anything_is_refused_and_left_alone(
        self, sqnc: Sqnc, scripts: Scripts
    ) -> None:
        Path("bare").mkdir()
        Path("bare/mine").touch()
        status, _, err = sqnc("get", "bare")
        assert (status, err) == (
            2,
            "bare: a get needs an empty folder: remove this one, or name another\n",
        )
        assert scripts.roles() == []
        assert Path("bare/mine").exists()

    @pytest.mark.parametrize("was_there", [True, False])
    def test_a_get_that_fails_leaves_no_files(self, was_there: bool, sqnc: Sqnc, scripts: Scripts) -> None:
        if was_there:
            Path("got").mkdir()
        scripts.write(get="touch $1/half; exit 3")
        status, out, err = sqnc("get", "bare", "got")
        assert (status, out) == (1, "")
        assert err.splitlines()[-1] == "in failed: exit status 3"
        assert (Path("got").exists(), list(Path().glob("got/*"))) == (was_there, [])

    def test_what_metadata_repeats_of_the_version_is_shown_once(self, sqnc: Sqnc, scripts: Scripts) -> None:
        metadata = '[{"name":"n","value":"1"},{"name":"n","value":"other"},{"name":"text","value":"a\\nb"}]'
        scripts.write(get=f"""printf %s '{{"version":{{"n":"1"}},"metadata":{metadata}}}'""")
        assert sqnc("get", "bare", "got")[1] == "n     1\nn     other\ntext  a\n      b\n"

    def test_what_scripts_leave_among_temporary_files_goes(self, sqnc: Sqnc, scripts: Scripts) -> None:
        scripts.write(get="""mkdir "$TMPDIR/own"; echo '{"version":{"n":"1"}}'""")
        for folder in ("one", "two"):
            assert sqnc("get", "bare", folder, "--no-cache")[0] == 0
        temporary = Path(scripts.environment("in")["TMPDIR"])
        assert temporary.is_absolute()
        assert not temporary.exists()

    def test_a_get_knows_its_build(self, sqnc: Sqnc, scripts: Scripts) -> None:
        sqnc("check", "told")
        sqnc("get", "told")
        environment = scripts.environment("in")
        assert environment["BUILD_ID"] == environment["BUILD_NAME"] == "2"
        assert environment["BUILD_URL"] == "http://127.0.0.1:8080/builds/2"
        assert not {"BUILD_CREATED_BY", "BUILD_JOB_NAME", "BUILD_STATUS"} & environment.keys()


class TestPut:
    @pytest.fixture(autouse=True)
    def inputs(self, folder: Path, scripts: Scripts) -> None:
        for name in ("one", "two"):
            (folder / "work" / name / "sub").mkdir(parents=True)
            (folder / "work" / name / "sub" / "file").write_text(name)
        (folder / "work" / "loose").touch()
        scripts.write(
            put="""
                cd "$1"
                echo $(find . -type f -o -type d -empty | sort) >&2
                if test -d one; then echo changed >one/sub/file; fi
                echo '{"version":{"n":"2"},"metadata":[{"name":"m","value":"v"}]}'
            """
        )

    @pytest.mark.parametrize(
        ("arguments", "names"),
        [
            ((), []),
            (("-p", "file=one/sub/file"), ["one"]),
            (("-p", "list=[x, {y: ./two/x}]"), ["two"]),
            (("-p", "file=/one/sub"), []),
            (("-p", "file=((where))/sub", "-v", "where=one"), []),
            (("--inputs", "all"), ["one", "two"]),
            (("--inputs", "two,one"), ["two", "one"]),
        ],
    )
    def test_inputs(self, arguments: tuple[str, ...], names: list[str], sqnc: Sqnc) -> None:
        status, _, err = sqnc("put", "bare", "work", *arguments)
        said = err.splitlines()
        assert (status, said[0]) == (0, f"inputs: {', '.join(names) or 'none'}")
        assert said[2].split() == ([f"./{name}/sub/file" for name in sorted(names)] or ["."])

    def test_what_is_put_is_a_copy(self, sqnc: Sqnc) -> None:
        sqnc("put", "bare", "work", "--inputs", "all")
        assert Path("work/one/sub/file").read_text() == "one"

    def test_an_input_that_is_missing_is_named(self, sqnc: Sqnc, scripts: Scripts) -> None:
        status, _, err = sqnc("put", "bare", "work", "--inputs", "one,three")
        assert (status, err) == (2, "--inputs: input not found: three: work has one, two\n")
        assert scripts.roles() == []

    def test_the_version_is_gotten_afterwards(self, sqnc: Sqnc, scripts: Scripts) -> None:
        status, out, _ = sqnc("put", "bare", "work", "-p", "a=1", "-g", "b=2", "-o", "got")
        assert (status, out, scripts.roles()) == (0, "n  2\nm  v\n", ["out", "in"])
        assert scripts.request("out") == {"source": None, "params": {"a": 1}}
        assert scripts.request("in") == {"source": None, "version": {"n": "2"}, "params": {"b": 2}}
        assert scripts.environment("in")["BUILD_STATUS"] == "succeeded"
        assert Path("got/request").exists()
        assert sqnc("check", "bare", "--history")[1] == "n=1  new, latest\nn=2\n"

    def test_no_get(self, sqnc: Sqnc, scripts: Scripts) -> None:
        status, out, _ = sqnc("put", "bare", "work", "--no-get", "--json")
        assert (status, scripts.roles()) == (0, ["out"])
        assert json.loads(out) == {"version": {"n": "2"}, "metadata": [{"name": "m", "value": "v"}]}
        assert sqnc("put", "bare", "work", "--no-get", "-o", "got")[0] == 2

    def test_json_tells_of_the_get_too(self, sqnc: Sqnc) -> None:
        got = {"version": {"n": "1"}, "metadata": [{"name": "a", "value": "b"}]}
        for cached in (False, True):
            found = json.loads(sqnc("put", "bare", "work", "--json")[1])
            assert found["get"] == {**got, "cached": cached}

    def test_only_some_resources_tell_who_it_was(
        self, sqnc: Sqnc, scripts: Scripts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LOGNAME", "ann")
        sqnc("put", "told", "work")
        assert scripts.environment("out")["BUILD_CREATED_BY"] == "ann"
        assert "BUILD_CREATED_BY" not in scripts.environment("in")
        sqnc("put", "bare", "work")
        assert "BUILD_CREATED_BY" not in scripts.environment("out")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_type_in_good_order(
    number: signal.Signals, scripts: Scripts, folder: Path
) -> None:
    scripts.write(check=f"trap 'echo ended >{folder}/ended; exit 1' TERM; touch {folder}/up; sleep 60 & wait")
    process = subprocess.Popen(
        [sys.executable, "-m", "sqnc", "check", "bare"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not (folder / "up").exists():
        time.sleep(0.02)
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.decode().splitlines()[-1]) == (130, "check was canceled")
    assert (folder / "ended").exists()
    assert list((folder / "cache" / "runs").iterdir()) == []


def test_a_type_that_is_given_in_vain_is_doubted(sqnc: Sqnc) -> None:
    status, _, err = sqnc("check", "bare", "-t", "mine=./type")
    assert status == 0
    doubt = "--type mine=./type: nothing in pipeline.yml has this type: expected one of ./type"
    assert err.splitlines() == [doubt, "talk of check"]


@pytest.mark.usefixtures("scripts")
def test_an_image_that_is_called_like_a_folder_is_doubted(sqnc: Sqnc) -> None:
    status, _, err = sqnc("check", "bare", "-t", "./type=type", "--runtime", "process")
    assert status != 0
    assert err.startswith("--type ./type=type: this is an image; the folder would be ./type=./type\n")
