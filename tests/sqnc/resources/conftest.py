"""A resource type in shell scripts, which remembers each call, and what runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sqnc.cli import run
from sqnc.engine.containers import JobContainer
from sqnc.resources.executors import ScriptsType, host_environment
from sqnc.runtimes import Image
from sqnc.runtimes.process import AgentProcess
from sqncshim.agent import Agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    Sqnc: TypeAlias = Callable[..., tuple[int, str, str]]

PIPELINE = """\
resources:
- name: r
  type: ./type
  source: {uri: ((uri))}
- name: bare
  type: ./type
- name: told
  type: ./type
  expose_build_created_by: true
- name: pinned
  type: ./type
  version: {"n": "1"}
- name: slow
  type: ./type
  check_timeout: 300ms
jobs:
- {name: j, plan: [{get: r}]}
"""
CALLS = """
calls=$(dirname "$0")/.git/calls
mkdir -p "$calls"
request=$(cat)
printf '%s' "$request" >"$calls/{role}.json"
env >"$calls/{role}.env"
printf '%s %s' "$PWD" "$1" >"$calls/{role}.args"
echo {role} >>"$calls/roles"
echo "talk of {role}" >&2
"""
"""In `.git`, which does not count as code of the type."""


class Scripts:
    """The folder of a type whose programs are given as shell, and what they were called with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def write(self, **bodies: str) -> None:
        """Write programs: `check="echo []"`; `in` is no name, so it is `get`."""
        for name, body in bodies.items():
            role = {"get": "in", "put": "out"}.get(name, name)
            path = self.folder / role
            path.write_text(f"#!/bin/sh\n{CALLS.replace('{role}', role)}\n{body}\n")
            path.chmod(0o755)

    def request(self, role: str) -> object:
        return json.loads(self.request_text(role))

    def request_text(self, role: str) -> str:
        return (self.folder / ".git" / "calls" / f"{role}.json").read_text()

    def environment(self, role: str) -> dict[str, str]:
        lines = (self.folder / ".git" / "calls" / f"{role}.env").read_text().splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}

    def arguments(self, role: str) -> list[str]:
        """The working directory and the first argument."""
        return (self.folder / ".git" / "calls" / f"{role}.args").read_text().split(" ")

    def roles(self) -> list[str]:
        """The programs that were run, in order."""
        calls = self.folder / ".git" / "calls" / "roles"
        return calls.read_text().split() if calls.exists() else []


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    found = Scripts(tmp_path / "type")
    found.write(
        check="""echo '[{"n":"1"}]'""",
        get="""
            echo "$request" >"$1/request"
            echo '{"version":{"n":"1"},"metadata":[{"name":"a","value":"b"}]}'
        """,
        put="""echo '{"version":{"n":"2"}}'""",
    )
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripts: Scripts) -> Path:
    """The current folder, with a pipeline in it, and a state and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SQNC_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("SQNC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "pipeline.yml").write_text(PIPELINE)
    return tmp_path


@pytest.fixture
def here(tmp_path: Path) -> Iterator[JobContainer]:
    """An agent of this machine."""
    process = AgentProcess(tmp_path / "agent.log")
    container = JobContainer(Image(""), process, Agent(process.stream), bundled=False)
    yield container
    container.close()


@pytest.fixture
def scripts_type(scripts: Scripts, here: JobContainer) -> Callable[[], ScriptsType]:
    return lambda: ScriptsType(scripts.folder, lambda: here, host_environment())


@pytest.fixture
def sqnc(capfdbinary: pytest.CaptureFixture[bytes]) -> Sqnc:
    """Run a command; return status, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(arguments)
        out, err = capfdbinary.readouterr()
        return status, out.decode(), err.decode()

    return call
