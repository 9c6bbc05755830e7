"""What workflow commands mean: `CommandState` turns each one into effects for the engine to apply."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from actions_compat.annotations import Annotation, annotate
from actions_compat.commands import RESUME, SET_REPO_PATH, Command, Vocabulary
from actions_compat.frozen import frozen, record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_DISABLED: Final = (
    "The `{}` command is disabled. Please upgrade to using Environment Files or opt into unsecure command"
    " execution by setting the `ACTIONS_ALLOW_UNSECURE_COMMANDS` environment variable to `true`. For more"
    " information see: https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands/"
)
_STOP_REFUSED: Final = (
    "You cannot use a endToken that is an empty string, the string 'pause-logging', or another workflow"
    " command. For more information see: https://docs.github.com/actions/learn-github-actions/"
    "workflow-commands-for-github-actions#example-stopping-and-starting-workflow-commands or opt into"
    " insecure command execution by setting the `ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS` environment"
    " variable to `true`."
)


@frozen
class Output:
    """A line for the log."""

    text: str


@frozen
class Debug:
    """A line for the debug log."""

    text: str


@frozen
class SetOutput:
    name: str
    value: str


@frozen
class SaveState:
    name: str
    value: str


@frozen
class SetEnv:
    name: str
    value: str


@frozen
class AddPath:
    path: str


@frozen
class AddMask:
    """A secret for `SecretSet.add`, to be applied before anything that comes after it."""

    value: str


@frozen
class Issue:
    annotation: Annotation


@frozen
class Group:
    title: str


@frozen
class EndGroup:
    pass


@frozen
class AddMatcher:
    """*path* is relative to the workspace, and as the step's container sees it."""

    path: str


@frozen
class RemoveMatcher:
    """Exactly one of the two is set; *path* names a file that lists the owners."""

    owner: str | None
    path: str | None


@frozen
class Echo:
    """Whether command lines are shown from here on."""

    on: bool


@frozen
class SetRepoPath:
    """Where the checkout plugin put a repository; `github.workspace` follows if it is the workflow's own."""

    repository: str
    path: str
    is_workspace: bool


@frozen
class Failure:
    """The command could not be obeyed: log each of *messages* as an error; the step has failed."""

    messages: tuple[str, ...]


Effect: TypeAlias = (
    Output
    | Debug
    | SetOutput
    | SaveState
    | SetEnv
    | AddPath
    | AddMask
    | Issue
    | Group
    | EndGroup
    | AddMatcher
    | RemoveMatcher
    | Echo
    | SetRepoPath
    | Failure
)


class CommandError(Exception):
    """A command is wrong; `str()` is GitHub's message. `CommandState.apply` turns it into a `Failure`."""


# These never show their own line, even with echo on: they print something better, or hold a secret.
_OMIT_ECHO = frozenset({"add-mask", "debug", "error", "notice", "warning"})


@record
class CommandState:
    """The state that commands of one step share: whether they echo, and what the user allows.

    *environment* is what the gates are read from: the runner's own, overlaid with the step's `env` context.
    It is read at each command, so a live mapping may be given. *vocabulary* is that of the step's parsers.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    echo: bool = False
    """Starts as true where `ACTIONS_STEP_DEBUG` is on."""

    def apply(self, command: Command) -> list[Effect]:
        """Return what *command* asks for, in order; a bad command is a `Failure` among the effects."""
        if command.name == RESUME:
            return [Output(command.text), Debug("Resume processing commands")]
        effects: list[Effect] = []
        if self.echo and command.name not in _OMIT_ECHO and command.name != "stop-commands":
            effects.append(Output(command.text))
        try:
            effects += _HANDLERS[command.name](self, command)
        except CommandError as error:
            shown = command.name if command.name in _OMIT_ECHO else command.text
            effects.append(Failure((f"Unable to process command '{shown}' successfully.", str(error))))
        return effects

    def is_allowed(self, gate: str) -> bool:
        """Read a gate as .NET's bool.TryParse does: the word true, in any case, and nothing else."""
        return self.environment.get(gate, "").strip().lower() == "true"


def allows_unsecure_stop_tokens(environment: Mapping[str, str]) -> bool:
    """Read the gate for `Vocabulary.allow_unsecure_stop_tokens`; unlike the others it may also be `1`."""
    return environment.get("ACTIONS_ALLOW_UNSECURE_STOPCOMMAND_TOKENS", "").lower() in {"1", "true", "$true"}


def _stop(state: CommandState, command: Command) -> list[Effect]:
    if not state.vocabulary.accepts_stop_token(command.data):
        raise CommandError(_STOP_REFUSED)
    mask: list[Effect] = [AddMask(command.data)] if len(command.data) > 6 else []
    paused = Debug("Paused processing commands until the token you called ::stopCommands:: with is received")
    return [*mask, Output(command.text), paused]


def _set_output(_: CommandState, command: Command) -> list[Effect]:
    return [SetOutput(_required(command, "name"), command.data)]


def _save_state(_: CommandState, command: Command) -> list[Effect]:
    return [SaveState(_required(command, "name"), command.data)]


def _set_env(state: CommandState, command: Command) -> list[Effect]:
    _require_unsecure(state, command)
    name = _required(command, "name")
    if name.upper() == "NODE_OPTIONS":
        return [_issue("error", "Can't update NODE_OPTIONS environment variable using ::set-env:: command.")]
    return [SetEnv(name, command.data)]


def _add_path(state: CommandState, command: Command) -> list[Effect]:
    _require_unsecure(state, command)
    if not command.data:
        raise CommandError("Value cannot be null. (Parameter 'path')")
    return [AddPath(command.data)]


def _add_mask(state: CommandState, command: Command) -> list[Effect]:
    if not command.data.strip():
        return [_issue("warning", "Can't add secret mask for empty string in ##[add-mask] command.")]
    shown: list[Effect] = [Output("::add-mask::***")] if state.echo else []
    return [*shown, AddMask(command.data)]


def _debug(_: CommandState, command: Command) -> list[Effect]:
    return [Debug(command.data)]


def _error(_: CommandState, command: Command) -> list[Effect]:
    return _annotation("error", command)


def _warning(_: CommandState, command: Command) -> list[Effect]:
    return _annotation("warning", command)


def _notice(_: CommandState, command: Command) -> list[Effect]:
    return _annotation("notice", command)


def _group(_: CommandState, command: Command) -> list[Effect]:
    return [Group(command.data)]


def _end_group(_: CommandState, __: Command) -> list[Effect]:
    return [EndGroup()]


def _add_matcher(_: CommandState, command: Command) -> list[Effect]:
    if not command.data.strip():
        return [_issue("warning", "File path must be specified.")]
    return [AddMatcher(command.data)]


def _remove_matcher(_: CommandState, command: Command) -> list[Effect]:
    owner, path = command.get("owner"), command.data.strip()
    if owner and path:
        problem = "Either specify an owner name or a file path in ##[remove-matcher] command."
        return [_issue("warning", f"{problem} Both values cannot be set.")]
    if not owner and not path:
        problem = "Either an owner name or a file path must be specified in ##[remove-matcher] command."
        return [_issue("warning", problem)]
    return [RemoveMatcher(owner or None, command.data if path else None)]


def _echo(state: CommandState, command: Command) -> list[Effect]:
    word = command.data.strip().lower()
    if word not in {"on", "off"}:
        raise CommandError(
            "Invalid echo command value. Possible values can be: 'on', 'off'."
            f" Current value is: '{command.data}'."
        )
    state.echo = word == "on"
    return [Echo(on=state.echo), Debug(f"Setting echo command value to '{word}'")]


def _set_repo_path(_: CommandState, command: Command) -> list[Effect]:
    repository, is_workspace = _required(command, "repoFullName"), _required(command, "workspaceRepo")
    return [
        SetRepoPath(repository, command.data, is_workspace=is_workspace.lower() in {"1", "true", "$true"})
    ]


_HANDLERS: Final[Mapping[str, Callable[[CommandState, Command], list[Effect]]]] = {
    "add-mask": _add_mask,
    "add-matcher": _add_matcher,
    "add-path": _add_path,
    "debug": _debug,
    "echo": _echo,
    "endgroup": _end_group,
    "error": _error,
    "group": _group,
    "notice": _notice,
    "remove-matcher": _remove_matcher,
    "save-state": _save_state,
    "set-env": _set_env,
    "set-output": _set_output,
    "stop-commands": _stop,
    "warning": _warning,
    SET_REPO_PATH: _set_repo_path,
}


def _required(command: Command, name: str) -> str:
    value = command.get(name)
    if not value:
        raise CommandError(f"Required field '{name}' is missing in ##[{command.name}] command.")
    return value


def _require_unsecure(state: CommandState, command: Command) -> None:
    if not state.is_allowed("ACTIONS_ALLOW_UNSECURE_COMMANDS"):
        raise CommandError(_DISABLED.format(command.name))


def _issue(level: Literal["error", "warning"], message: str) -> Issue:
    return Issue(Annotation(level, message))


def _annotation(level: Literal["error", "warning", "notice"], command: Command) -> list[Effect]:
    annotation, complaints = annotate(level, command)
    return [*(Debug(complaint) for complaint in complaints), Issue(annotation)]
