"""Files that Git LFS keeps elsewhere."""

from __future__ import annotations

from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Final

from sqnc_resources import say

if TYPE_CHECKING:
    from sqnc_resources.git.repository import Repository

_FILTER: Final = (  # what `git lfs install` sets, for machines where nobody ran it
    "filter.lfs.process=git-lfs filter-process",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "filter.lfs.clean=git-lfs clean -- %f",
    "filter.lfs.required=true",
)
_FILES: Final = ":(attr:filter=lfs)"


def configured(repository: Repository, *, skip: bool = False) -> Repository:
    """The repository with git-lfs at work, where that is installed; with *skip* pointers stay pointers."""
    told = repository.with_variables({"GIT_LFS_SKIP_SMUDGE": "1" if skip else "0"})
    return told.with_settings(*_FILTER) if which("git-lfs") else told


def finish(repository: Repository, *, skip: bool = False) -> None:
    """Install the hooks that let later steps push files of LFS, where a checkout met some.

    Warn of pointers that nobody asked for.
    """
    if which("git-lfs"):
        hooks = repository.path / ".git" / "hooks"
        if (repository.path / ".git" / "lfs").is_dir():
            repository.with_settings(f"core.hooksPath={hooks}").query("lfs", "update")
    elif not skip and repository.ask("ls-files", "--", _FILES):
        say("WARNING: git-lfs is not installed: files of Git LFS are pointers")


def push(repository: Repository, remote: str) -> None:
    """Upload what the commits of HEAD and of tags beside it keep in LFS, and this machine has."""
    git_dir = Path(repository.ask("rev-parse", "--path-format=absolute", "--git-common-dir").rstrip("\n"))
    if not (git_dir / "lfs" / "objects").is_dir() or not which("git-lfs"):
        return
    tags = repository.ask("tag", "--no-merged=HEAD").split()
    repository.run("lfs", "push", remote, "HEAD", *tags)
