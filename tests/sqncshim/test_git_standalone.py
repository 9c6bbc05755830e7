"""A copy of a worktree or a submodule has a git folder of its own, and the original learns nothing of it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from sqncshim import git
from sqncshim.git.standalone import copy_git_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("git_home")


def ask(folder: Path, *arguments: str) -> str:
    return git.run(*arguments, cwd=folder).stdout.decode().strip()


def commit(folder: Path, message: str) -> None:
    git.run("commit", "--quiet", "--allow-empty", f"--message={message}", cwd=folder)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    git.run("init", "--quiet", "--", str(folder))
    (folder / "file").write_text("1")
    git.run("add", "file", cwd=folder)
    commit(folder, "first")
    git.run("tag", "v1", cwd=folder)
    git.run("remote", "add", "origin", "https://example.com/owner/name.git", cwd=folder)
    return folder


def worktree(repository: Path) -> Path:
    folder = repository.with_name("worktree")
    git.run("worktree", "add", "--quiet", "-b", "feature", str(folder), cwd=repository)
    commit(folder, "on feature")
    return folder


def worktree_of_a_bare_one(repository: Path) -> Path:
    bare = repository.with_name("bare")
    git.run("clone", "--quiet", "--bare", "--", str(repository), str(bare))
    git.run("remote", "set-url", "origin", "https://example.com/owner/name.git", cwd=bare)
    return worktree(bare)


def submodule(repository: Path) -> Path:
    parent = repository.with_name("parent")
    git.run("init", "--quiet", "--", str(parent))
    allowed = ("-c", "protocol.file.allow=always")
    git.run(*allowed, "submodule", "--quiet", "add", "--", str(repository), "sub", cwd=parent)
    git.run("switch", "--quiet", "--create", "feature", cwd=parent / "sub")
    git.run("remote", "set-url", "origin", "https://example.com/owner/name.git", cwd=parent / "sub")
    commit(parent / "sub", "on feature")
    return parent / "sub"


def kept_elsewhere(repository: Path) -> Path:
    git.run("init", "--quiet", f"--separate-git-dir={repository.with_name('git')}", cwd=repository)
    git.run("switch", "--quiet", "--create", "feature", cwd=repository)
    commit(repository, "on feature")
    return repository


@pytest.mark.parametrize("kind", [worktree, worktree_of_a_bare_one, submodule, kept_elsewhere])
def test_a_copy_stands_where_the_tree_stands_and_is_on_its_own(
    kind: Callable[[Path], Path], repository: Path, tmp_path: Path
) -> None:
    tree = kind(repository)
    assert (tree / ".git").is_file()
    (tree / "file").write_text("2")
    git.run("add", "file", cwd=tree)
    (tree / "new").touch()
    asked = [
        ("log", "--format=%s"),
        ("branch", "--show-current"),
        ("tag",),
        ("remote", "get-url", "origin"),
        ("status", "--porcelain"),
    ]
    expected = [ask(tree, *question) for question in asked]
    assert expected[0] == "on feature\nfirst"
    assert expected[-1] == "M  file\n?? new"

    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(tree, copy, ignore=lambda *_: [".git"])
    copy_git_folder(tree, copy / ".git")

    assert [ask(copy, *question) for question in asked] == expected
    assert ask(copy, "rev-parse", "--show-toplevel") == str(copy)
    commit(copy, "in the copy")
    git.run("tag", "made-in-the-copy", cwd=copy)
    git.run("fsck", "--strict", cwd=copy)
    assert [ask(tree, *question) for question in asked] == expected
    assert str(tmp_path / "repository") not in (copy / ".git/config").read_text()


def test_objects_are_linked_and_nothing_else_is(repository: Path, tmp_path: Path) -> None:
    tree = worktree(repository)
    copy_git_folder(tree, tmp_path / "copy")
    files = [file for file in (tmp_path / "copy").rglob("*") if file.is_file()]
    linked = {file for file in files if file.stat().st_nlink > 1}
    assert linked
    assert linked == {file for file in files if "objects" in file.parts}
    assert not (tmp_path / "copy/worktrees").exists()


def test_a_worktree_that_lost_its_repository_is_told(repository: Path, tmp_path: Path) -> None:
    tree = worktree(repository)
    shutil.rmtree(repository)
    with pytest.raises(git.GitError, match="not a git repository"):
        copy_git_folder(tree, tmp_path / "copy")
