"""Types in containers: an image that follows the protocol, a built-in type, an image that a get makes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sqnc.resources.conftest import Scripts, Sqnc

pytestmark = pytest.mark.docker

PROGRAMS = {
    "check": """
        cat >&2; echo >&2
        echo "cwd $PWD arguments $# $FROM_IMAGE $BUILD_NAME $MORE user $(id -u)" >&2
        echo '[{"v":"1"}]'
    """,
    "in": """
        cat >"$1/request"
        ln -s request "$1/link"; chmod 600 "$1/request"; mkdir "$1/empty"
        echo "in $1" >&2
        echo '{"version":{"v":"1"},"metadata":[{"name":"a","value":"b"}]}'
    """,
    "out": """
        cd "$1"; find . >&2
        echo new >one/made
        echo '{"version":{"v":"2"}}'
    """,
}
DOCKERFILE = """
FROM sqnc-test/busybox:1
COPY check in out /opt/resource/
ENV FROM_IMAGE=yes
"""
PIPELINE = """
resource_types:
- {name: ours, type: registry-image, source: {repository: IMAGE, tag: root}}
- {name: nobodys, type: registry-image, source: {repository: IMAGE, tag: nobody}}
- {name: made, type: ./maker, source: {a: 1}, params: {b: 2}}
- {name: no-image, type: mock}
resources:
- {name: r, type: ours, source: {a: 1}}
- {name: nobody, type: nobodys}
- {name: m, type: mock, source: {initial_version: x}}
- {name: made, type: made}
- {name: no-image, type: no-image}
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A type's image, whose programs run as root (tag `root`) and as nobody (`nobody`)."""
    name, folder = f"sqnc-test/protocol-{os.getpid()}", tmp_path_factory.mktemp("image")
    for program, body in PROGRAMS.items():
        (folder / program).write_text(f"#!/bin/sh\n{body}")
        (folder / program).chmod(0o755)
    for user in ("root", "nobody"):
        (folder / "Dockerfile").write_text(f"{DOCKERFILE}USER {user}\n")
        subprocess.run(
            ["docker", "build", "-q", "-t", f"{name}:{user}", folder], check=True, capture_output=True
        )
    yield name
    subprocess.run(["docker", "rmi", f"{name}:root", f"{name}:nobody"], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: str) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SQNC_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("SQNC_IMAGE", "sqnc-test/busybox:1")
    monkeypatch.setenv("SQNC_PULL", "never")
    Path("pipeline.yml").write_text(PIPELINE.replace("IMAGE", image))
    return tmp_path


def test_an_image_is_checked_as_concourse_does(sqnc: Sqnc) -> None:
    status, out, err = sqnc("check", "r", "-e", "MORE=more")
    assert (status, out) == (0, "v=1  new, latest\n")
    assert err.splitlines()[-2:] == ['{"source":{"a":1}}', "cwd / arguments 0 yes check more user 0"]


@pytest.mark.parametrize("name", ["r", "nobody"])
def test_what_an_image_gets_comes_to_this_machine(name: str, sqnc: Sqnc, image: str) -> None:
    assert sqnc("get", name, "got", "--no-cache")[:2] == (0, "v  1\na  b\n")
    got = Path("got")
    assert json.loads((got / "link").read_text())["version"] == {"v": "1"}
    assert sorted(path.name for path in got.iterdir()) == ["empty", "link", "request"]
    assert (got / "link").readlink() == Path("request")
    assert (stat.S_IMODE((got / "request").stat().st_mode), (got / "request").stat().st_uid) == (
        0o600,
        os.getuid(),
    )


def test_a_get_that_was_cached_starts_no_container(sqnc: Sqnc, monkeypatch: pytest.MonkeyPatch) -> None:
    sqnc("get", "r", "one")
    with monkeypatch.context() as patch:
        patch.setattr("sqnc.runtimes.docker.DockerRuntime.start", None)
        status, _, err = sqnc("get", "r", "two", "--version", "v=1")
    assert (status, err) == (0, "INFO: found existing resource cache\n")
    assert Path("two/link").read_text() == Path("one/link").read_text()
    shutil.rmtree("two")


@pytest.mark.parametrize("name", ["r", "nobody"])
def test_a_put_sees_copies_of_its_inputs(name: str, sqnc: Sqnc) -> None:
    for folder in ("one/.hidden", "two"):
        Path("work", folder).mkdir(parents=True)
    Path("work/one/file").touch()
    status, out, err = sqnc("put", name, "work", "-p", "file=one/file", "-o", "got")
    assert (status, out) == (0, "v  2\n")
    found = err.splitlines()
    assert found[0] == "inputs: one"
    assert sorted(found[1:-1]) == [".", "./one", "./one/.hidden", "./one/file"]
    assert found[-1] == "in /tmp/build/get"
    assert not Path("work/one/made").exists()
    assert json.loads(Path("got/request").read_text())["version"] == {"v": "2"}


def test_a_built_in_type_runs_in_a_container_too(sqnc: Sqnc) -> None:
    status, out, err = sqnc(
        "put", "m", "--runtime", "docker", "-p", "print_env=true", "-p", "version=7", "-o", "got"
    )
    assert (status, dict(line.split() for line in out.splitlines())["version"]) == (0, "7")
    variables = [line for line in err.splitlines() if line.startswith("env: ")]
    assert "env: BUILD_NAME=1" in variables
    assert not [line for line in variables if "SQNC_STATE" in line]
    assert Path("got/version").read_text() == "7\n"


def test_a_type_can_be_an_image_that_a_get_of_another_type_makes(
    sqnc: Sqnc, scripts: Scripts, folder: Path
) -> None:
    scripts.folder.rename(folder / "maker")
    scripts.folder = folder / "maker"
    metadata = {"env": ['TOLD=a "$b" \\\\c'], "user": "65534"}
    scripts.write(
        check=f"""echo '[{{"seed":"{folder}"}}]'""",
        get=f"""
            cd "$1"
            mkdir -p rootfs/bin rootfs/opt/resource
            cp /bin/busybox rootfs/bin/; ln -s busybox rootfs/bin/sh
            printf '#!/bin/sh\necho "$TOLD $(busybox id -u)" >&2; echo "[]"' >rootfs/opt/resource/check
            chmod +x rootfs/opt/resource/check
            echo {shlex.quote(json.dumps(metadata))} >metadata.json
            echo "$request" >&2
            echo '{{"version":{{}}}}'
        """,
    )
    for first in (True, False):
        status, _, err = sqnc("check", "made")
        assert status == 0, err
        asked = {"source": {"a": 1}, "params": {"b": 2}, "version": {"seed": str(folder)}}
        fetched = ["talk of in", json.dumps(asked, separators=(",", ":"))] if first else []
        assert err.splitlines() == ["talk of check", *fetched, 'a "$b" \\c 65534', "no versions"]
    listed = subprocess.run(
        ["docker", "images", "-q", "sqnc-type"], capture_output=True, text=True, check=True
    )
    subprocess.run(["docker", "rmi", "-f", *listed.stdout.split()], check=True, capture_output=True)


def test_a_get_that_makes_no_image_is_told(sqnc: Sqnc) -> None:
    status, _, err = sqnc("check", "no-image")
    assert (status, "this get gave no image: expected rootfs/ and metadata.json" in err) == (3, True)


def test_an_image_that_is_not_there(sqnc: Sqnc) -> None:
    status, _, err = sqnc("check", "r", "-t", "ours=sqnc-test/none:1")
    assert (status, err.startswith("image sqnc-test/none:1: ")) == (3, True)


def test_no_container_is_left(sqnc: Sqnc, image: str) -> None:
    sqnc("check", "r")
    sqnc("check", "r", "-t", f"ours={image}:none")
    found = ["docker", "ps", "-aq", "--filter", "status=running", "--filter", f"ancestor={image}:root"]
    assert subprocess.run(found, capture_output=True, text=True, check=True).stdout == ""
