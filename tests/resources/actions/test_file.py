"""A resource type as an action on GitHub: the file that is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.resources.actions.conftest import ACTIONS, TYPE, sqncshim

from actions_compat.action import Action, CompositeRuns, DockerRuns, read_action
from sqnc_resources.action_file import ActionFile
from sqnc_resources.types import load
from sqncshim.tables import RESOURCE_TYPES


def written(kind: Path, action: str, *words: object) -> Action:
    """The action's file, as GitHub's marketplace would read it."""
    done = sqncshim("resource", "action", kind.name, action, *words, cwd=kind.parent)
    assert done.returncode == 0, done.stderr
    return read_action(done.stdout, file="action.yml", strict=True)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_the_file_of_every_type_is_one_that_github_takes(name: str, action: str) -> None:
    file = ActionFile(name, load(name), action)
    for text in (file.docker("Dockerfile"), file.composite(name)):
        read = read_action(text, file="action.yml", strict=True)
        assert read.name == f"{name} {action}"
        assert read.inputs or name == "mock"
        assert all(given.description for given in read.inputs.values())
        assert len({given.upper() for given in read.inputs}) == len(read.inputs)


def test_the_inputs_are_the_keys_and_the_outputs_those_of_the_version(kind: Path) -> None:
    source = {"file", "token", "logins", "source_folder", "loud", "with-dash"}
    version = {"line", "version_metadata"}
    names = {action: {*written(kind, action).inputs} for action in ACTIONS}
    assert names == {
        "check": source | version,
        "get": source | version | {"names", "folder"},
        "put": source | {"text", "times", "folder"},
    }
    assert {*written(kind, "check").outputs} == version | {"versions"}
    assert {*written(kind, "get").outputs} == {*written(kind, "put").outputs} == version | {"metadata"}


def test_an_input_says_what_the_author_wrote_what_it_needs_and_what_it_is_otherwise(kind: Path) -> None:
    inputs = written(kind, "put").inputs
    assert (inputs["file"].required, inputs["file"].description) == (True, "The file's path.")
    assert not inputs["token"].required
    assert inputs["token"].description == "What opens it. Give it a secret."
    assert inputs["logins"].description == "Who may. A list in YAML or JSON."
    assert {name: given.default.value for name, given in inputs.items() if given.default} == {
        "times": "1",
        "folder": ".",
    }
    inputs = written(kind, "get").inputs
    assert inputs["names"].description == "What to call it. One a line, or a list in YAML or JSON."
    assert inputs["folder"].default is not None
    assert inputs["folder"].default.value == "lines"
    assert not inputs["line"].required


def test_no_part_of_a_version_has_a_default_for_that_would_be_a_version(kind: Path) -> None:
    kind.write_text(
        TYPE.replace("    metadata: str | None = None", '    metadata: str = "m"\n    kept: bool = True')
    )
    inputs = written(kind, "get").inputs
    assert (inputs["version_metadata"].default, inputs["kept"].default) == (None, None)


@pytest.mark.parametrize(
    ("words", "image"),
    [
        ([], "Dockerfile"),
        (["--image", "registry.example.com/lines:1"], "docker://registry.example.com/lines:1"),
        (["--image", "docker://lines"], "docker://lines"),
        (["--image", "build/Dockerfile.small"], "build/Dockerfile.small"),
    ],
)
def test_a_docker_action_runs_the_image_of_the_type(kind: Path, words: list[str], image: str) -> None:
    runs = written(kind, "get", *words).runs
    assert isinstance(runs, DockerRuns)
    assert runs.image == image
    assert runs.entrypoint == "/.sqnc/bin/sqncshim"
    assert [argument.value for argument in runs.args] == ["resource", "run-action", "get"]


def test_paths_are_seen_from_the_folder_of_the_file(kind: Path) -> None:
    for words in ([], ["--composite"]):
        done = sqncshim(
            "resource", "action", kind.name, "get", *words, "--output", "get/action.yml", cwd=kind.parent
        )
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        runs = read_action((kind.parent / "get/action.yml").read_text(), file="action.yml", strict=True).runs
        if isinstance(runs, DockerRuns):
            assert runs.image == "../Dockerfile"
        else:
            assert isinstance(runs, CompositeRuns)
            assert '"$GITHUB_ACTION_PATH"/../lines.py' in str(runs.steps[0])
