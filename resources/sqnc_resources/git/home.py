"""Writes files to HOME for one run, without touching those that are somebody else's.

In a resource's container HOME is ours alone. On a developer's machine it is not: where a file of that name is
there already and none of ours, a folder that stands for HOME gets the new one, and links to all else.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Final = (".netrc", ".ssh/config", ".ssh/tunnel_config")
_RECORD: Final = ".git-resource"
"""What says which of the files an earlier run has written: a line for each, its name, inode and time."""


def prepare_home(files: Mapping[str, str], home: str, folder: str) -> str:
    """Write *files*, of NAMES; remove the rest of what an earlier run has written. Return the HOME to use."""
    own = _own(home)
    for name in own:
        os.unlink(f"{home}/{name}")
    if any(os.path.lexists(f"{home}/{name}") for name in files):
        own_home, home = home, f"{folder}/home"
        _link(own_home, home, {name for path in files for name in (path, os.path.dirname(path))})
    _write(files, home, recorded=bool(own))
    return home


def _own(home: str) -> list[str]:
    try:
        with open(f"{home}/{_RECORD}") as file:
            recorded = dict(line.rstrip("\n").split(" ", 1) for line in file)
    except (OSError, ValueError):
        return []
    return [name for name in NAMES if name in recorded and _identity(f"{home}/{name}") == recorded[name]]


def _identity(path: str) -> str:
    """What changes when somebody else writes the file."""
    try:
        found = os.lstat(path)
    except OSError:
        return ""
    return f"{found.st_ino} {found.st_mtime_ns}"


def _write(files: Mapping[str, str], home: str, *, recorded: bool) -> None:
    for name, content in files.items():
        os.makedirs(os.path.dirname(f"{home}/{name}"), 0o700, exist_ok=True)
        with open(os.open(f"{home}/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(content)
    if files or recorded:
        with open(f"{home}/{_RECORD}", "w") as file:
            file.writelines(f"{name} {_identity(f'{home}/{name}')}\n" for name in files)


def _link(home: str, stand_in: str, left_out: set[str], below: str = "") -> None:
    """Make *stand_in* a folder of links to what is in *home*, its folders that hold a file *left_out* too."""
    os.makedirs(f"{stand_in}/{below}", 0o700, exist_ok=True)
    for name in os.listdir(f"{home}/{below}"):
        path = f"{below}{name}"
        if path not in left_out:
            os.symlink(f"{home}/{path}", f"{stand_in}/{path}")
        elif os.path.isdir(f"{home}/{path}"):
            _link(home, stand_in, left_out, f"{path}/")
