"""Copying folders as a process of the agent's, because a large tree must hold up nobody's output.

Run by path with `-I -S`. The arguments: `copy` or `move`, the source folder, the target folder, and names in
the source, none for everything in it. The target is there; what is copied into it belongs to its owner.

Modes, times and links come along, and nothing is followed. What is in the target stays, but for files in the
way. Sockets and devices are left out.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from contextlib import suppress

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from typing import TypeAlias

    Owner: TypeAlias = tuple[int, int] | None


def main() -> int:
    """Copy or move; what cannot be done is told on standard error, with status 1."""
    how, source, target, *names = sys.argv[1:]
    try:
        for name in names or os.listdir(source):
            transfer(os.path.join(source, name), os.path.join(target, name), is_move=how == "move")
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)  # noqa: T201 -- read by Agent.copy
        return 1
    return 0


def transfer(source: str, target: str, *, is_move: bool) -> None:
    """Copy or move one file or folder; raise OSError."""
    above = os.stat(os.path.dirname(target))
    owner = (above.st_uid, above.st_gid) if os.geteuid() == 0 else None
    if is_move and os.lstat(source).st_uid == above.st_uid and _renamed(source, target):
        return
    _copy(source, target, owner)
    if is_move:
        _remove(source)


def _renamed(source: str, target: str) -> bool:
    """Whether a rename was enough: it is within a file system, and onto nothing."""
    if os.path.lexists(target):
        return False
    with suppress(OSError):
        os.rename(source, target)
        return True
    return False


def _copy(source: str, target: str, owner: Owner) -> None:
    mode = os.lstat(source).st_mode
    if stat.S_ISDIR(mode):
        if not os.path.isdir(target) or os.path.islink(target):
            _remove(target)
            os.mkdir(target)
        for name in os.listdir(source):
            _copy(os.path.join(source, name), os.path.join(target, name), owner)
    elif stat.S_ISLNK(mode):
        _remove(target)
        os.symlink(os.readlink(source), target)
    elif stat.S_ISREG(mode):
        _remove(target)
        shutil.copyfile(source, target)
    else:
        return
    if owner:
        os.chown(target, *owner, follow_symlinks=False)
    shutil.copystat(source, target, follow_symlinks=False)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        with suppress(FileNotFoundError):
            os.unlink(path)


if __name__ == "__main__":
    sys.exit(main())
