"""Shells: how `run` scripts are started. Their names are known in any case."""

from __future__ import annotations

import shlex
from functools import lru_cache
from typing import Final

from actions_compat.frozen import frozen


class ShellError(ValueError):
    """`shell` is neither a built-in name nor a command line with `{0}`; `str()` is GitHub's message."""


@frozen
class ShellCommand:
    """How a script is run: *argv_template* holds `{0}` where the script's path goes, once or more."""

    argv_template: tuple[str, ...]
    extension: str
    """What the script's file name ends with, with its dot; empty for a custom command line."""

    def argv(self, script_path: str) -> tuple[str, ...]:
        return tuple(argument.replace("{0}", script_path) for argument in self.argv_template)


_POWERSHELL_ARGUMENTS: Final = ("-command", ". '{0}'")

BUILT_IN: Final = {
    "bash": ShellCommand(("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "{0}"), ".sh"),
    "sh": ShellCommand(("sh", "-e", "{0}"), ".sh"),
    "pwsh": ShellCommand(("pwsh", *_POWERSHELL_ARGUMENTS), ".ps1"),
    "powershell": ShellCommand(("powershell", *_POWERSHELL_ARGUMENTS), ".ps1"),
    "python": ShellCommand(("python", "{0}"), ".py"),
    # cmd reads its own command line: the quotes around the whole and around the path are part of it
    "cmd": ShellCommand(("cmd", "/D", "/E:ON", "/V:OFF", "/S", "/C", 'CALL "{0}"'), ".cmd"),
}

# A step without `shell`, where bash is found: bash with the arguments of sh, so without pipefail.
_BASH_UNSPECIFIED: Final = "bash -e {0}"


def default_shell(*, container: bool, has_bash: bool) -> str:
    """Return what `shell` stands for when nothing sets it: in a container always `sh`, outside bash if there.

    The answer is for `command_line`; for bash it is a custom one, as only `shell: bash` has pipefail.
    """
    return _BASH_UNSPECIFIED if has_bash and not container else "sh"


def command_line(shell: str, script: str = "") -> ShellCommand:
    """Return how *shell* runs a script: a built-in name alone, or a command line that holds `{0}`.

    *script* is the script's path: where it is given, it stands in place of `{0}`.
    """
    command = BUILT_IN.get(shell.lower()) or _parse_custom(shell)
    return ShellCommand(command.argv(script), command.extension) if script else command


def shell_argv(shell: str, script_path: str) -> tuple[str, ...]:
    """Return the process that runs the script at *script_path*."""
    return command_line(shell).argv(script_path)


def script_body(shell: str, text: str) -> str:
    """Return what to write into the script file: PowerShell and cmd need words around the user's own."""
    match shell.strip().partition(" ")[0].lower():
        case "pwsh" | "powershell":
            stop_at_errors = "$ErrorActionPreference = 'stop'"
            exit_code_on = "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"
            return f"{stop_at_errors}\n{text}\n{exit_code_on}"
        case "cmd":
            return f"@echo off\n{text}"
        case _:
            return text


@lru_cache(maxsize=64)
def _parse_custom(shell: str) -> ShellCommand:
    command, _, arguments = shell.strip().partition(" ")
    if "{0}" not in arguments:
        raise ShellError(
            "Invalid shell option. Shell must be a valid built-in (bash, sh, cmd, powershell, pwsh)"
            " or a format string containing '{0}'"
        )
    try:
        words = shlex.split(arguments)
    except ValueError as error:
        raise ShellError(f"Invalid shell option '{shell}': {error}; close the quote") from None
    extension = BUILT_IN[command.lower()].extension if command.lower() in BUILT_IN else ""
    return ShellCommand((command, *words), extension)
