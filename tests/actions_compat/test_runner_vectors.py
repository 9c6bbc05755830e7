"""GitHub's own runner as data: the groups of vectors about commands, files, masking and matching."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from actions_compat.annotations import Annotation, read_span
from actions_compat.commands import (
    SET_REPO_PATH,
    Command,
    CommandParser,
    Vocabulary,
    format_command,
    parse_command,
)
from actions_compat.containers import Volume, parse_volume
from actions_compat.effects import (
    AddMask,
    CommandState,
    Failure,
    Issue,
    SetRepoPath,
    allows_unsecure_stop_tokens,
)
from actions_compat.file_commands import FileCommandError, check_summary, is_blocked, parse_env
from actions_compat.hashfiles import hash_files
from actions_compat.masking import Masker, SecretSet
from actions_compat.matchers import MatcherError, MatcherSet, ProblemMatcher, RunningMatcher, parse_matchers

FILE = Path(__file__).parents[2].parent / "shared" / "vectors" / "runner.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text()) if FILE.exists() else {}

pytestmark = pytest.mark.skipif(
    not VECTORS, reason="the vectors are not beside the project: ../shared/vectors"
)

# entry → why it is left out
LEFT_OUT = {
    "MatcherRemoveColorCodes": "NUL and `33[` stand for an escape that C# does not have: nothing prints it",
    "StripCompositeMarkers_StartAction": "GitHub's runner marks steps for its server so: we do not",
    "StripCompositeMarkers_EndAction": "as above",
    "StripCompositeMarkers_EmbeddedInLine": "as above",
    "StripCompositeMarkers_PreservesOtherCommands": "its runner lacks `group`; ours makes it a group",
}


def group(*path: str) -> list[Any]:
    value: Any = VECTORS
    for key in path:
        value = value.get(key, {}) if value else {}
    return [entry for entry in value or [] if not (isinstance(entry, dict) and entry.get("name") in LEFT_OUT)]


def named(entry: Any) -> str:
    return str(entry.get("name", entry.get("line", "")))[:60] if isinstance(entry, dict) else str(entry)[:60]


def test_what_is_left_out_is_in_the_vectors() -> None:
    names = {
        entry["name"] for key in ("output_manager", "masking", "file_commands") for entry in VECTORS[key]
    }
    assert set(LEFT_OUT) <= names


@pytest.mark.parametrize(
    "entry", group("command_parse_v1_hash_bracket") + group("command_parse_v2_double_colon"), ids=named
)
def test_a_line_is_read_as_the_runner_reads_it(entry: dict[str, Any]) -> None:
    command = parse_command(entry["line"].encode(), Vocabulary(extra=frozenset(entry["registered"])))
    parsed = command and {"command": command.name, "properties": command.properties, "data": command.data}
    assert parsed == entry["parsed"]


class Step:
    """A parser and a state as an engine would join them, fed one line at a time."""

    def __init__(self, entry: dict[str, Any]) -> None:
        environment = {"ACTIONS_ALLOW_UNSECURE_COMMANDS": "true", **entry.get("env", {})}
        extra = frozenset({SET_REPO_PATH}) if "requires" in entry else frozenset()
        unsecure = allows_unsecure_stop_tokens(environment)
        vocabulary = Vocabulary(extra=extra, allow_unsecure_stop_tokens=unsecure)
        debug = entry.get("variables", {}).get("ACTIONS_STEP_DEBUG") == "true"
        self.parser = CommandParser(vocabulary)
        self.state = CommandState(environment, vocabulary, echo=debug)
        self.secrets = SecretSet()
        self.effects: list[object] = []

    def take(self, line: str) -> bool | str:
        """Return whether the line was a command, or `throws`."""
        pieces = self.parser.feed(f"{line}\n".encode())
        self.effects = [e for piece in pieces if isinstance(piece, Command) for e in self.state.apply(piece)]
        for effect in self.effects:
            if isinstance(effect, AddMask):
                self.secrets.add(effect.value)
        if self.failure and not line.startswith("::echo"):
            return "throws"
        return isinstance(pieces[0], Command)

    @property
    def failure(self) -> str | None:
        return next((effect.messages[1] for effect in self.effects if isinstance(effect, Failure)), None)


@pytest.mark.parametrize("entry", group("command_manager"), ids=named)
def test_commands_of_a_step_follow_each_other(entry: dict[str, Any]) -> None:
    step = Step(entry)
    if "initial" in entry:
        assert step.state.echo == entry["initial"]["echo"]
    for line, handled, *after in entry["steps"]:
        assert step.take(line) == handled, line
        expected = after[0] if after else {}
        assert step.state.echo == expected.get("echo", step.state.echo)
        assert bool(step.failure) == (handled == "throws" or expected.get("command_result") == "failure")
    if "error_contains" in entry:
        assert entry["error_contains"] in (step.failure or "")
    for secret in entry.get("masked_after", []):
        assert Masker(step.secrets).mask(f"a {secret} b") == "a *** b"
    if "effect" in entry:
        assert step.effects == [SetRepoPath(*entry["effect"])]


@pytest.mark.parametrize("entry", group("annotation_lines_columns"), ids=named)
def test_a_place_that_contradicts_itself_is_dropped(entry: dict[str, Any]) -> None:
    command = parse_command(entry["line"].encode(), Vocabulary())
    assert command is not None
    span = read_span(command)
    values = {"line": span.line, "endLine": span.end_line, "col": span.column, "endColumn": span.end_column}
    assert {key: str(values[key]) for key in entry.get("equal", {})} == entry.get("equal", {})
    assert all(values[key] is None for key in entry.get("absent", []))


@pytest.mark.parametrize("entry", group("masking"), ids=named)
def test_secrets_are_masked_in_every_form(entry: dict[str, Any]) -> None:
    secrets = SecretSet(entry.get("secrets", []))
    for line in entry.get("commands", []):
        command = parse_command(line.encode(), Vocabulary())
        assert command is not None
        for effect in CommandState().apply(command):
            if isinstance(effect, AddMask):
                secrets.add(effect.value)
            else:
                assert isinstance(effect, Issue), "a blank mask is a warning"
    for text, masked in entry["cases"]:
        assert Masker(secrets).mask(text) == masked


@pytest.mark.parametrize("entry", group("file_commands"), ids=named)
def test_a_file_of_values_is_read(entry: dict[str, Any]) -> None:
    # None stands for a missing file, which is the engine's to notice; it reads as an empty one
    data = (b"\xef\xbb\xbf" if entry["bom"] else b"") + (entry["content"] or "").encode()
    if "error_contains" in entry:
        with pytest.raises(FileCommandError, match=re.escape(entry["error_contains"])):
            parse_env(data)
        return
    pairs = parse_env(data)
    blocked = [name for name, _ in pairs if entry["kind"] == "env" and is_blocked(name)]
    assert len(blocked) == entry["issues"]
    assert {name: value for name, value in pairs if name not in blocked} == entry["expected"]


@pytest.mark.parametrize("entry", group("step_summary"), ids=named)
def test_a_summary_is_checked_and_scrubbed(entry: dict[str, Any]) -> None:
    if "size" in entry:
        problem = check_summary(b"x" * entry["size"])
        assert problem == entry.get("message")
        assert bool(problem) == bool(entry["issues"])
        return
    # the runner's masks are patterns that its server sends; ours are values, so take what the patterns match
    values = [found for regex in entry["mask_regexes"] for found in re.findall(regex, entry["content"])]
    scrubbed = Masker(values).mask(entry["content"])
    assert check_summary(scrubbed.encode()) is None
    assert all(secret not in scrubbed for secret in entry["must_not_contain"])


@pytest.mark.parametrize("entry", group("issue_matchers"), ids=named)
def test_a_matcher_is_checked_and_matches(entry: dict[str, Any]) -> None:
    if entry.get("valid") is False:
        with pytest.raises(MatcherError):
            parse_matchers(json.dumps(entry["config"]))
        return
    (matcher,) = parse_matchers(json.dumps(entry["config"]))
    assert matcher.owner == entry["config"]["problemMatcher"][0]["owner"]
    running = RunningMatcher(matcher)
    for step in entry.get("steps", []):
        match = running.match(step["line"])
        if "match" not in step:
            continue
        if step["match"] is None:
            assert match is None
        else:
            keys = {key: "from_path" if key == "fromPath" else key for key in step["match"]}
            assert {key: getattr(match, name) for key, name in keys.items()} == step["match"]


@pytest.mark.parametrize("entry", group("output_manager"), ids=named)
def test_a_line_is_a_command_a_problem_or_output(entry: dict[str, Any]) -> None:
    vocabulary = Vocabulary(extra=frozenset({"some-command"}))
    matchers = MatcherSet(ProblemMatcher.parse(config) for config in entry["matchers"])
    commands: list[str] = []
    issues: list[Annotation] = []
    messages: list[str] = []
    for operation, argument in entry["ops"]:
        if operation == "add":
            matchers.add(ProblemMatcher.parse(argument))
        elif operation == "remove":
            matchers.remove(argument)
        elif parse_command(argument.encode(), vocabulary):
            commands.append(argument)
        else:
            answer = matchers.match(argument)
            messages += [f"##[debug]{text}" for text in answer.debug]
            if answer.annotation:
                issues.append(answer.annotation)
            else:
                messages.append(argument)
    assert (len(issues), len(commands)) == (entry["issues_count"], entry["commands_count"])
    assert len(messages) == entry["messages_count"]
    for place, text in entry["expect"].get("messages", {}).items():
        assert messages[int(place)] == text
    for place, text in entry["expect"].get("commands", {}).items():
        assert commands[int(place)] == text
    for place, expected in entry["expect"].get("issues", {}).items():
        issue = issues[int(place)]
        shown = {"message": issue.message, "type": issue.level, "code": issue.code}
        numbers = {"line": issue.line, "col": issue.column}
        shown |= {key: None if number is None else str(number) for key, number in numbers.items()}
        assert {key: shown[key] for key in expected} == expected


@pytest.mark.parametrize("entry", group("toolkit_issue_command", "cases"), ids=named)
def test_a_command_is_written_as_the_toolkit_writes_it(entry: list[Any]) -> None:
    name, properties, data, line = entry
    assert format_command(name, properties, data) == line


@pytest.mark.parametrize("entry", group("toolkit_hashfiles", "cases"), ids=named)
def test_files_have_the_toolkit_s_digest(entry: dict[str, Any], tmp_path: Path) -> None:
    for name, content in entry["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    assert hash_files(tmp_path, entry["patterns"]) == entry["digest"]


def test_volumes_are_read() -> None:
    # the rest of the group is about docker's command line and its answers, which nothing here uses
    for text, (source, target, read_only) in group("docker", "mount_volume"):
        assert parse_volume(text) == Volume(source, target, read_only=read_only)
