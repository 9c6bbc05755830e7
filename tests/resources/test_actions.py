"""A resource type as an action on GitHub: the file that is written, the step that runs, and workflows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from actions_compat.action import Action, CompositeRuns, DockerRuns, read_action
from actions_compat.commands import Vocabulary, parse_command
from actions_compat.file_commands import parse_env
from sqnc_resources.action_file import ActionFile
from sqnc_resources.types import load
from sqncshim.tables import RESOURCE_TYPES

ACTIONS = ("check", "get", "put")
TYPE = '''
"""Lines of a file.

More of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqnc_resources import ResourceError, Result, Secret, key, say


@dataclass(frozen=True, slots=True)
class Login:
    user: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Source:
    file: str
    """The file's path."""
    token: Secret | None = None
    """What opens it."""
    logins: tuple[Login, ...] = ()
    """Who may."""
    folder: str = ""
    loud: bool = False
    class_: str = key("", name="with-dash")


@dataclass(frozen=True, slots=True)
class Version:
    line: int
    """Its number."""
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class GetParams:
    names: tuple[str, ...] = ("text",)
    """What to call it."""


@dataclass(frozen=True, slots=True)
class PutParams:
    text: str
    """The line."""
    times: int = 1


def lines(source):
    try:
        return Path(source.file).read_text().splitlines()
    except OSError as error:
        raise ResourceError(f"{source.file}:\\n100% {error.strerror}") from error


def check(source, since):
    found = [Version(number) for number in range(1, len(lines(source)) + 1)]
    return found[(since.line if since else len(found)) - 1 :]


def get(source, version, params, folder):
    for name in params.names:
        (folder / name).write_text(lines(source)[version.line - 1])
    if source.token:
        say(f"the token is {source.token.reveal()}")
    about = [("text", "one\\ntwo"), ("source", repr(source)), ("text", "three")]
    return Result(version, about)


def put(source, params, folder):
    if source.token:
        say(f"the token is {source.token.reveal()}")
    with open(source.file, "a") as file:
        file.write((folder / params.text).read_text() * params.times)
    return Result(Version(len(lines(source)), "m\\nline<<END\\n7\\nEND"), {"loud": str(source.loud)})
'''


@pytest.fixture
def kind(tmp_path: Path) -> Path:
    file = tmp_path / "lines.py"
    file.write_text(TYPE)
    return file


def sqncshim(
    *words: object, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sqncshim", *map(str, words)],
        cwd=cwd,
        env=os.environ | dict(env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# The file


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


# The step


class Step:
    """Runs the step as a runner does: inputs in variables, a file for outputs, commands in what it prints."""

    def __init__(self, kind: Path) -> None:
        self.kind = kind
        self.folder = kind.parent
        self.output = self.folder / "outputs"

    def run(self, action: str, /, **inputs: str) -> subprocess.CompletedProcess[str]:
        env = {f"INPUT_{name.upper()}": text for name, text in inputs.items()}
        env |= {"GITHUB_OUTPUT": str(self.output), "GITHUB_WORKSPACE": str(self.folder)}
        return sqncshim("resource", "run-action", action, self.kind, cwd=Path("/"), env=env)

    def outputs(self, action: str, /, **inputs: str) -> dict[str, str]:
        done = self.run(action, **inputs)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        return dict(parse_env(self.output.read_bytes()))


@pytest.fixture
def step(kind: Path) -> Step:
    (kind.parent / "data").write_text("a\nb\nc\n")
    return Step(kind)


def data(step: Step) -> str:
    return str(step.folder / "data")


def test_a_check_gives_all_versions_and_the_keys_of_the_newest(step: Step) -> None:
    found = step.outputs("check", file=data(step), line="2")
    assert found == {"line": "3", "versions": '[{"line": "2"}, {"line": "3"}]'}


def test_a_check_that_finds_nothing_gives_no_keys(step: Step) -> None:
    (step.folder / "data").write_text("")
    assert step.outputs("check", file=data(step)) == {"versions": "[]"}


def test_a_get_fetches_the_version_or_the_newest_below_the_workspace(step: Step) -> None:
    assert step.outputs("get", file=data(step), line="1", folder="x/y")["line"] == "1"
    assert (step.folder / "x/y/text").read_text() == "a"
    assert step.outputs("get", file=data(step), line="", names="one\ntwo\n")["line"] == "3"
    assert (step.folder / "lines/two").read_text() == "c"


def test_metadata_is_json_with_all_values_of_a_name(step: Step) -> None:
    metadata = json.loads(step.outputs("get", file=data(step))["metadata"])
    assert [*metadata] == ["text", "source"]
    assert metadata["text"] == "one\ntwo\nthree"


def test_texts_become_what_the_keys_take(step: Step) -> None:
    found = step.outputs(
        "get",
        file=data(step),
        loud="True",
        logins="[{user: ann, password: swordfish}]",
        source_folder="f",
        **{"with-dash": "d", "names": '["n 1"]'},
    )
    source = json.loads(found["metadata"])["source"]
    assert "logins=(Login(user='ann', password=Secret('***')),), folder='f', loud=True, class_='d'" in source
    assert (step.folder / "lines/n 1").read_text() == "c"


def test_an_output_cannot_break_out_of_its_value(step: Step) -> None:
    (step.folder / "new").write_text("d\n")
    found = step.outputs("put", file=data(step), text="new", times="2", loud="false")
    assert found["line"] == "5"
    assert found["version_metadata"] == "m\nline<<END\n7\nEND"
    assert json.loads(found["metadata"]) == {"loud": "False"}


def test_secrets_are_masked_for_the_runner_before_anything_is_printed(step: Step) -> None:
    secrets = {"token": "first line\n100% second\n", "logins": '[{"password": "swordfish"}]'}
    done = step.run("get", file=data(step), **secrets)
    lines = done.stderr.splitlines()
    assert lines[:2] == ["::add-mask::first line%0A100%25 second%0A", "::add-mask::swordfish"]
    assert lines[2].startswith("::stop-commands::")
    assert not [line for line in lines[2:] if "second" in line or "swordfish" in line]
    assert "the token is ***" in "\n".join(lines[2:])
    masks = [parse_command(line.encode(), Vocabulary()) for line in lines[:2]]
    assert [mask.data for mask in masks if mask] == ["first line\n100% second\n", "swordfish"]


def test_secrets_are_masked_also_where_something_else_is_wrong(step: Step) -> None:
    done = step.run("get", token="open-sesame", names="[")
    assert done.returncode == 2
    done = step.run("get", token="open-sesame", loud="very")
    assert done.stderr.startswith("::add-mask::open-sesame\n")


def test_what_the_type_prints_is_no_command_of_the_runner(step: Step) -> None:
    step.kind.write_text(TYPE.replace('say(f"the token', 'print("::error::injected"); say(f"the token'))
    done = step.run("get", file=data(step), token="open-sesame")
    assert done.returncode == 0
    assert "::error::injected" in done.stderr.splitlines()
    assert obeyed(done.stderr) == ["add-mask", "stop-commands", "resume"]
    step.kind.write_text(
        TYPE.replace('say(f"the token', 'print("::error::injected"); raise ResourceError(f"the token')
    )
    done = step.run("get", file=data(step), token="open-sesame")
    assert done.returncode == 1
    assert obeyed(done.stderr) == ["add-mask", "stop-commands", "resume", "error"]


def obeyed(printed: str) -> list[str]:
    """The commands that a runner does."""
    vocabulary, found = Vocabulary(), []
    for line in printed.splitlines():
        command = parse_command(line.encode(), vocabulary)
        if command is None:
            continue
        if vocabulary.is_stop_token(command.name):
            vocabulary.resume()
            found.append("resume")
        elif vocabulary.stop_token is None:
            found.append(command.name)
            if command.name == "stop-commands":
                vocabulary.stop(command.data)
    return found


def test_what_the_type_says_no_with_is_an_annotation(step: Step) -> None:
    done = step.run("check", file="/gone")
    assert done.returncode == 1
    assert done.stderr.endswith("\n::error title=lines check::/gone:%0A100%25 No such file or directory\n")


def test_a_missing_input_is_an_annotation(step: Step) -> None:
    done = step.run("put", file=data(step), times="many")
    assert done.returncode == 2
    assert "::error title=lines put::params.text: expected a string, and it is missing%0A" in done.stderr
    assert "params.times: expected a whole number" in done.stderr


def test_by_hand_it_says_what_to_do_and_shows_no_secret(kind: Path) -> None:
    done = sqncshim(
        "resource", "run-action", "check", kind, cwd=kind.parent, env={"INPUT_TOKEN": "open-sesame"}
    )
    assert done.returncode == 2
    assert "GITHUB_OUTPUT is not set" in done.stderr
    assert "open-sesame" not in done.stderr


def test_without_a_type_it_is_that_of_the_image(tmp_path: Path) -> None:
    done = sqncshim("resource", "run-action", "check", cwd=tmp_path)
    assert done.returncode == 2
    assert "/opt/resource/type: No such file" in done.stderr


# Workflows

WORKFLOW = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo four >made
      - id: put
        uses: ./put
        with: {file: data, text: made, token: "${{ secrets.TOKEN }}"}
      - id: check
        uses: ./check
        with: {file: data, line: 2}
      - id: get
        uses: ./get
        with:
          file: data
          line: ${{ fromJSON(steps.check.outputs.versions)[0].line }}
          names: |
            one
            two words
      - run: |
          echo "put ${{ steps.put.outputs.line }}, loud ${{ fromJSON(steps.put.outputs.metadata).loud }}"
          echo "newest ${{ steps.check.outputs.line }}"
          echo "got ${{ steps.get.outputs.line }}: $(cat 'lines/two words')"
          echo "masked by the runner: open-sesame"
"""


def run_workflow(kind: Path, runtime: str, *words: str) -> str:
    """Run WORKFLOW with the actions beside *kind*; what it printed."""
    folder = kind.parent
    (folder / "data").write_text("a\nb\nc\n")
    (folder / "workflow.yml").write_text(WORKFLOW)
    for action in ACTIONS:
        file = f"{action}/action.yml"
        sqncshim("resource", "action", kind.name, action, *words, "-o", file, cwd=folder).check_returncode()
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", folder, *command], check=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--runtime", runtime]
    command += ["-P", "ubuntu-latest=sqnc-test/debian:12", "--secret", "TOKEN=open-sesame", "workflow.yml"]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check_printed(printed: str) -> None:
    assert "put 4, loud False" in printed
    assert "newest 4" in printed
    assert "got 2: b" in printed
    assert "the token is ***" in printed
    assert "open-sesame" not in printed


@pytest.fixture
def shared(kind: Path) -> Path:
    """The type in a repository of its own, whose folder the engine may name after it."""
    folder = kind.parent / "repository"
    folder.mkdir()
    return kind.rename(folder / kind.name)


def test_a_workflow_runs_composite_actions_where_the_program_is_installed(shared: Path) -> None:
    check_printed(run_workflow(shared, "process", "--composite"))


@pytest.mark.docker
@pytest.mark.parametrize("by", ["Dockerfile", "image"])
def test_a_workflow_runs_docker_actions(shared: Path, resource_images: str, by: str) -> None:
    folder = shared.parent
    (folder / "type").write_text("/opt/resource/lines.py\n")
    (folder / "Dockerfile").write_text(f"FROM {resource_images}\nCOPY lines.py type /opt/resource/\n")
    if by == "Dockerfile":
        try:
            check_printed(run_workflow(shared, "docker"))
        finally:
            remove_built_on(resource_images)
        return
    image = f"sqnc-test/lines-{os.getpid()}"
    subprocess.run(["docker", "build", "-q", "-t", image, folder], capture_output=True, check=True)
    try:
        check_printed(run_workflow(shared, "docker", "--image", image))
    finally:
        subprocess.run(["docker", "rmi", image], capture_output=True, check=False)


def remove_built_on(base: str) -> None:
    """Remove the engine's images of actions that are built on *base*, which goes with the session."""
    listed = subprocess.run(
        ["docker", "images", "-q", "sqnc-action"], capture_output=True, text=True, check=True
    )
    for image in listed.stdout.split():
        if layers(image)[: len(layers(base))] == layers(base):
            subprocess.run(["docker", "rmi", "--force", image], capture_output=True, check=False)


def layers(image: str) -> list[str]:
    words = ["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", image]
    found: list[str] = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return found
