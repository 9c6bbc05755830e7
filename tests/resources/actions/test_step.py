"""A resource type as an action on GitHub: the step that runs."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.resources.actions.conftest import TYPE, sqncshim

from actions_compat.commands import Vocabulary, parse_command
from actions_compat.file_commands import parse_env


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
