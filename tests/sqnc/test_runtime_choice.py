"""`--runtime auto`: containers where the engine has or gets the images, this machine where it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc import runs
from sqnc.cli import run
from sqnc.runtimes import Image, Runtime, open_runtime
from sqnc.runtimes.memory import MemoryRuntime

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = """
on: push
jobs:
  wanted:
    runs-on: ubuntu-latest
    container: ${{ vars.IMAGE || 'debian:12' }}
    steps:
      - run: echo runs-here
  other:
    runs-on: ubuntu-latest
    strategy: {matrix: {image: ['never-asked:1']}}
    container: ${{ matrix.image }}
    steps:
      - run: echo not-this-one
"""


class IsolatedMemory(MemoryRuntime):
    """What the command line takes for an engine."""

    isolated = True


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> IsolatedMemory:
    """An engine without images, that `auto` finds; the working folder holds `w.yml`."""
    memory = IsolatedMemory(tmp_path / "memory")

    def choose(name: str, **given: object) -> Runtime:
        return memory if name == "auto" else open_runtime(name, **given)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(runs, "open_runtime", choose)
    monkeypatch.setenv("DOCKER_HOST", "tcp://an-engine")  # what `auto` looks for first: it is not asked
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "w.yml").write_text(WORKFLOW)
    monkeypatch.chdir(tmp_path / "tree")
    return memory


def test_without_its_image_a_run_says_so_in_one_line_and_uses_this_machine(
    engine: IsolatedMemory, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "job", "-j", "wanted", "w.yml"]) == 0
    out, err = capfd.readouterr()
    assert "wanted │     runs-here\n" in out
    assert err.splitlines() == [
        "pulling debian:12",
        "steps run on this machine itself (runtime process): image debian:12: the registry does not have it",
    ]
    assert not any(call[0] == "start" for call in engine.calls)


def test_the_images_are_those_that_the_selected_jobs_name(engine: IsolatedMemory) -> None:
    engine.images["mine:1"] = Image("mine:1")
    run(["run", "job", "-j", "wanted", "--var", "IMAGE=mine:1", "--pull", "never", "w.yml"])
    assert engine.calls[0] == ("image", "mine:1", "never")
    assert {call[1] for call in engine.calls if call[0] == "image"} == {"mine:1"}
    assert any(call[0] == "start" for call in engine.calls), "the engine that has the image runs the job"


def test_what_only_a_matrix_knows_is_not_asked_for(engine: IsolatedMemory) -> None:
    run(["run", "workflow", "w.yml"])
    assert [call[1] for call in engine.calls if call[0] == "image"] == ["debian:12"]
