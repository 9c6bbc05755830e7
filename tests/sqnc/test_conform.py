"""The conformance kit on images: ours keep every rule; a broken one is caught at what only images show."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.conform.servers import values_of

from sqnc.cli import run as sqnc
from sqnc.conform import open_image
from sqnc_resources.conform.executor import Call
from sqncshim.tables import RESOURCE_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    Build: TypeAlias = Callable[[str], str]

SCENARIOS = Path(__file__).parents[1] / "resources" / "conform" / "scenarios"
WHOLLY_JUDGED = {"git", "mock"}  # each run of `in` and `out` is a container, a quarter of a second
OF_IMAGES = {"works-as-any-user", "works-read-only", "works-without-home", "works-without-path"}
A_SHELL = "COPY --from=sqnc-test/busybox:1 /bin /bin\n"  # git starts the other end of file:// with one
BROKEN = """\
#!/bin/sh
set -e
cat >/dev/null
touch /opt/resource/log
if [ "${0##*/}" = check ]; then
  sleep 30 &
  trap 'exit 143' TERM
  [ "$(id -u)" = 0 ] || exit 1
  echo '[{"ref": "1"}]'
  [ -z "$SLOW" ] || wait
  kill %1 || true
else
  echo 1 >"$1/ref"
  echo '{"version": {"ref": "1"}}'
fi
"""


def judged(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any]]:
    """The status of `sqnc conform --json`, and what it says of each rule."""
    status = sqnc(["conform", "--json", *map(str, arguments)])
    report = json.loads(capsys.readouterr().out)
    return status, {entry["rule"]: entry for entry in report["rules"]}


def verdicts(rules: Mapping[str, Any], verdict: str) -> set[str]:
    return {name for name, entry in rules.items() if entry["verdict"] == verdict}


def gateway() -> str:
    """This machine's address in the network of containers."""
    form = "{{(index .IPAM.Config 0).Gateway}}"
    command = ["docker", "network", "inspect", "bridge", "--format", form]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def judged_image(name: str, image: str, *options: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    with values_of(name, gateway()) as values:
        given = [word for key, value in values.items() for word in ("--var", f"{key}={value}")]
        scenario = SCENARIOS / f"{name}.yml"
        status, rules = judged(capsys, "--image", image, "--scenario", scenario, *given, *options)
    assert {rule: entry["text"] for rule, entry in rules.items() if entry["verdict"] == "fail"} == {}
    assert status == 0
    return rules


@pytest.mark.docker
@pytest.mark.parametrize("name", WHOLLY_JUDGED)
def test_the_image_of_a_type_keeps_every_rule(
    name: str, resource_images: str, build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    image = build(f"FROM {resource_images.replace(':all', f':{name}')}\n{A_SHELL}")
    rules = judged_image(name, image, capsys=capsys)
    assert verdicts(rules, "pass") >= OF_IMAGES


@pytest.mark.docker
@pytest.mark.parametrize("name", sorted(RESOURCE_TYPES.keys() - WHOLLY_JUDGED))
def test_the_image_of_every_other_type_keeps_the_rules_that_are_about_images(
    name: str, resource_images: str, build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    image = build(f"FROM {resource_images.replace(':all', f':{name}')}\n{A_SHELL}")
    chosen = [word for rule in sorted(OF_IMAGES) for word in ("--rule", rule)]
    rules = judged_image(name, image, *chosen, capsys=capsys)
    assert verdicts(rules, "pass") == OF_IMAGES


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Build an image from a Dockerfile, with `check`, `in` and `out` beside it; it goes with the test."""
    image = f"sqnc-test/conform-{os.getpid()}"

    def run_build(dockerfile: str) -> str:
        for role in ("check", "in", "out"):
            (tmp_path / role).write_text(BROKEN)
            (tmp_path / role).chmod(0o755)
        (tmp_path / "Dockerfile").write_text(dockerfile)
        words = ["docker", "build", "--quiet", "--tag", image, tmp_path]
        subprocess.run(words, capture_output=True, check=True)
        return image

    yield run_build
    subprocess.run(["docker", "rmi", image], capture_output=True, check=False)


@pytest.fixture
def broken_image(docker_images: Mapping[str, str], build: Build) -> str:
    """An image whose programs write beside themselves, need root, and leave a child running."""
    return build(f"FROM {docker_images['busybox']}\nCOPY check in out /opt/resource/\n")


@pytest.mark.docker
def test_a_broken_image_breaks_its_rules(
    broken_image: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "conform.yml"
    scenario.write_text("env: {SLOW: ''}\nslow: {role: check, source: {}}\n")
    rules = ("check-answers", "get-answers", "works-read-only", "works-as-any-user")
    chosen = [word for rule in rules for word in ("--rule", rule)]
    status, found = judged(capsys, "--image", broken_image, "--scenario", scenario, *chosen)
    assert status == 1
    assert verdicts(found, "fail") == {"works-read-only", "works-as-any-user"}
    assert verdicts(found, "pass") == {"check-answers", "get-answers"}


@pytest.mark.docker
def test_what_outlives_sigterm_in_a_container_is_caught(
    broken_image: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "conform.yml"
    scenario.write_text("env: {SLOW: 'yes'}\nslow: {role: check, source: {}}\n")
    arguments = ("--scenario", scenario, "--rule", "ends-on-sigterm", "--grace", 1)
    status, found = judged(capsys, "--image", broken_image, *arguments)
    assert status == 1
    assert "1 s after SIGTERM" in found["ends-on-sigterm"]["text"]


@pytest.mark.docker
def test_an_image_is_asked_from_python(broken_image: str) -> None:
    with open_image(broken_image) as executor:
        outcome = executor.run(Call("in", b"{}", {"PATH": "/bin"}))
        assert executor.roles == {"check", "in", "out"}
    assert (outcome.status, outcome.stdout) == (0, b'{"version": {"ref": "1"}}\n')
    assert outcome.tree["ref"].data == b"1\n"


@pytest.mark.docker
def test_nothing_is_left_of_a_judgement(broken_image: str) -> None:
    sqnc(["conform", "--image", broken_image, "--rule", "get-answers"])
    left = subprocess.run(
        ["docker", "ps", "--all", "--quiet", "--filter", f"ancestor={broken_image}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert left.stdout == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-v", "name"], "expected NAME=VALUE"),
        (["--scenario", "none.yml"], "does not exist"),
        ([], "--image"),
    ],
)
def test_what_cannot_be_judged_is_bad_input(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sqnc(["conform", *(["--image", "x"] if words else []), *words]) == 2
    assert message in capsys.readouterr().err
