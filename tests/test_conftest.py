"""The rules that every test relies on hold."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
DOCKER_TESTS = """\
import pytest
pytestmark = pytest.mark.docker
@pytest.mark.parametrize("n", range(3))
def test_needs_an_engine(n): pass
"""


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_another_machine_is_out_of_reach(method: str) -> None:
    with socket.socket() as tcp, pytest.raises(RuntimeError, match="the network is off in tests"):
        getattr(tcp, method)(("192.0.2.1", 80))


def test_this_machine_is_within_reach(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        client.connect(str(tmp_path / "socket"))


def test_home_is_not_the_users() -> None:
    users = Path(pwd.getpwuid(os.getuid()).pw_dir)
    assert Path.home() != users
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        assert not Path(os.environ[name]).is_relative_to(users / ".cache"), name


def test_git_reads_no_settings_of_the_machine() -> None:
    command = ["git", "config", "--list", "--show-scope"]
    scopes = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    settings = dict(line.split("\t", 1)[1].split("=", 1) for line in scopes.stdout.splitlines())
    assert settings == {"init.defaultbranch": "main", "advice.detachedhead": "false"}


def test_the_environment_of_a_ci_service_is_kept_out(tmp_path: Path) -> None:
    foreign = {"GITHUB_TOKEN": "x", "CI": "true", "INPUT_X": "x", "GIT_DIR": "/nowhere"}
    body = f"import os\ndef test_it(): assert not {set(foreign)} & set(os.environ)\n"
    done = run_pytest(tmp_path, body, **foreign)
    assert done.returncode == 0, done.stdout


def test_without_an_engine_docker_tests_are_skipped_in_one_line(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, DOCKER_TESTS, DOCKER_HOST=f"unix://{tmp_path}/none")
    said = [line for line in done.stdout.splitlines() if "Docker tests skipped" in line]
    assert len(said) == 1
    assert said[0].endswith("Docker tests skipped: no engine answers; `make docker` installs and starts one")
    assert "[3]" in said[0]
    assert done.returncode == 0


def test_a_required_engine_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    done = run_pytest(
        tmp_path, DOCKER_TESTS, DOCKER_HOST=f"unix://{tmp_path}/none", SQNC_TEST_REQUIRE="docker"
    )
    assert done.returncode == 1
    assert "Docker tests cannot run: no engine answers" in done.stdout
    assert "3 failed" in done.stdout.splitlines()[-1] or "3 errors" in done.stdout.splitlines()[-1]


PEER_TESTS = """\
import pytest
@pytest.mark.peers("sh", "no-such-program")
def test_needs_a_program(): assert False
@pytest.mark.peers("sh")
def test_has_its_program(): pass
"""


def test_without_its_program_a_test_is_skipped(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, PEER_TESTS)
    assert "there is no no-such-program; `make peers` installs what tests talk to" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout.splitlines()[-1]


def test_a_required_program_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, PEER_TESTS, SQNC_TEST_REQUIRE="docker,peers")
    assert "there is no no-such-program; `make peers` installs what tests talk to" in done.stdout
    assert done.returncode == 1


@pytest.mark.docker
def test_images_that_cannot_be_made_are_a_reason_to_skip_as_well(tmp_path: Path) -> None:
    failing = "import sys\nsys.exit('test images:\\n  no disk left')"
    done = run_pytest(tmp_path, DOCKER_TESTS, make_images=failing)
    (said,) = (line for line in done.stdout.splitlines() if "Docker tests skipped" in line)
    assert "[3]" in said
    assert said.endswith(": test images: no disk left")
    assert run_pytest(tmp_path, DOCKER_TESTS, make_images=failing, SQNC_TEST_REQUIRE="docker").returncode == 1


@pytest.mark.docker
def test_images_hold_what_they_promise(docker_images: Mapping[str, str]) -> None:
    def output(image: str, *command: str) -> str:
        run = ["docker", "run", "--rm", "--network=none", "--log-driver=none", image, *command]
        return subprocess.run(run, capture_output=True, text=True, check=True).stdout

    tools = "bash git python3 ps update-ca-certificates"
    assert output(docker_images["debian"], "which", *tools.split()).count("\n") == len(tools.split())
    assert (
        output(docker_images["busybox"], "find", "/", "-xdev", "-type", "f", "-path", "*bin*")
        == "/bin/busybox\n"
    )
    assert (
        output(docker_images["busybox"], "find", "/bin", "/usr/bin", "-name", "bash", "-o", "-name", "tail")
        == ""
    )
    assert output(docker_images["user"]) == "default\nwords\n"
    size = ["docker", "image", "inspect", "--format", "{{.Size}}", docker_images["empty"]]
    assert subprocess.run(size, capture_output=True, text=True, check=True).stdout == "0\n"


def run_pytest(
    folder: Path, body: str, *, make_images: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run *body* as a test under a copy of conftest.py; *make_images* stands in for that program."""
    (folder / "test_it.py").write_text(body)
    shutil.copy(HERE / "conftest.py", folder)
    shutil.copytree(HERE / "images", folder / "images", dirs_exist_ok=True)
    if make_images is not None:
        (folder / "images" / "make_images.py").write_text(make_images)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  docker: needs an engine\n  peers: as well\n")
    command = [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
