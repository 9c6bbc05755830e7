"""A git folder of its own for a copy of a tree whose `.git` is a file, as in a worktree or a submodule.

In a copy of such a tree that file would lead git to the original: what is committed in the copy would be
committed there.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqncshim.git.process import run

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_OF_OTHER_TREES: Final = frozenset({"worktrees", "modules", "index", "HEAD", "config.worktree"})
_LINKS_TO_THE_COMMON_FOLDER: Final = frozenset({"commondir", "gitdir", "locked"})
_CONFIGS: Final = ("config", "config.worktree")


def copy_git_folder(root: Path, target: Path) -> None:
    """Make *target*, which is not there yet, the git folder of a copy of the tree at *root*.

    It has all refs, the settings, and the index and HEAD of that tree. Objects, which never change, are
    linked where they lie on the same disk. Raise GitError, and OSError for what cannot be read or written.
    """
    asked = run("rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir", cwd=root)
    own, common = (Path(line) for line in asked.stdout.decode(errors="surrogateescape").splitlines())
    if own == common:
        _copy(common, target, skipped=frozenset())
    else:
        _copy(common, target, skipped=_OF_OTHER_TREES)
        _copy(own, target, skipped=_LINKS_TO_THE_COMMON_FOLDER)
    for config in (target / name for name in _CONFIGS if (target / name).is_file()):
        for key in ("core.worktree", "core.bare"):
            run("config", "--file", str(config), "--unset-all", key, cwd=root, check=False)


def _copy(source: Path, target: Path, *, skipped: AbstractSet[str]) -> None:
    """Copy what lies in *source* but for these names to *target*; locks and sockets stay behind."""
    objects = str(source / "objects")
    for folder, folders, names in os.walk(source):
        here = target / os.path.relpath(folder, source)
        here.mkdir(parents=True, exist_ok=True)
        without = skipped if folder == str(source) else frozenset()
        folders[:] = [name for name in folders if name not in without]
        for name in names:
            path = Path(folder, name)
            if name not in without and not name.endswith(".lock") and path.is_file():
                _put(path, here / name, link=folder.startswith(objects))


def _put(file: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            target.hardlink_to(file)
        except OSError:  # another disk, or none that links
            pass
        else:
            return
    shutil.copy2(file, target)
