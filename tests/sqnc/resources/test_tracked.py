"""check, get and put of one resource: requests, answers, history, cache, ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sqnc.resources.getcache import GetCache
from sqnc.resources.histories import HistoryFile
from sqnc.resources.programs import (
    Running,
    Session,
    StepCanceled,
    StepErrored,
    StepFailed,
    StepTimedOut,
)
from sqnc.resources.tracked import CACHED, TrackedResource
from sqnc_resources.emulator.build import Build

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sqnc.resources.conftest import Scripts

    from sqnc.resources.executors import ScriptsType

BUILD = Build(id=7, name="7", team_id=1, team_name="main", pipeline_name="p", created_by="ann")


class Steps:
    """Makes steps of one resource, as different runs would, and keeps what their types wrote."""

    def __init__(self, folder: Path, make_type: Callable[[], ScriptsType]) -> None:
        self._folder, self._make_type = folder, make_type
        self.log = b""
        self.running: list[Running] = []
        self.history = HistoryFile.of(folder / "state", "p.yml", "r", kind="scripts", source={})

    def __call__(self, source: dict[str, object] | None = None, **changed: Any) -> TrackedResource:
        return TrackedResource(
            "r",
            self._make_type(),
            source,
            self.history,
            changed.pop("cache", GetCache(self._folder / "cache")),
            Session(self._write, self.running.append),
            BUILD,
            **changed,
        )

    def get(self, step: TrackedResource, version: dict[str, str], **params: object) -> tuple[bool, Path]:
        """Get into a new folder."""
        target = self._folder / f"target-{time.monotonic_ns()}"

        def folder() -> str:
            target.mkdir()
            return str(target)

        def place(tree: Path) -> None:
            _copy(tree, target)

        return step.get(version, params, folder, place).cached, target

    def _write(self, data: bytes) -> None:
        self.log += data


def _copy(tree: Path, target: Path) -> None:
    target.mkdir()
    for file in tree.iterdir():
        (target / file.name).write_bytes(file.read_bytes())


@pytest.fixture
def steps(tmp_path: Path, scripts_type: Callable[[], ScriptsType]) -> Steps:
    return Steps(tmp_path, scripts_type)


def test_the_first_check_has_no_version_and_later_ones_start_from_the_latest(
    steps: Steps, scripts: Scripts
) -> None:
    first = steps(None).check()
    assert scripts.request_text("check") == '{"source":null}'
    assert (first.versions, first.new) == (({"n": "1"},), ({"n": "1"},))
    second = steps({"uri": "x"}).check()
    assert scripts.request("check") == {"source": {"uri": "x"}, "version": {"n": "1"}}
    assert (second.versions, second.new) == (({"n": "1"},), ())
    steps().check({"n": "0"})
    assert scripts.request("check") == {"source": None, "version": {"n": "0"}}


def test_programs_start_in_the_root_with_the_folder_as_argument(steps: Steps, scripts: Scripts) -> None:
    steps().check()
    _, target = steps.get(steps(), {"n": "1"})
    assert (scripts.arguments("check"), scripts.arguments("in")) == (["/", ""], ["/", str(target)])


def test_what_a_type_writes_to_standard_error_is_the_log(steps: Steps) -> None:
    steps().check()
    assert steps.log == b"talk of check\n"


def test_a_put_makes_the_latest_version_also_one_that_no_check_reports(
    steps: Steps, scripts: Scripts, tmp_path: Path
) -> None:
    steps().check()
    answer = steps({"uri": "x"}).put({"a": 1}, str(tmp_path))
    assert scripts.request("out") == {"source": {"uri": "x"}, "params": {"a": 1}}
    assert (answer.version, steps.history.read().latest) == ({"n": "2"}, {"n": "2"})
    assert steps().choose(None) == {"n": "2"}
    assert scripts.request("check") == {"source": None, "version": {"n": "2"}}


def test_variables_tell_of_the_build_and_of_less_in_a_check(
    steps: Steps, scripts: Scripts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILD_JOB_NAME", "of another engine")
    steps().check()
    steps().put({}, str(tmp_path))
    steps.get(steps(), {"n": "1"})
    assert built(scripts, "check") == {
        "TEAM_ID": "1",
        "NAME": "check",
        "TEAM_NAME": "main",
        "PIPELINE_NAME": "p",
    }
    assert built(scripts, "out") == {**built(scripts, "check"), "NAME": "7", "ID": "7", "CREATED_BY": "ann"}
    assert built(scripts, "in") == {**built(scripts, "check"), "NAME": "7", "ID": "7"}


def test_the_get_after_a_put_is_told_that_it_succeeded(
    steps: Steps, scripts: Scripts, tmp_path: Path
) -> None:
    steps(cache=None).get({"n": "1"}, {}, lambda: str(tmp_path), lambda tree: None, after_put=True)
    assert built(scripts, "in")["STATUS"] == "succeeded"


def built(scripts: Scripts, role: str) -> dict[str, str]:
    found = scripts.environment(role)
    return {name.removeprefix("BUILD_"): text for name, text in found.items() if name.startswith("BUILD_")}


def test_a_get_runs_no_program_for_what_was_fetched_before(steps: Steps, scripts: Scripts) -> None:
    fetched, first = steps.get(steps(), {"n": "1"}, a=1)
    cached, second = steps.get(steps(), {"n": "1"}, a=1)
    assert (fetched, cached, scripts.roles()) == (False, True, ["in"])
    assert first.joinpath("request").read_text() == second.joinpath("request").read_text()
    assert steps.log.decode().splitlines()[-1] == CACHED


def test_a_get_is_done_also_where_nothing_can_be_kept(steps: Steps, scripts: Scripts, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cached, target = steps.get(steps(cache=GetCache(tmp_path / "file")), {"n": "1"})
    assert (cached, (target / "request").exists()) == (False, True)
    assert b"r: it is not kept for the next time: " in steps.log


@pytest.mark.parametrize("change", ["version", "params", "source", "code", "no cache"])
def test_a_get_of_something_else_is_another_get(change: str, steps: Steps, scripts: Scripts) -> None:
    steps.get(steps(), {"n": "1"})
    if change == "code":
        scripts.write(get="""echo '{"version":{"n":"1"}}'""")
    step = steps(
        {"a": 1} if change == "source" else None,
        **({"cache": None} if change == "no cache" else {}),
    )
    version = {"n": "2"} if change == "version" else {"n": "1"}
    cached, _ = steps.get(step, version, **({"a": 1} if change == "params" else {}))
    assert not cached


def test_the_metadata_of_a_get_stays_with_its_version(steps: Steps) -> None:
    steps().check()
    steps.get(steps(), {"n": "1"})
    [entry] = steps.history.read().known
    assert entry.metadata == (("a", "b"),)


def test_a_part_of_a_version_is_looked_for_in_the_history_and_then_checked_from(
    steps: Steps, scripts: Scripts
) -> None:
    scripts.write(check="""echo '[{"n":"1","m":"x"},{"n":"2","m":"y"}]'""")
    steps().check()
    assert steps().choose({"n": "1"}) == {"n": "1", "m": "x"}
    assert scripts.roles() == ["check"]
    scripts.write(check="""echo '[{"n":"3","m":"z"}]'""")
    assert steps().choose({"n": "3"}) == {"n": "3", "m": "z"}
    assert scripts.request("check") == {"source": None, "version": {"n": "3"}}
    assert steps().choose({"n": "9"}) == {"n": "9"}


def test_without_any_version_there_is_nothing_to_get(steps: Steps, scripts: Scripts) -> None:
    scripts.write(check="echo '[]'")
    with pytest.raises(StepFailed, match="r: there is no version: its check has found none yet"):
        steps().choose(None)


def test_an_exit_status_is_a_failure_and_what_was_printed_counts_for_nothing(
    steps: Steps, scripts: Scripts
) -> None:
    scripts.write(check="""echo '[{"n":"5"}]'; exit 127""")
    with pytest.raises(StepFailed, match="check failed: exit status 127"):
        steps().check()
    assert steps.history.read().latest is None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("hello", "r: check: invalid character 'h' looking for beginning of value"),
        ("'{}'", "r: check: json: cannot unmarshal object into Go value of type"),
        ("""'[{"n":1}]'""", "r: check: json: cannot unmarshal number into Go value of type string"),
        ("'[{}]'", "r: check: save versions: resource output version is empty"),
    ],
)
def test_an_answer_that_is_none_is_an_error_in_concourses_words(
    answer: str, message: str, steps: Steps, scripts: Scripts
) -> None:
    scripts.write(check=f"echo {answer}")
    with pytest.raises(StepErrored) as caught:
        steps().check()
    assert message in str(caught.value)


def test_a_null_version_names_the_command(steps: Steps, scripts: Scripts, tmp_path: Path) -> None:
    scripts.write(put="echo '{}'")
    with pytest.raises(StepErrored) as caught:
        steps().put({}, "/some/where")
    expected = f"r: out: resource script ({scripts.folder}/out /some/where) output a null version"
    assert str(caught.value) == expected
    scripts.write(put="""echo '{"version": {}}'""")
    with pytest.raises(StepErrored, match="r: put: resource output version is empty"):
        steps().put({}, "/some/where")


def test_a_program_that_is_missing_cannot_be_run(steps: Steps, scripts: Scripts) -> None:
    (scripts.folder / "check").unlink()
    with pytest.raises(StepErrored, match=r"check cannot be run: .*/type/check: .*: it must be there"):
        steps().check()


@pytest.mark.parametrize(
    ("mode", "text", "remedy"),
    [
        (0o644, "#!/bin/sh\n", "Permission denied: make it executable, with `chmod \\+x`"),
        (0o755, "echo '[]'\n", "Exec format error: let it begin with .* such as `#!/bin/sh`"),
        (0o755, "#!/nowhere/sh\n", "No such file or directory: .* what its first line says runs it"),
    ],
)
def test_a_program_that_cannot_be_started_says_what_to_do(
    mode: int, text: str, remedy: str, *, steps: Steps, scripts: Scripts
) -> None:
    program = scripts.folder / "check"
    program.write_text(text)
    program.chmod(mode)
    with pytest.raises(StepErrored, match=f"check cannot be run: .*/type/check: {remedy}"):
        steps().check()


def test_an_answer_without_end_is_an_error(steps: Steps, scripts: Scripts) -> None:
    scripts.write(check="exec cat /dev/zero")
    with pytest.raises(StepErrored, match="check: its answer is longer than 64 MiB"):
        steps().check()


def test_a_timeout_is_a_failure_and_ends_all_that_was_started(
    steps: Steps, scripts: Scripts, tmp_path: Path
) -> None:
    scripts.write(check=f"trap 'echo term >&2; exit 0' TERM; sleep 60 & echo $! >{tmp_path}/child; wait")
    started = time.monotonic()
    with pytest.raises(StepTimedOut, match="timeout exceeded"):
        steps(check_timeout_s=2).check()  # time enough, also on a busy machine, to set the trap
    assert time.monotonic() - started < 10
    assert b"term" in steps.log
    child = Path("/proc", (tmp_path / "child").read_text().strip())
    while child.exists() and time.monotonic() - started < 10:
        time.sleep(0.01)  # an orphan is reaped a moment later
    assert not child.exists()


def test_a_program_that_does_not_mind_sigterm_is_killed(
    steps: Steps, scripts: Scripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqnc.resources.programs.GRACE_S", 0.2)
    scripts.write(check="trap '' TERM INT; while :; do sleep 0.05; done")
    with pytest.raises(StepTimedOut):
        steps(check_timeout_s=0.2).check()


def test_another_thread_may_cancel(steps: Steps, scripts: Scripts) -> None:
    scripts.write(check="sleep 60")

    def cancel() -> None:
        while not steps.running:
            time.sleep(0.01)
        steps.running[0].end()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(StepCanceled, match="check was canceled"):
        steps().check()
    thread.join()
