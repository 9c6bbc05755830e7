"""Small programs that ssh and git run for us, written where a run keeps its files."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_ASKPASS: Final = """\
passphrase = os.environ.get("GIT_SSH_PRIVATE_KEY_PASS")
if not passphrase:
    sys.exit("Private key has a passphrase but private_key_passphrase has not been set.")
if sys.argv[1:] and sys.argv[1].startswith("Bad "):
    sys.exit("private_key_passphrase is not the private key's passphrase.")
print(passphrase)
"""
_SSH: Final = """\
command = {command!r}
os.execvp(command[0], [*command, *sys.argv[1:]])
"""


def write_askpass(folder: str) -> str:
    """Write what tells ssh-add the passphrase, which it finds in its environment; return the path."""
    return _write(f"{folder}/askpass", _ASKPASS)


def ssh_command(folder: str, command: Sequence[str]) -> str:
    """*command* as git's setting core.sshCommand: one program, so that git needs no shell for its arguments.

    It is written to *folder*; where the file system there runs no programs, a shell has to do.
    """
    program = _write(f"{folder}/ssh", _SSH.format(command=list(command)))
    return shlex.quote(program) if os.access(program, os.X_OK) else shlex.join(command)


def _write(path: str, text: str) -> str:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o700), "w") as file:
        file.write(f"#!{sys.executable} -IS\nimport os, sys\n{text}")
    return path
