"""The user's repository: what contexts say of it, and the tree that answers `actions/checkout`."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen
from sqncshim import git

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sqncshim.git import Repository

CHECKOUT_ACTION: Final = "actions/checkout"
_OWNER_WITHOUT_REMOTE: Final = "local"


@frozen
class LocalRepository:
    """The folder that a run is about; *repository* is None where it is no git repository."""

    root: Path
    repository: Repository | None

    @classmethod
    def found(cls, directory: Path, found: Repository | None) -> LocalRepository:
        """The repository that git found around *directory*; without one, that folder."""
        return cls(found.root if found else directory.resolve(), found)

    @property
    def slug(self) -> str:
        """`owner/name`; of the folder's name where there is no remote."""
        named = self.repository.slug if self.repository else ""
        return named or f"{_OWNER_WITHOUT_REMOTE}/{self.root.name or 'root'}"

    @property
    def name(self) -> str:
        return self.slug.partition("/")[2]

    @property
    def sha(self) -> str:
        return self.repository.sha if self.repository else ""

    @property
    def place(self) -> str:
        """Where it stands, as people are told it."""
        if self.repository is None:
            return "in no git repository"
        return f"at {self.sha or 'no commit yet'}"

    @property
    def ref(self) -> str:
        """In full; a tag where HEAD is detached at one."""
        if self.repository is None:
            return "refs/heads/main"
        if self.repository.ref or not self.repository.sha:
            return self.repository.ref
        tags = git.tags_at_head(self.root)
        return f"refs/tags/{tags[0]}" if tags else ""

    @property
    def default_branch(self) -> str:
        """That of `origin`, or as far as is known the one that this is."""
        found = self.repository
        return (found.default_branch or found.branch if found else "") or "main"

    def answers(self, uses: str, inputs: Mapping[str, str]) -> bool:
        """Whether this `uses` checks out what the user has here, as the user has it."""
        name, _, _ = uses.partition("@")
        if name.lower() != CHECKOUT_ACTION:
            return False
        given = {key.lower(): value for key, value in inputs.items()}
        own = given.get("repository", "").lower() in {"", self.slug.lower()}
        ref = given.get("ref", "")
        return own and ref in {"", self.ref, self.sha, self.ref.rpartition("refs/heads/")[2]}

    def hidden(self) -> Sequence[str]:
        """What git ignores: paths relative to *root* that a workspace does not show."""
        return git.ignored(self.root) if self.repository else ()

    def has_own(self, name: str) -> bool:
        """Whether something lies at *name* in it that git does not ignore; an empty folder is nothing."""
        path = self.root / name
        if not path.is_dir() or path.is_symlink():
            return os.path.lexists(path)
        if self.repository is None or name == ".git":
            return any(path.iterdir())
        return any(file.startswith(f"{name}/") for file in git.tree_files(self.root))

    def files(self) -> Sequence[str] | None:
        """The paths that a workspace holds, git's own folder included; None is all there is."""
        if self.repository is None:
            return None
        return [*git.tree_files(self.root), *_git_folder(self.root)]

    def overlay(self, folder: Path) -> bool:
        """Make *folder* with a `.git` of the copy's own, where the tree's is a file that leads elsewhere."""
        if self.repository is None or not (self.root / ".git").is_file():
            return False
        from sqncshim.git.standalone import copy_git_folder  # noqa: PLC0415  (few trees need it)

        folder.mkdir()
        copy_git_folder(self.root, folder / ".git")
        return True


def checkout_target(workspace: str, given: Mapping[str, str]) -> str | None:
    """Where a checkout with these inputs puts the tree; None is somewhere outside the workspace."""
    path = next((value for key, value in given.items() if key.lower() == "path"), "")
    target = posixpath.normpath(posixpath.join(workspace, path))
    return target if target == workspace or target.startswith(f"{workspace}/") else None


def _git_folder(root: Path) -> list[str]:
    """The files of `.git`; none where it is itself a file, as in a worktree or a submodule."""
    top = root / ".git"
    found: list[str] = []
    for folder, folders, names in os.walk(top):
        inside = os.path.relpath(folder, root)
        found += [f"{inside}/{name}" for name in names if not name.endswith(".lock")]
        if not folders and not names:
            found.append(inside)  # an empty folder, such as refs/tags: git wants it
    return found
