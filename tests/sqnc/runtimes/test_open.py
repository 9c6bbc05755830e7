import os
import subprocess
import sys
from pathlib import Path

import pytest

from sqnc.runtimes import RuntimeUnavailable, open_runtime


def test_a_runtime_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="'podman': expected one of docker, process, auto"):
        open_runtime("podman", cache=tmp_path, progress=print)


def test_auto_without_an_engine_says_why_in_one_line_and_takes_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/none.sock")
    lines: list[str] = []
    runtime = open_runtime("auto", cache=tmp_path, progress=lines.append)
    assert runtime.name == "process"
    (line,) = lines
    assert line.startswith(
        "steps run on this machine itself (runtime process): "
        "no container engine answers at unix:///nowhere/none.sock (DOCKER_HOST): No such file"
    )


def test_docker_without_an_engine_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/none.sock")
    with pytest.raises(RuntimeUnavailable, match="no container engine answers"):
        open_runtime("docker", cache=tmp_path, progress=print)


def test_auto_without_an_engine_does_not_load_the_sdk(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sqnc.runtimes import open_runtime;"
        "open_runtime('auto', cache=Path(sys.argv[1]), progress=lambda _: None);"
        "assert not {'docker', 'requests'} & set(sys.modules), sorted(sys.modules)"
    )
    env = os.environ | {"DOCKER_HOST": "unix:///nowhere/none.sock"}
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True, env=env)


@pytest.mark.docker
def test_auto_with_an_engine_takes_docker_without_a_word(docker_runtime: object, tmp_path: Path) -> None:
    lines: list[str] = []
    runtime = open_runtime("auto", cache=tmp_path, progress=lines.append)
    assert runtime.name == "docker"
    assert lines == []
    again = open_runtime("docker", cache=tmp_path, progress=print, address=runtime.address)
    assert again.address == runtime.address
    again.close()
    runtime.close()
