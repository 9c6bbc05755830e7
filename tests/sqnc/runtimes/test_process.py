"""What only the process runtime promises; the rest is in test_contract.py."""

import threading
from pathlib import Path
from typing import Any

import pytest

from sqnc.runfolder import run_folder
from sqnc.runtimes import ContainerSpec, Image, RuntimeFailure
from sqnc.runtimes.process import ProcessRuntime
from sqncshim.agent import Agent

_SPEC = ContainerSpec("r1", Image("any"))


def test_volumes_are_folders_of_the_run(tmp_path: Path) -> None:
    runtime = ProcessRuntime(tmp_path)
    volume = runtime.create_volume("r1", "/github/home")
    assert Path(volume.path).is_dir()
    assert Path(volume.path).is_relative_to(run_folder(tmp_path, "r1"))
    runtime.prune("r1")
    assert not run_folder(tmp_path, "r1").exists()


def test_prune_from_another_process_waits_for_the_agents_of_a_dead_engine(tmp_path: Path) -> None:
    dead, watcher = ProcessRuntime(tmp_path), ProcessRuntime(tmp_path)
    container = dead.start(_SPEC)
    dead.create_volume("r1", "/v")
    with Agent(container.stream):
        pruning = threading.Thread(target=watcher.prune, args=["r1"])
        pruning.start()
        pruning.join(0.5)
        assert pruning.is_alive()
    pruning.join(10)
    assert not pruning.is_alive()
    assert not run_folder(tmp_path, "r1").exists()
    container.remove()


@pytest.mark.parametrize("more", [{"network": "n"}, {"options": {"cpus": 1}}])
def test_what_needs_an_engine_is_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    with pytest.raises(RuntimeFailure, match="use --runtime docker"):
        ProcessRuntime(tmp_path).start(ContainerSpec("r1", Image("any"), **more))


def test_an_agent_started_ahead_is_what_the_first_start_gives(tmp_path: Path) -> None:
    runtime, agents = ProcessRuntime(tmp_path), run_folder(tmp_path, "r1") / "agents"
    runtime.start_ahead("r1")
    assert len(list(agents.iterdir())) == 1
    first = runtime.start(_SPEC)
    assert len(list(agents.iterdir())) == 1
    second = runtime.start(_SPEC)
    assert len(list(agents.iterdir())) == 2
    for container in (first, second):
        with Agent(container.stream) as agent:
            assert agent.exists("/")
    runtime.prune("r1")


def test_an_agent_started_ahead_for_nothing_ends_with_the_run(tmp_path: Path) -> None:
    runtime = ProcessRuntime(tmp_path)
    runtime.start_ahead("r1")
    runtime.prune("r1")
    assert not run_folder(tmp_path, "r1").exists()
    assert runtime.start(_SPEC).stream.write(b"") is None  # a new one: the old one's stream is closed
    runtime.prune("r1")
