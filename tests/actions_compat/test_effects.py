"""What commands ask for, and how a bad one fails its step."""

from __future__ import annotations

import pytest

from actions_compat.annotations import Annotation
from actions_compat.commands import COMMAND_NAMES, Vocabulary, parse_command
from actions_compat.effects import (
    AddMask,
    AddMatcher,
    AddPath,
    CommandState,
    Debug,
    Echo,
    Effect,
    EndGroup,
    Failure,
    Group,
    Issue,
    Output,
    RemoveMatcher,
    SaveState,
    SetEnv,
    SetOutput,
)

UNSECURE = {"ACTIONS_ALLOW_UNSECURE_COMMANDS": "True"}


def apply(line: str, state: CommandState | None = None) -> list[Effect]:
    command = parse_command(line.encode(), Vocabulary())
    assert command is not None, line
    return (state or CommandState()).apply(command)


def failure(effects: list[Effect]) -> str:
    (found,) = [effect for effect in effects if isinstance(effect, Failure)]
    return found.messages[-1]


@pytest.mark.parametrize(
    ("line", "effect"),
    [
        ("::set-output name=a::b%0Ac", SetOutput("a", "b\nc")),
        ("::save-state name=a::b", SaveState("a", "b")),
        ("##[set-output name=a]b", SetOutput("a", "b")),
        ("::add-mask::secret", AddMask("secret")),
        ("::debug::text", Debug("text")),
        ("::group::Title", Group("Title")),
        ("::endgroup::", EndGroup()),
        ("::add-matcher::m.json", AddMatcher("m.json")),
        ("::remove-matcher owner=me::", RemoveMatcher("me", None)),
        ("::remove-matcher::m.json", RemoveMatcher(None, "m.json")),
        ("::notice::text", Issue(Annotation("notice", "text"))),
        (
            "::error file=a.py,line=1,col=2,endColumn=3,title=T::text",
            Issue(Annotation("error", "text", "a.py", 1, None, 2, 3, "T")),
        ),
    ],
)
def test_a_command_has_its_effect(line: str, effect: Effect) -> None:
    assert apply(line) == [effect]


def test_every_command_has_a_meaning() -> None:
    for name in COMMAND_NAMES:
        assert apply(f"::{name} name=a,owner=b::data"), name


@pytest.mark.parametrize(
    ("line", "effect"),
    [
        ("::set-env name=A::b", SetEnv("A", "b")),
        ("::add-path::/bin", AddPath("/bin")),
    ],
)  # fmt: skip  (a table)
def test_unsecure_commands_need_the_user_s_word(line: str, effect: Effect) -> None:
    assert apply(line, CommandState(UNSECURE)) == [effect]
    assert "command is disabled" in failure(apply(line))
    assert "command is disabled" in failure(
        apply(line, CommandState({"ACTIONS_ALLOW_UNSECURE_COMMANDS": "1"}))
    )


def test_node_options_are_refused_without_failing_the_step() -> None:
    (effect,) = apply("::set-env name=node_options::x", CommandState(UNSECURE))
    assert isinstance(effect, Issue)
    assert "NODE_OPTIONS" in effect.annotation.message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("::set-output::x", "Required field 'name' is missing in ##[set-output] command."),
        ("::save-state::x", "Required field 'name' is missing in ##[save-state] command."),
        (
            "::echo::loud",
            "Invalid echo command value. Possible values can be: 'on', 'off'. Current value is: 'loud'.",
        ),
    ],
)  # fmt: skip  (a table)
def test_a_bad_command_fails_its_step(line: str, message: str) -> None:
    (effect,) = apply(line)
    assert effect == Failure((f"Unable to process command '{line}' successfully.", message))


@pytest.mark.parametrize(
    "line", ["::add-mask::", "::add-matcher::", "::remove-matcher::", "::remove-matcher owner=a::b"]
)
def test_a_command_without_sense_is_a_warning(line: str) -> None:
    (effect,) = apply(line)
    assert isinstance(effect, Issue)
    assert effect.annotation.level == "warning"


def test_echo_shows_commands_but_never_a_secret() -> None:
    state = CommandState()
    assert apply("::set-output name=a::b", state) == [SetOutput("a", "b")]
    assert Echo(on=True) in apply("::echo::ON ", state)
    assert apply("::set-output name=a::b", state) == [Output("::set-output name=a::b"), SetOutput("a", "b")]
    assert apply("::add-mask::secret", state) == [Output("::add-mask::***"), AddMask("secret")]
    assert apply("::warning::w", state) == [Issue(Annotation("warning", "w"))]


def test_a_long_stop_token_is_masked() -> None:
    assert AddMask("1234567") in apply("::stop-commands::1234567")
    assert not any(isinstance(effect, AddMask) for effect in apply("::stop-commands::123456"))


def test_a_place_that_contradicts_itself_is_told_to_the_debug_log() -> None:
    debug, issue = apply("::error line=4,endLine=3::m")
    assert debug == Debug("Invalid error command value. 'endLine' cannot be less than 'line'")
    assert issue == Issue(Annotation("error", "m"))
