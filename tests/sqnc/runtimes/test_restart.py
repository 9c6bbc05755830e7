"""dockerd ends in the middle of a run: everything says so, nothing hangs, nothing stays.

A second dockerd is started for this, with folders and a socket of its own; so this needs root.
"""

import gc
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sqnc.runtimes import ContainerSpec, Pull, RuntimeFailure, RuntimeUnavailable, open_runtime
from sqnc.runtimes.docker import DockerRuntime
from sqnc.runtimes.endpoint import Endpoint

BUSYBOX = "sqnc-test/busybox:1"

pytestmark = pytest.mark.docker


class Daemon:
    """A dockerd of our own below *folder*."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = f"unix://{folder}/sock"

    def start(self) -> None:
        folder = self._folder
        places = [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
        alone = ["--bridge=none", "--iptables=false", "--ip6tables=false", f"--host={self.url}"]
        with (folder / "log").open("ab") as log:
            # In a network of its own: --bridge=none removes docker0, which the machine's own engine uses.
            command = ["unshare", "--net", "dockerd", *places, *alone]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + 60
        while True:
            with suppress(RuntimeUnavailable):
                return Endpoint(self.url).ping(timeout_s=1)
            assert self._process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < end
            time.sleep(0.1)

    def stop(self, number: signal.Signals) -> None:
        """End it; a kill also ends its containerd, whose number must not be taken for a living one's."""
        self._process.send_signal(number)
        self._process.wait(60)
        (self._folder / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """Take away all of it; mounts first, for a mount's files are somebody else's."""
        if self._process.poll() is None:
            self.stop(signal.SIGTERM)
        self._kill_what_is_left()
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        for mount in reversed(mounts):
            if Path(mount).is_relative_to(self._folder):
                subprocess.run(["umount", "--lazy", mount], check=True)
        shutil.rmtree(self._folder)

    def _kill_what_is_left(self) -> None:
        """Its containerd, and what holds containers; they may be about to end, and write until then."""
        end = time.monotonic() + 20
        while programs := _programs_of(self._folder):
            assert time.monotonic() < end, programs
            for program in programs:
                with suppress(ProcessLookupError):
                    os.kill(program, signal.SIGKILL)
            time.sleep(0.02)


def _programs_of(folder: Path) -> list[int]:
    """The processes that were given a path below *folder*, which no others know."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.fsencode(folder) in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    return found


@pytest.fixture
def daemon(docker_runtime: DockerRuntime) -> Iterator[Daemon]:
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("needs root and dockerd, to start a second one")
    daemon = Daemon(Path(tempfile.mkdtemp(prefix="sqnc-dockerd-")))
    daemon.start()
    try:
        archive = docker_runtime._engine.api.get_image(BUSYBOX)
        open_engine = open_runtime(
            "docker", cache=Path("/"), progress=print, address=Endpoint(daemon.url).dump()
        )
        assert isinstance(open_engine, DockerRuntime)
        open_engine._engine.api.load_image(b"".join(archive))
        open_engine.close()
        yield daemon
    finally:
        daemon.remove()


# The SDK leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_daemon_that_ends_in_mid_run_is_told_and_leaves_nothing(
    daemon: Daemon, session_cache: Path, run: str, number: signal.Signals
) -> None:
    runtime = open_runtime("docker", cache=session_cache, progress=print, address=Endpoint(daemon.url).dump())
    assert isinstance(runtime, DockerRuntime)
    image = runtime.image(BUSYBOX, pull=Pull.NEVER, progress=print)
    volume = runtime.create_volume(run, "/v")
    container = runtime.start(ContainerSpec(run, image, volumes=(volume,), network="none"))
    assert container.stream.read(1)  # the agent's hello
    daemon.stop(number)
    started = time.monotonic()
    while container.stream.read(65536):
        pass  # what was under way; then the end, not a hang
    with suppress(RuntimeFailure):
        assert container.wait() in {-1, 0, 137, 143}
    with pytest.raises(RuntimeUnavailable, match=f"the container engine at {daemon.url} did not answer"):
        runtime.prune(run)
    assert time.monotonic() - started < 10
    daemon.start()
    container.remove()
    runtime.prune(run)
    wanted = {"label": f"sqnc.run={run}"}
    assert runtime._engine.api.containers(all=True, filters=wanted) == []
    assert not runtime._engine.api.volumes(filters=wanted)["Volumes"]
    runtime.close()
    gc.collect()  # while the warning is allowed
