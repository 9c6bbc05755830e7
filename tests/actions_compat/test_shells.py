"""Shells: the process that runs a script, and the script's text."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from actions_compat.shells import ShellError, command_line, default_shell, script_body, shell_argv

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("shell", "argv", "extension"),
    [
        ("bash", ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "S"), ".sh"),
        ("sh", ("sh", "-e", "S"), ".sh"),
        ("python", ("python", "S"), ".py"),
        ("pwsh", ("pwsh", "-command", ". 'S'"), ".ps1"),
        ("powershell", ("powershell", "-command", ". 'S'"), ".ps1"),
        ("cmd", ("cmd", "/D", "/E:ON", "/V:OFF", "/S", "/C", 'CALL "S"'), ".cmd"),
        ("perl {0}", ("perl", "S"), ""),
        ("bash -x {0}", ("bash", "-x", "S"), ".sh"),
        ("env 'a b' --in={0} {0}", ("env", "a b", "--in=S", "S"), ""),
    ],
)
def test_a_shell_is_a_process(shell: str, argv: tuple[str, ...], extension: str) -> None:
    assert shell_argv(shell, "S") == argv
    assert command_line(shell, "S").argv_template == argv
    assert command_line(shell).extension == extension


@pytest.mark.parametrize("shell", ["", "perl", "bash -e", "{0}", "zsh -c"])
def test_anything_else_is_refused(shell: str) -> None:
    with pytest.raises(
        ShellError, match=r"Shell must be a valid built-in \(bash, sh, cmd, powershell, pwsh\)"
    ):
        command_line(shell)


def test_a_quote_that_is_not_closed_is_refused() -> None:
    with pytest.raises(ShellError, match="close the quote"):
        command_line("perl '{0}")


def test_without_a_shell_bash_has_no_pipefail() -> None:
    assert shell_argv(default_shell(container=False, has_bash=True), "S") == ("bash", "-e", "S")
    assert shell_argv(default_shell(container=False, has_bash=False), "S") == ("sh", "-e", "S")
    assert shell_argv(default_shell(container=True, has_bash=True), "S") == ("sh", "-e", "S")
    assert command_line(default_shell(container=False, has_bash=True)).extension == ".sh"


@pytest.mark.parametrize(("shell", "code"), [("bash", 1), (default_shell(container=False, has_bash=True), 0)])
def test_a_broken_pipe_fails_only_with_pipefail(shell: str, code: int, tmp_path: Path) -> None:
    script = tmp_path / f"a script{command_line(shell).extension}"
    script.write_text(script_body(shell, "false | true"))
    assert subprocess.run(shell_argv(shell, str(script)), check=False).returncode == code


def test_powershell_and_cmd_need_words_around_a_script() -> None:
    assert script_body("sh", "a\nb") == "a\nb"
    assert script_body("cmd", "a") == "@echo off\na"
    body = script_body("pwsh -x {0}", "a").split("\n")
    assert body[0] == "$ErrorActionPreference = 'stop'"
    assert body[1:] == ["a", "if ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }"]
