"""The images of the resource types, run as Concourse runs them: no PATH, no HOME, read-only, as any user."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sqncshim.paths import MODULES
from sqncshim.tables import RESOURCE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IMAGES = Path(__file__).parents[3] / "images"
USERS = ("0", "12345:54321")
# The engine adds a PATH to every process that it starts; this takes it away again.
WITHOUT_ENVIRONMENT = (
    "/.sqnc/bin/python3",
    "-ISc",
    "import os, sys; os.execve(sys.argv[1], sys.argv[1:], {})",
)
TOOLS_TYPE = """
import os
import shutil
from dataclasses import dataclass

from sqnc_resources import NoKeys, Result, Secret, say


@dataclass(frozen=True, slots=True)
class Source:
    token: Secret


@dataclass(frozen=True, slots=True)
class Version:
    program: str
    path: str


GetParams = PutParams = NoKeys


def check(source, since):
    say(f"the token is {source.token.reveal()}")
    programs = ("git", "node", "ssh", "ssh-add", "ssh-agent", "bash")
    return [Version(name, shutil.which(name) or "") for name in programs]


def get(source, version, params, folder):
    return Result(version)


def put(source, params, folder):
    return Result(Version("uid", str(os.getuid())))
"""

# Imports all that any module of the types imports, also where that happens in a function.
IMPORTS = f"""
import ast, importlib, pathlib, sys

sys.path.insert(0, {MODULES!r})
import sqnc_resources

root = pathlib.Path(sqnc_resources.__file__).parent
found = []
for path in root.rglob("*.py"):
    nodes = [ast.parse(path.read_text())]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            nodes += node.orelse
        elif isinstance(node, ast.Import):
            found += [(path, alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(path, node.module, alias.name) for alias in node.names]
        else:
            nodes += ast.iter_child_nodes(node)
for path, module, name in found:
    try:
        if name and not hasattr(importlib.import_module(module), name):
            module = f"{{module}}.{{name}}"
        importlib.import_module(module)
    except ImportError as error:
        print(path.relative_to(root), error.name)
print(len(found), "imports")
"""
FOR_TESTS = {"conform/machine.py hypothesis", "conform/plugin.py pytest"}


def run(
    image: str, *command: str, request: Mapping[str, object], user: str = "0", options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    words = [
        "docker",
        "run",
        "--rm",
        "--interactive",
        "--read-only",
        "--network=none",
        "--user",
        user,
        *options,
    ]
    return subprocess.run(
        [*words, image, *WITHOUT_ENVIRONMENT, *command],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Any]:
    """Builds an image from a Dockerfile and a folder of files; it goes with the test."""
    made: list[str] = []

    def run_build(dockerfile: Path | str, folder: Path, **arguments: str) -> str:
        if isinstance(dockerfile, str):
            (tmp_path / "Dockerfile").write_text(dockerfile)
            dockerfile = tmp_path / "Dockerfile"
        image = f"sqnc-test/type-{os.getpid()}:{len(made)}"
        words = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        subprocess.run(
            ["docker", "build", "--quiet", "--tag", image, "--file", dockerfile, *words, folder],
            capture_output=True,
            check=True,
        )
        made.append(image)
        return image

    yield run_build
    subprocess.run(["docker", "rmi", *reversed(made)], capture_output=True, check=False)


@pytest.fixture
def tools_type(tmp_path: Path) -> Path:
    """A context with a type of its own, which tells what programs it finds."""
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "tools.py").write_text(TOOLS_TYPE)
    (folder / "type").write_text("/opt/resource/tools.py\n")
    for file in (folder, *folder.iterdir()):
        file.chmod(0o755)  # for any user of the image, whatever the umask
    return folder


OWN_TYPE = "ARG RESOURCES_IMAGE\nFROM ${RESOURCES_IMAGE}\nCOPY . /opt/resource\n"


@pytest.mark.docker
@pytest.mark.parametrize("user", USERS)
class TestTheImageOfOneType:
    def test_checks(self, resource_images: str, user: str) -> None:
        image = resource_images.replace(":all", ":mock")
        request = {"source": {"force_version": "7"}}
        found = answer(run(image, "/opt/resource/check", request=request, user=user))
        assert [version["version"] for version in found] == ["7"]

    def test_gets_into_the_volume_that_it_is_given(
        self, resource_images: str, user: str, tmp_path: Path
    ) -> None:
        image = resource_images.replace(":all", ":mock")
        (volume := tmp_path / "get").mkdir()
        volume.chmod(0o777)
        done = run(
            image,
            "/opt/resource/in",
            "/tmp/build/get",
            request={"source": None, "version": {"version": "3"}},
            user=user,
            options=("--mount", f"type=bind,source={volume},target=/tmp/build/get"),
        )
        assert answer(done)["version"]["version"] == "3"
        assert (volume / "version").read_text() == "3\n"
        assert (volume / "version").stat().st_uid == int(user.partition(":")[0])

    def test_puts_what_the_volume_holds(self, resource_images: str, user: str, tmp_path: Path) -> None:
        image = resource_images.replace(":all", ":mock")
        (inputs := tmp_path / "put" / "made").mkdir(parents=True)
        (inputs / "number").write_text("12")
        for place in (inputs.parent, inputs, inputs / "number"):
            place.chmod(0o755)  # for any user of the image, whatever the umask
        done = run(
            image,
            "/opt/resource/out",
            "/tmp/build/put",
            request={"source": {}, "params": {"file": "made/number"}},
            user=user,
            options=("--mount", f"type=bind,source={tmp_path / 'put'},target=/tmp/build/put"),
        )
        assert answer(done)["version"]["version"] == "12"


@pytest.mark.docker
@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_each_type_starts_in_its_image(name: str, resource_images: str) -> None:
    image = resource_images.replace(":all", f":{name}")
    done = run(image, "/opt/resource/check", request={"source": {"nonsense": 1}}, user=USERS[1])
    assert (done.returncode, done.stdout) == (2, "")
    assert "error: Found unknown keys in source:\nsource.nonsense: unknown key" in done.stderr


@pytest.mark.docker
def test_all_that_types_import_is_in_the_image(resource_images: str) -> None:
    done = run(resource_images, "/.sqnc/bin/python3", "-ISc", IMPORTS, request={})
    *missing, count = done.stdout.splitlines()
    assert set(missing) == FOR_TESTS, done.stderr
    assert int(count.removesuffix(" imports")) > 1000


@pytest.mark.docker
def test_there_is_a_thin_image_for_each_type(resource_images: str) -> None:
    layers = {}
    for name in ("all", *RESOURCE_TYPES):
        image = resource_images.replace(":all", f":{name}")
        asked = ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", image]
        layers[name] = json.loads(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)
    common = layers.pop("all")
    assert set(layers) == set(RESOURCE_TYPES)
    for name, own in layers.items():
        assert own[:-1] == common, name


@pytest.mark.docker
def test_the_image_of_all_types_says_that_it_was_not_told_which(resource_images: str) -> None:
    done = run(resource_images, "/opt/resource/check", request={})
    assert (done.returncode, done.stdout) == (2, "")
    assert "/opt/resource/type: No such file" in done.stderr


@pytest.mark.docker
def test_the_image_of_all_types_runs_the_one_that_is_named(resource_images: str) -> None:
    done = run(resource_images, "/.sqnc/bin/sqncshim", "resource", "check", "mock", request={})
    assert answer(done)[0]["version"] == "mock"


@pytest.mark.docker
@pytest.mark.parametrize("user", USERS)
def test_a_type_of_ones_own_finds_git_and_ssh_and_shows_no_secret(
    resource_images: str, build: Any, tools_type: Path, user: str
) -> None:
    image = build(OWN_TYPE, tools_type, RESOURCES_IMAGE=resource_images)
    done = run(image, "/opt/resource/check", request={"source": {"token": "open-sesame"}}, user=user)
    assert {version["program"]: version["path"] for version in answer(done)} == {
        "git": "/.sqnc/tools/git",
        "node": "/.sqnc/tools/node",
        "ssh": "/.sqnc/bin/ssh",
        "ssh-add": "/.sqnc/bin/ssh-add",
        "ssh-agent": "/.sqnc/bin/ssh-agent",
        "bash": "",
    }
    assert done.stderr == "the token is ***\n"


@pytest.mark.docker
def test_ssh_knows_root_and_holds_keys(resource_images: str, build: Any, tools_type: Path) -> None:
    script = (
        "import subprocess; subprocess.run(['/.sqnc/bin/ssh-agent', '/.sqnc/bin/ssh-add', '-l'], check=False)"
    )
    words = ["docker", "run", "--rm", "--tmpfs=/tmp", resource_images, "/.sqnc/bin/python3", "-ISc", script]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "The agent has no identities.\n"
    words = ["docker", "run", "--rm", resource_images, "/.sqnc/bin/ssh", "-V"]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stderr.startswith("OpenSSH_")


@pytest.mark.docker
def test_what_a_base_image_has_is_found_too_but_git_is_ours(
    docker_images: Mapping[str, str], build: Any, tools_type: Path, bundle_folder: Path
) -> None:
    base = build(IMAGES / "resources" / "Dockerfile", bundle_folder, BASE_IMAGE=docker_images["debian"])
    image = build(OWN_TYPE, tools_type, RESOURCES_IMAGE=base)
    found = answer(run(image, "/opt/resource/check", request={"source": {"token": "open-sesame"}}))
    paths = {version["program"]: version["path"] for version in found}
    assert (paths["bash"], paths["git"]) == ("/usr/bin/bash", "/.sqnc/tools/git")


@pytest.fixture(scope="session")
def bundle_folder() -> Path:
    from sqnc.bundle import ensure_bundle  # noqa: PLC0415  (only tests with an engine need it)
    from sqncshim.cache import cache_folder  # noqa: PLC0415  (as above)

    return ensure_bundle(cache=cache_folder("")).path


@pytest.mark.docker
def test_a_user_of_the_base_image_stays(
    docker_images: Mapping[str, str], build: Any, tools_type: Path, bundle_folder: Path
) -> None:
    base = build(IMAGES / "resources" / "Dockerfile", bundle_folder, BASE_IMAGE=docker_images["user"])
    image = build(OWN_TYPE, tools_type, RESOURCES_IMAGE=base)
    words = ["docker", "run", "--rm", "--interactive", image, "/opt/resource/out", "/tmp"]
    request = json.dumps({"source": {"token": "x"}})
    done = subprocess.run(words, input=request, capture_output=True, text=True, check=False)
    assert int(answer(done)["version"]["path"]) > 0
