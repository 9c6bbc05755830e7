"""The start of a run: what is at work while the workflow is read, and what a mistake in it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc.engine.options import Options
from sqnc.events import EventStream, Log, Progress
from sqnc.runtimes import RuntimeUnavailable
from sqnc.sources import SourceError, load_workflow
from sqnc.start import Request, execute
from sqnc.status import Status

if TYPE_CHECKING:
    from pathlib import Path

    from actions_compat.workflow import Workflow
    from sqnc.events import Event

WORKFLOW = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: echo runs-here}]}}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "w.yml").write_text(WORKFLOW)
    return folder / "w.yml"


@pytest.fixture
def options(tmp_path: Path, file: Path) -> Options:
    return Options(cache=tmp_path / "cache", directory=file.parent)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def find() -> None:
        raise RuntimeUnavailable("nobody answers")

    monkeypatch.setattr("sqnc.runtimes.endpoint.find_endpoint", find)


def test_an_agent_comes_up_while_the_workflow_is_read(file: Path, options: Options) -> None:
    agents: list[Path] = []

    def read() -> Workflow:
        (run,) = (options.cache / "runs").iterdir()
        agents.extend((run / "agents").iterdir())
        return load_workflow(str(file))

    events: list[Event] = []
    assert execute(Request(read, options, "process"), EventStream(events.append)) is Status.SUCCEEDED
    assert len(agents) == 1
    assert [event.data for event in events if isinstance(event, Log)] == [b"runs-here\n"]
    assert not any((options.cache / "runs").iterdir())


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize("runtime", ["process", "auto"])
def test_a_mistake_in_the_workflow_is_all_that_is_told_and_leaves_nothing(
    options: Options, runtime: str
) -> None:
    def read() -> Workflow:
        raise SourceError("no such workflow")

    events: list[Event] = []
    with pytest.raises(SourceError, match="no such workflow"):
        execute(Request(read, options, runtime), EventStream(events.append))
    assert events == []
    assert not any((options.cache / "runs").iterdir())


@pytest.mark.usefixtures("no_engine")
def test_auto_says_once_why_steps_run_on_this_machine(file: Path, options: Options) -> None:
    events: list[Event] = []
    request = Request(lambda: load_workflow(str(file)), options)
    assert execute(request, EventStream(events.append)) is Status.SUCCEEDED
    told = [event.message for event in events if isinstance(event, Progress)]
    assert told == ["steps run on this machine itself (runtime process): nobody answers"]
