import subprocess
import sys
from pathlib import Path

import pytest

from sqncshim import git

pytestmark = pytest.mark.usefixtures("git_home")


def make(folder: Path, *files: str) -> Path:
    """A repository with one commit that holds *files*."""
    git.run("init", "--quiet", "--", str(folder))
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(file)
    git.run("add", "--all", cwd=folder)
    git.run("commit", "--quiet", "--allow-empty", "--message=first\n\nwith a body", cwd=folder)
    return folder


def head(folder: Path) -> str:
    return git.run("rev-parse", "HEAD", cwd=folder).stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make(tmp_path / "repository", "a.txt", "folder/b.txt")


def test_describe_says_where_a_repository_stands(repository: Path) -> None:
    git.run("remote", "add", "origin", "https://example.com/owner/name.git", cwd=repository)
    found = git.describe(repository / "folder")
    assert found == git.Repository(
        root=repository,
        sha=head(repository),
        ref="refs/heads/main",
        default_branch="",
        remote_url="https://example.com/owner/name.git",
        is_worktree=False,
    )
    assert (found.branch, found.slug) == ("main", "owner/name")


def test_describe_knows_the_default_branch_of_a_clone(repository: Path, tmp_path: Path) -> None:
    git.run("clone", "--quiet", "--", str(repository), str(tmp_path / "clone"))
    git.run("switch", "--quiet", "--create", "other/branch", cwd=tmp_path / "clone")
    found = git.describe(tmp_path / "clone")
    assert found is not None
    assert (found.default_branch, found.branch) == ("main", "other/branch")


def test_a_detached_head_has_no_ref_but_may_have_tags(repository: Path) -> None:
    git.run("tag", "v1", cwd=repository)
    git.run("switch", "--quiet", "--detach", cwd=repository)
    found = git.describe(repository)
    assert found is not None
    assert (found.ref, found.branch, found.sha) == ("", "", head(repository))
    assert git.tags_at_head(repository) == ["v1"]


def test_before_the_first_commit_there_is_a_branch_and_no_sha(tmp_path: Path) -> None:
    git.run("init", "--quiet", "--initial-branch=new", "--", str(tmp_path / "empty"))
    found = git.describe(tmp_path / "empty")
    assert found is not None
    assert (found.sha, found.ref) == ("", "refs/heads/new")


def test_a_worktree_is_recognised(repository: Path, tmp_path: Path) -> None:
    git.run("worktree", "add", "--quiet", "-b", "other", "--", str(tmp_path / "tree"), cwd=repository)
    found = git.describe(tmp_path / "tree")
    assert found is not None
    assert (found.is_worktree, found.root, found.branch) == (True, tmp_path / "tree", "other")


def test_no_repository_and_a_bare_one_are_none(tmp_path: Path) -> None:
    git.run("init", "--quiet", "--bare", "--", str(tmp_path / "bare"))
    (tmp_path / "plain").mkdir()
    assert git.describe(tmp_path / "plain") is None
    assert git.describe(tmp_path / "bare") is None


def test_describe_is_not_misled_by_the_environment_of_a_git_hook(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make(tmp_path / "other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    found = git.describe(repository)
    assert found is not None
    assert (found.root, found.sha) == (repository, head(repository))
    assert git.tree_files(repository) == ["a.txt", "folder/b.txt"]


def test_describe_needs_two_git_processes(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = record_git(tmp_path, monkeypatch)
    git.describe(repository)
    assert len(log.read_text().splitlines()) == 2


def record_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a git first on PATH that notes each call and becomes the real one; return the note."""
    real = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip()
    folder, log = tmp_path / "bin", tmp_path / "calls"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return log


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://example.com/owner/name.git", "owner/name"),
        ("https://example.com/owner/name/", "owner/name"),
        ("ssh://git@example.com:2222/owner/name.git", "owner/name"),
        ("git@example.com:owner/name.git", "owner/name"),
        ("git@example.com:group/owner/name", "owner/name"),
        ("host:name", ""),
        ("/srv/git/owner/name", "owner/name"),
        ("/srv/git/owner/name/.", "owner/name"),
        ("/srv/git/owner/name/.git", "owner/name"),
        ("", ""),
    ],
)
def test_the_slug_is_the_end_of_the_remote_s_url(url: str, slug: str) -> None:
    assert git.Repository(Path(), "", "", "", url, is_worktree=False).slug == slug


def test_instead_of_is_applied_to_the_remote_s_url(repository: Path) -> None:
    git.run("remote", "add", "origin", "gh:owner/name", cwd=repository)
    git.run("config", "url.https://github.com/.insteadOf", "gh:", cwd=repository)
    found = git.describe(repository)
    assert found is not None
    assert (found.remote_url, found.slug) == ("https://github.com/owner/name", "owner/name")


def test_ignored_names_folders_once(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.log\nbuild/\n")
    for file in ("one.log", "folder/two.log", "build/x/y", "build/z"):
        (repository / file).parent.mkdir(parents=True, exist_ok=True)
        (repository / file).touch()
    assert sorted(git.ignored(repository)) == ["build/", "folder/two.log", "one.log"]


def test_tree_files_are_the_tracked_and_the_new_ones(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.log\n")
    for name in ("one.log", "new file", "ünïcode\n"):
        (repository / name).touch()
    (repository / "a.txt").unlink()
    assert sorted(git.tree_files(repository)) == [".gitignore", "folder/b.txt", "new file", "ünïcode\n"]


def test_tree_files_go_into_submodules_and_inner_repositories(repository: Path, tmp_path: Path) -> None:
    deep = make(tmp_path / "deep", "deep.txt")
    middle = make(tmp_path / "middle", "middle.txt")
    allow = ("-c", "protocol.file.allow=always")
    git.run(*allow, "submodule", "--quiet", "add", "--", str(deep), "deep", cwd=middle)
    git.run("commit", "--quiet", "--message=deep", cwd=middle)
    git.run(*allow, "submodule", "--quiet", "add", "--", str(middle), "sub", cwd=repository)
    git.run(*allow, "submodule", "--quiet", "update", "--init", "--recursive", cwd=repository)
    (repository / "sub" / "untracked").touch()
    make(repository / "inner", "inner.txt")
    assert sorted(git.tree_files(repository)) == [
        ".gitmodules",
        "a.txt",
        "folder/b.txt",
        "inner/inner.txt",
        "sub/.gitmodules",
        "sub/deep/deep.txt",
        "sub/middle.txt",
        "sub/untracked",
    ]


def test_a_submodule_that_is_not_checked_out_has_no_files(repository: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "other", "other.txt")
    allow = ("-c", "protocol.file.allow=always")
    git.run(*allow, "submodule", "--quiet", "add", "--", str(other), "sub", cwd=repository)
    git.run("commit", "--quiet", "--message=sub", cwd=repository)
    git.run("clone", "--quiet", "--", str(repository), str(tmp_path / "clone"))
    assert git.tree_files(tmp_path / "clone") == [".gitmodules", "a.txt", "folder/b.txt"]


def test_gitpython_is_not_imported_without_submodules(repository: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from sqncshim import git; "
        f"path = Path({str(repository)!r}); git.describe(path); git.tree_files(path); "
        "assert 'git' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
