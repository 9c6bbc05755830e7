"""What every test may rely on: no network, no `$HOME` of the user, no git settings of the machine.

Tests marked `docker` run where an engine answers, with the test images made beforehand; those marked `peers`
where the programs are installed that they name. Where that cannot be they are skipped, or fail when
SQNC_TEST_REQUIRE says `docker`, or `peers`.
"""

from __future__ import annotations

import functools
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=10_000)
hypothesis.settings.load_profile(os.environ.get("SQNC_TEST_PROFILE", "ci" if os.environ.get("CI") else "dev"))

NO_ENGINE = "no engine answers; `make docker` installs and starts one"
MAKE_IMAGES = Path(__file__).parent / "images" / "make_images.py"
MAKE_TYPE_IMAGES = Path(__file__).parents[1] / "scripts" / "make-images"
# What a CI service, a git hook or a user's shell sets, and what steps under test would mistake for theirs.
FOREIGN_PREFIXES = ("ACTIONS_", "GITHUB_", "GIT_", "INPUT_", "RUNNER_", "SQNC_")
FOREIGN_NAMES = ("CI", "CLICOLOR_FORCE", "DEBUG", "FORCE_COLOR")


# Docker


IMAGES = {
    "debian": "sqnc-test/debian:12",
    "busybox": "sqnc-test/busybox:1",
    "empty": "sqnc-test/empty:1",
    "user": "sqnc-test/user:1",
}


@pytest.fixture(scope="session")
def docker_images() -> Mapping[str, str]:
    """The images that a test marked `docker` finds; images/make_images.py says what they hold."""
    return MappingProxyType(IMAGES)


@pytest.fixture(scope="session")
def resource_images(docker_images: Mapping[str, str]) -> Iterator[str]:
    """Make the images of the resource types; the name of the one of all types, `NAME:all`.

    The image of each type is `NAME:TYPE`. They are built on nothing, and go with the session.
    """
    name = f"sqnc-test/resources-{os.getpid()}"
    names = {"BASE_IMAGE": "scratch", "SHIM_IMAGE": f"{name}:shim", "RESOURCES_IMAGE": f"{name}:all"}
    made = subprocess.run(
        [MAKE_TYPE_IMAGES, sys.executable],
        env=os.environ | names,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    yield names["RESOURCES_IMAGE"]
    subprocess.run(["docker", "rmi", *reversed(made.stdout.split())], capture_output=True, check=False)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make the images before the first test, whose time limit is not meant for that."""
    if not session.config.option.collectonly and any(needs_docker(item) for item in session.items):
        docker_problem()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if needs_docker(item) and (problem := docker_problem()):
        if "docker" in REQUIRED:
            pytest.fail(f"Docker tests cannot run: {problem}", pytrace=False)
        pytest.skip(f"Docker tests skipped: {problem}")
    if missing := missing_peers(item):
        problem = f"there is no {' and no '.join(missing)}; `make peers` installs what tests talk to"
        if "peers" in REQUIRED:
            pytest.fail(problem, pytrace=False)
        pytest.skip(problem)


REQUIRED = os.environ.get("SQNC_TEST_REQUIRE", "").replace(",", " ").split()


def needs_docker(item: pytest.Item) -> bool:
    return item.get_closest_marker("docker") is not None


def missing_peers(item: pytest.Item) -> list[str]:
    """The programs that the test names and this machine does not have."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/lib/git-core"
    named = {str(name) for marker in item.iter_markers("peers") for name in marker.args}
    return sorted(name for name in named if shutil.which(name, path=path) is None)


@functools.cache
def docker_problem() -> str | None:
    """Return why no test can use Docker; None, with the images made, where all can."""
    if shutil.which("docker") is None:
        return NO_ENGINE
    if subprocess.run(["docker", "version"], capture_output=True, check=False).returncode:
        return NO_ENGINE
    made = subprocess.run([sys.executable, MAKE_IMAGES], stderr=subprocess.PIPE, text=True, check=False)
    return " ".join(made.stderr.split()) if made.returncode else None


# The machine, kept out


class NetworkIsOffError(RuntimeError):
    """A test reached for another machine. No OSError, which the code under test would take for bad luck."""


@pytest.fixture(scope="session", autouse=True)
def isolation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the session its own home, caches, settings and environment, and no network.

    The caches are the session's and not the test's, so that the bundle is made once; a test of what a cache
    holds sets XDG_CACHE_HOME itself.
    """
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        if "DOCKER_HOST" not in os.environ and (host := host_of_docker_context()):
            patch.setenv("DOCKER_HOST", host)  # the context is the user's, and goes with HOME
        for name in os.environ:
            if name.startswith(FOREIGN_PREFIXES) or name in FOREIGN_NAMES:
                patch.delenv(name)
        for name, value in environment_of(home).items():
            patch.setenv(name, value)
        patch.setattr(socket.socket, "connect", local_only(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", local_only(socket.socket.connect_ex))
        yield
    shutil.rmtree(home, ignore_errors=True)  # a bundle is 200 MB, and pytest keeps three sessions


def environment_of(home: Path) -> dict[str, str]:
    config = home / "gitconfig"
    config.write_text("[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n")
    folders = {
        "HOME": home,
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "GIT_CONFIG_GLOBAL": config,
    }
    person = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "Tester"), ("EMAIL", "tester@example.org"))
    }
    settings = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    return {name: str(folder) for name, folder in folders.items()} | person | settings


def host_of_docker_context() -> str | None:
    """Return where the engine of the user's Docker context listens; None where that is the usual place."""
    if shutil.which("docker") is None:
        return None
    command = ["docker", "context", "inspect", "--format", "{{.Name}} {{.Endpoints.docker.Host}}"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    name, _, host = found.stdout.strip().partition(" ")
    return host if name != "default" and host else None


def local_only(connect: Any) -> Any:
    """Wrap a method of sockets so that it refuses what is neither a Unix socket nor this machine."""

    @functools.wraps(connect)
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
            raise NetworkIsOffError(f"the network is off in tests, and a test connects to {address!r}")
        return connect(self, address)

    return guarded


def is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


# git


@pytest.fixture
def git_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give this test a home whose `.gitconfig` it may write, and git no other setting; return the home."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    identity = "[user]\n\tname = Ann Author\n\temail = ann@example.com\n"
    (home / ".gitconfig").write_text(f"{identity}[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    return home
