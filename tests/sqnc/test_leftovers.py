"""What a killed engine leaves: nothing, a few seconds later."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from sqnc.runfolder import Owner, RunFolder, run_folder
from sqnc.runtimes import Runtime, open_runtime
from sqnc.runtimes.process import ProcessRuntime
from sqnc.sweep import clean, sweep
from sqnc.watcher import start_cleaner, watch

_ENGINE = Path(__file__).with_name("engine_to_kill.py")
_SOON_S = 15.0  # five seconds are the promise; a busy machine may take longer, and says so in the output


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory, isolation: None) -> Path:
    """A cache of its own, so that no other test's runs are swept; the bundles are the session's."""
    cache = tmp_path_factory.mktemp("cache")
    bundles = Path(os.environ["XDG_CACHE_HOME"]) / "sqnc" / "bundles"
    bundles.mkdir(parents=True, exist_ok=True)
    (cache / "bundles").symlink_to(bundles)
    return cache


@pytest.fixture
def run() -> str:
    return f"test-{os.urandom(6).hex()}"


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.docker)])
def runtime(request: pytest.FixtureRequest, cache: Path) -> Iterator[Runtime]:
    runtime = open_runtime(request.param, cache=cache, progress=print)
    yield runtime
    runtime.close()


@contextmanager
def _engine(runtime: Runtime, cache: Path, run: str, moment: str) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, str(_ENGINE), runtime.name, str(cache), run, moment]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


def _left(runtime: Runtime, cache: Path, run: str) -> list[str]:
    """What is there of the run: its folder, its processes, and what carries its label."""
    found = [str(path) for path in (cache / "runs").glob(f"*{run}")]  # `.run`, too, while it is made
    engine: Any = getattr(runtime, "_engine", None)
    if engine is not None:
        wanted = {"label": f"sqnc.run={run}"}
        found += [container["Id"] for container in engine.api.containers(all=True, filters=wanted)]
        found += [volume["Name"] for volume in engine.api.volumes(filters=wanted)["Volumes"] or ()]
        found += [network["Name"] for network in engine.api.networks(filters=wanted)]
    return sorted(found)


def _until(condition: Callable[[], bool]) -> float:
    """Wait for it; return the seconds it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < _SOON_S
        time.sleep(0.05)
    return time.monotonic() - started


# a process is not created before it is started: only containers are
MOMENTS = {
    "process": ("making", "watched", "started"),
    "docker": ("making", "watched", "creating", "created", "started"),
}


@pytest.mark.parametrize(
    ("runtime", "moment"),
    [
        pytest.param(name, moment, marks=pytest.mark.docker if name == "docker" else ())
        for name, moments in MOMENTS.items()
        for moment in moments
    ],
    indirect=["runtime"],
)
def test_a_killed_engine_leaves_nothing(runtime: Runtime, cache: Path, run: str, moment: str) -> None:
    with _engine(runtime, cache, run, moment) as process:
        assert _left(runtime, cache, run)
        process.send_signal(signal.SIGKILL)
        process.wait()
        took = _until(lambda: _left(runtime, cache, run) == [])
        print(f"{runtime.name}, {moment}: nothing left {took:.1f} s after the kill")
    time.sleep(0.5)  # and nothing comes back
    assert _left(runtime, cache, run) == []


@pytest.mark.parametrize("shell", ["/bin/sh", "/nowhere/sh", "bash", "busybox"])
def test_the_watcher_waits_in_any_shell_and_in_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    if not (found := shutil.which(shell) or (shell if "nowhere" in shell else "")):
        pytest.skip(f"{shell} is not installed")
    if "/" not in shell:  # they are told by their name what they are to be
        (tmp_path / "sh").symlink_to(found)
        found = str(tmp_path / "sh")
    monkeypatch.setattr("sqnc.watcher._SHELL", found)
    monkeypatch.setenv("SHELLOPTS", "errexit:noexec")  # as of a shell that exported its own
    monkeypatch.setenv("BASH_FUNC_read%%", "() { :; }")
    monkeypatch.setenv("IFS", '"o')
    folder = RunFolder.create(tmp_path, Owner("r1", "process", ""))
    with start_cleaner(folder.path):
        folder.release()
    _until(lambda: not folder.path.exists())


def test_an_engine_that_ends_as_it_should_leaves_nothing(runtime: Runtime, cache: Path, run: str) -> None:
    with _engine(runtime, cache, run, "started") as process:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.wait() == 0
    assert _left(runtime, cache, run) == []


def test_a_second_run_is_not_disturbed(runtime: Runtime, cache: Path, run: str) -> None:
    with _engine(runtime, cache, run, "started") as first:
        first.send_signal(signal.SIGKILL)
        with _engine(runtime, cache, f"{run}-2", "started") as second:
            before = _left(runtime, cache, f"{run}-2")
            sweep(cache)
            _until(lambda: _left(runtime, cache, run) == [])
            assert _left(runtime, cache, f"{run}-2") == before
            assert second.poll() is None
            assert second.stdin is not None
            second.stdin.write(b"\n")
            second.stdin.flush()
            assert second.wait() == 0
    assert _left(runtime, cache, f"{run}-2") == []


def test_the_next_start_sweeps_up_when_the_watcher_was_killed_too(
    runtime: Runtime, cache: Path, run: str
) -> None:
    with _engine(runtime, cache, run, "started") as process:
        (watcher,) = _children(process.pid, "watcher_process.py")
        os.kill(watcher, signal.SIGKILL)
        process.send_signal(signal.SIGKILL)
        process.wait()
    time.sleep(1)
    assert run_folder(cache, run).exists()
    assert sweep(cache) == [run_folder(cache, run)]
    _until(lambda: _left(runtime, cache, run) == [])


def _children(parent: int, program: str) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (folder / "stat").read_text()
            if (
                int(stat.rpartition(")")[2].split()[1]) == parent
                and program in (folder / "cmdline").read_text()
            ):
                found.append(int(folder.name))
    return found


def test_a_watched_run_that_fails_is_cleaned_by_the_watcher(cache: Path, run: str) -> None:
    runtime = ProcessRuntime(cache)

    def fail() -> None:
        with watch(run, runtime, cache=cache) as folder:
            volume = runtime.create_volume(run, "/v")
            assert Path(volume.path).is_relative_to(folder)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    _until(lambda: not run_folder(cache, run).exists())


def test_the_watcher_does_not_hold_the_terminals_ctrl_c(cache: Path, run: str) -> None:
    runtime = ProcessRuntime(cache)
    others = _watchers()  # those of other tests take a moment to end
    with watch(run, runtime, cache=cache):
        _until(lambda: bool(_watchers() - others))  # a new program's name takes a moment, too
        (watcher,) = _watchers() - others
        assert os.getsid(watcher) == watcher
        started = time.monotonic()
    print(f"the watched block ended within {time.monotonic() - started:.3f} s")
    assert not run_folder(cache, run).exists()


def _watchers() -> set[int]:
    return set(_children(os.getpid(), "watcher_process.py"))


def test_a_start_with_nothing_to_sweep_imports_nothing_and_starts_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sqnc.sweep import sweep; import subprocess;"
        "subprocess.Popen = None; assert sweep(Path(sys.argv[1])) == [];"
        "assert not {'docker', 'requests', 'sqnc.runtimes'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True)


def test_an_unreachable_engine_keeps_the_folder_for_the_next_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqnc.sweep._ENGINE_AWAY_S", 0.0)
    address = '{"url": "unix:///nowhere/docker.sock"}'
    RunFolder.create(tmp_path, Owner("r1", "docker", address)).release()
    assert not clean(run_folder(tmp_path, "r1"), wait=True)
    assert run_folder(tmp_path, "r1").exists()


def test_what_ended_before_it_said_anything_is_just_a_folder(tmp_path: Path) -> None:
    unfinished = run_folder(tmp_path, ".r1")
    unfinished.mkdir(parents=True)
    (unfinished / "lock").touch()
    assert clean(unfinished, wait=False)
    assert not unfinished.exists()
