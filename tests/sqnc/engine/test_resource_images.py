"""A resource type in an image of its own, of nothing but busybox and three scripts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.docker

NAME = f"sqnc-test/resource-steps-{os.getpid()}"
IMAGE = f"{NAME}:1"
DOCKERFILE = """
FROM sqnc-test/busybox:1
COPY check in out /opt/resource/
USER 1000
ENV TYPE=busy
"""
PROGRAMS = {
    "check": """cat >&2; grep CapEff /proc/self/status >&2; echo '[{"n": "1"}, {"n": "2"}]'""",
    "in": """cat >"$1/request"; pwd >"$1/pwd"; ln -s said "$1/link"
echo "$1 $TYPE $ADDED $BUILD_PIPELINE_NAME" >"$1/said"
echo '{"version": {"n": "2"}, "metadata": [{"name": "by", "value": "in"}]}'""",
    "out": """cat >&2; cd "$1"; find . -type f >&2
case "$(cat made/file)" in fail) exit 3;; esac
echo changed >made/file
echo '{"version": {"n": "3"}}'""",
}
WORKFLOW = """
name: pipe
resource_types:
  - name: busy
    type: registry-image
    source: {repository: NAME, tag: 1}
    defaults: {a: b}
resources:
  - {name: thing, type: busy, source: {c: "((c))"}}
jobs:
  a:
    runs-on: x
    steps:
      - {get: thing, params: {p: "${{ github.job }}"}, env: {ADDED: "yes"}}
      - run: |
          cat thing/request; cat thing/pwd thing/said thing/link; stat -c 'owner %u' thing/said
          mkdir made; echo mine >made/file; chmod -R a+w made
      - {id: put, put: thing, params: {file: made/file, not: "other/${{ github.job }}"}}
      - run: echo "n is ${{ steps.put.outputs.n }}, made is $(cat made/file)"
""".replace("NAME", NAME)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("image")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    for name, body in PROGRAMS.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    subprocess.run(["docker", "build", "-q", "-t", IMAGE, folder], check=True, capture_output=True)
    yield IMAGE
    subprocess.run(["docker", "rmi", "-f", IMAGE], check=True, capture_output=True)


def run(folder: Path, *arguments: str, workflow: str = WORKFLOW) -> tuple[int, list[str], str]:
    """The status, the lines of all logs and annotations, and the talk."""
    (folder / "w.yml").write_text(workflow)
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--json", *arguments, "w.yml"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    events: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    told = [event.get("data") or event.get("message") or "" for event in events]
    return done.returncode, "".join(f"{text}\n" for text in told).splitlines(), done.stderr


@pytest.fixture
def here(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


DOCKER = ("--runtime", "docker", "-P", "x=sqnc-test/debian:12", "--var", "c=((d)) ${{ e }}")


def test_it_gets_and_puts_as_concourse_has_it(image: str, here: Path) -> None:
    status, lines, talk = run(here, *DOCKER)
    assert status == 0, [*lines, talk]
    get = '{"source":{"a":"b","c":"((d)) ${{ e }}"},"params":{"p":"a"},"version":{"n":"2"}}'
    assert any(line.startswith(get) for line in lines)
    assert "/tmp/build/get busy yes pipe" in lines
    assert "owner 0" in lines  # the job's user, not the type's
    assert f'{get.partition("params")[0]}params":{{"file":"made/file","not":"other/a"}}}}./made/file' in lines
    assert "n is 3, made is mine" in lines


def test_what_was_fetched_is_not_fetched_again_but_for_another_environment(image: str, here: Path) -> None:
    gets = "{get: one, resource: thing}", "{get: two, resource: thing}"
    own = "{get: three, resource: thing, env: {ADDED: other}}"
    top, _ = WORKFLOW.split("      - {get")
    lines_of = "".join(f"      - {step}\n" for step in (*gets, own, "run: cat one/said two/said three/said"))
    status, lines, talk = run(here, *DOCKER, workflow=top + lines_of)
    assert status == 0, [*lines, talk]
    assert lines.count("INFO: found existing resource cache") == 1
    told = [line.split() for line in lines if line.startswith("/tmp/build/get busy")]
    assert told == [["/tmp/build/get", "busy", "pipe"]] * 2 + [["/tmp/build/get", "busy", "other", "pipe"]]


@pytest.fixture(scope="module")
def root_image(image: str) -> Iterator[str]:
    """The same, whose programs run as root."""
    name = image.replace(":", "-root:")
    docker = ["docker", "build", "-q", "-t", name, "-"]
    subprocess.run(docker, input=f"FROM {image}\nUSER 0\n".encode(), check=True, capture_output=True)
    yield name
    subprocess.run(["docker", "rmi", name], check=True, capture_output=True)


@pytest.mark.parametrize("is_privileged", [False, True])
def test_only_a_privileged_type_may_do_what_root_may(
    is_privileged: bool, root_image: str, here: Path
) -> None:
    top = WORKFLOW.replace("type: registry-image", f"type: registry-image\n    privileged: {is_privileged}")
    top = top.replace(NAME, f"{NAME}-root").lower()
    status, lines, _ = run(here, *DOCKER, workflow=top)
    probe = ["docker", "run", "--rm", "--privileged", root_image, "true"]
    if is_privileged and (refused := subprocess.run(probe, capture_output=True, check=False)).returncode:
        assert status == 3, refused.stderr  # this engine starts none, and so it was asked for one
        return
    (line,) = (line for line in lines if "CapEff" in line)
    assert (int(line.split()[-1], 16) >> 21 & 1) == is_privileged  # CAP_SYS_ADMIN


def test_what_a_type_of_root_gets_is_the_jobs_users(root_image: str, here: Path) -> None:
    del root_image
    top = WORKFLOW.replace(NAME, f"{NAME}-root").replace("chmod -R a+w made", "true")
    steps = (
        top + "      - run: id -u; echo more >>thing/said; touch thing/new; rm thing/link; echo it is ours\n"
    )
    status, lines, talk = run(here, *DOCKER, "-P", "x=sqnc-test/user:1", workflow=steps)
    assert status == 0, [*lines, talk]
    assert "0" not in lines  # the user is another one than root
    assert "it is ours" in lines
    assert "n is 3, made is mine" in lines


def test_a_type_that_says_no_fails_the_step(image: str, here: Path) -> None:
    status, lines, _ = run(here, *DOCKER, workflow=WORKFLOW.replace("echo mine", "echo fail"))
    assert status == 1
    assert "thing: out failed: exit status 3" in lines


def test_an_answer_that_is_none_is_an_error(image: str, here: Path) -> None:
    del image
    status, lines, _ = run(
        here, *DOCKER, workflow=WORKFLOW.replace(f"{NAME}, tag: 1", "sqnc-test/debian, tag: 12")
    )
    assert status == 3
    assert any("/opt/resource/check" in line for line in lines)


def test_without_containers_it_says_what_to_do(here: Path) -> None:
    status, lines, _ = run(here, "--runtime", "process", "--var", "c=x")
    assert status == 3
    assert (
        "thing: the resource type busy is an image, and this job has no containers: use --runtime docker"
        in lines
    )
