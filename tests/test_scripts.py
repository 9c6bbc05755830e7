"""The set-up scripts say what to do where they cannot do it themselves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder that comes first on PATH, with what stands in for the machine's programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def run(programs: Path, script: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """Return the exit status of *script*, and what it said on both outputs."""
    outer = {name: value for name, value in os.environ.items() if name not in {"DOCKER_HOST", "PYTHON"}}
    env = outer | {"PATH": f"{programs}:{os.environ['PATH']}"} | environment
    done = subprocess.run(
        [SCRIPTS / script, *arguments], env=env, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_an_engine_that_answers_is_left_alone(programs: Path) -> None:
    program(programs, "docker", "echo Docker Engine 1.2.3 answers")
    program(programs, "id", "echo 1000")
    program(programs, "dockerd", f"touch {programs}/started")
    assert run(programs, "docker-engine") == (0, "docker-engine: Docker Engine 1.2.3 answers\n")
    assert not (programs / "started").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts an engine")
def test_an_engine_that_is_started_has_a_bridge_whose_address_stays(programs: Path) -> None:
    program(programs, "docker", f"[ -e {programs}/started ] && echo Docker Engine 1.2.3 answers")
    for name in ("dockerd", "systemctl"):
        program(programs, name, f"touch {programs}/started")
    program(programs, "ip", f'echo "$@" >>{programs}/told')
    status, said = run(programs, "docker-engine")
    assert (status, said.splitlines()[-1]) == (0, "docker-engine: Docker Engine 1.2.3 answers")
    told = (programs / "told").read_text()
    assert re.fullmatch(r"link set dev docker0 address 02:42(:[0-9a-f]{2}){4}\n", told)


def test_only_root_installs_an_engine(programs: Path) -> None:
    program(programs, "docker", "exit 1")
    program(programs, "id", "echo 1000")
    status, said = run(programs, "docker-engine")
    assert status == 1
    assert said == "docker-engine: only root can install and start Docker Engine; run 'sudo make docker'\n"


def test_no_engine_is_started_beside_the_one_that_is_named(programs: Path) -> None:
    program(programs, "docker", "exit 1")
    status, said = run(programs, "docker-engine", DOCKER_HOST="tcp://192.0.2.1:2375")
    assert status == 1
    assert "no engine answers at DOCKER_HOST=tcp://192.0.2.1:2375; unset it to start one here" in said


def test_an_old_python_is_named_with_what_is_needed(programs: Path, tmp_path: Path) -> None:
    old = program(programs, "python-old", '[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1')
    status, said = run(programs, "make-venv", str(tmp_path / "venv"), PYTHON=str(old))
    assert status == 1
    assert f"set-up: needs Python 3.11 or later, and found {old}: Python 3.9.2" in said
    assert not (tmp_path / "venv").exists()


def test_a_python_without_ensurepip_is_named_with_the_package_that_brings_it(
    programs: Path, tmp_path: Path
) -> None:
    program(programs, "id", "echo 1000")
    answers = 'case "$*" in *ensurepip*) exit 1;; *print*) echo python3.11-venv;; esac'
    python = program(programs, "python-split", answers)
    status, said = run(programs, "make-venv", str(tmp_path / "venv"), PYTHON=str(python))
    assert status == 1
    assert (
        said
        == f"set-up: {python} has no ensurepip; on Debian and Ubuntu: sudo apt-get install python3.11-venv\n"
    )


def test_only_root_installs_what_tests_talk_to(programs: Path) -> None:
    program(programs, "id", "echo 1000")
    program(programs, "apt-get", f"touch {programs}/installed")
    for name in ("bash", "env"):  # and no other program of this machine
        (programs / name).symlink_to(str(shutil.which(name)))
    status, said = run(programs, "peers", PATH=str(programs))
    assert status == 1
    assert re.fullmatch(r"peers: only root can install .*git-lfs.*; run 'sudo make peers'\n", said)
    assert not (programs / "installed").exists()


def test_what_is_installed_already_is_left_alone(programs: Path) -> None:
    for name in (
        "dirmngr",
        "git-crypt",
        "git-lfs",
        "gpg",
        "gpg-agent",
        "openssl",
        "proxytunnel",
        "sshd",
        "ssh-agent",
    ):
        program(programs, name, "")
    program(programs, "apt-get", f"touch {programs}/installed")
    status, said = run(programs, "peers")
    assert (status, said.partition(":")[0]) == (0, "peers")
    assert not (programs / "installed").exists()
