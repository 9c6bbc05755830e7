"""Files in a branch of a git repository: its commits, and servers that end a push in every way there is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.git import Source
from sqnc_resources.git.values import Setting
from sqnc_resources.shared.files import Change, ConflictError, Snapshot
from sqnc_resources.shared.git import GitFiles, git_files
from sqnc_resources.shared.update import update

if TYPE_CHECKING:
    from collections.abc import Iterator


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.removesuffix("\n")


@pytest.fixture
def source(repository: Path) -> Source:
    return Source(uri=f"file://{repository}", branch="main")


@pytest.fixture
def files(source: Source) -> Iterator[GitFiles]:
    with git_files(source, may_start=True) as reached:
        yield reached


def next_number(now: Snapshot) -> Change[int]:
    number = int(now.read("number") or 0) + 1
    return Change({"number": b"%d\n" % number}, f"bump to {number}", number)


def hook(repository: Path, name: str, script: str) -> None:
    """Make the server run *script*, which may say `once` for what is to happen at the first push only."""
    once = f"once() {{ mkdir {repository}/done 2>/dev/null; }}"
    file = repository / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{once}\n{script}\n")
    file.chmod(0o755)


def commits(repository: Path) -> int:
    return int(git(repository, "rev-list", "--count", "main"))


def test_each_change_is_a_commit_with_its_message_on_top_of_the_last(
    repository: Path, files: GitFiles
) -> None:
    revisions = [update(files, next_number).revision for _ in range(2)]
    assert git(repository, "log", "--reverse", "--format=%H %s", "main").splitlines() == [
        f"{revisions[0]} bump to 1",
        f"{revisions[1]} bump to 2",
    ]
    assert git(repository, "fsck", "--strict", "main") == ""


def test_all_other_files_stay(repository: Path, files: GitFiles, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", str(repository), "work")
    work = tmp_path / "work"
    (work / "folder").mkdir()
    (work / "folder" / "run").write_text("#!/bin/sh\n")
    (work / "folder" / "run").chmod(0o755)
    (work / "link").symlink_to("folder")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=other files")
    git(work, "push", "--quiet", "origin", "HEAD:main")
    update(files, next_number)
    assert git(repository, "diff", "--name-status", "main~", "main") == "A\tnumber"


@pytest.mark.parametrize(
    ("author", "wanted"),
    [
        ("", "Tester <tester@example.org>"),
        ("Ada Lovelace <ada@example.com>", "Ada Lovelace <ada@example.com>"),
        ('"Ada Lovelace" <ada@example.com>', "Ada Lovelace <ada@example.com>"),
        ("ada@example.com", "Tester <ada@example.com>"),
    ],
)
def test_the_author_is_the_one_that_is_given_or_the_environments(
    repository: Path, source: Source, author: str, wanted: str
) -> None:
    with git_files(source, author=author, may_start=True) as files:
        update(files, next_number)
    assert git(repository, "log", "--format=%an <%ae>|%cn <%ce>", "main") == f"{wanted}|{wanted}"


def test_a_branch_that_is_not_there_is_an_error_unless_it_may_start(source: Source) -> None:
    with git_files(source) as files, pytest.raises(ResourceError, match="has no branch `main`"):
        files.snapshot()


def test_a_repository_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    source = Source(uri=f"file://{tmp_path}/nothing", branch="main")
    with git_files(source, may_start=True) as files, pytest.raises(ResourceError, match="git fetch: fatal: "):
        update(files, next_number)


def test_an_earlier_commit_can_be_read_again(repository: Path, files: GitFiles) -> None:
    first, second = (update(files, next_number).revision for _ in range(2))
    assert (files.at(first).read("number"), files.at(second).read("number")) == (b"1\n", b"2\n")
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "false")
    assert files.at(first).read("number") == b"1\n"
    for unknown in ("0" * 40, "main", "--all"):
        with pytest.raises(ResourceError, match="commit"):
            files.at(unknown)


def test_a_branch_that_was_set_back_is_a_conflict_not_a_fast_forward(
    repository: Path, files: GitFiles
) -> None:
    first, _ = (update(files, next_number).revision for _ in range(2))
    old = files.snapshot()
    files.repository.ask("fetch", "--unshallow", "origin")  # only who knows the history could take it for one
    git(repository, "update-ref", "refs/heads/main", first)
    with pytest.raises(ConflictError):
        files.replace(old, next_number(old))
    assert git(repository, "rev-parse", "main") == first


def test_a_server_that_refuses_is_asked_once(repository: Path, files: GitFiles) -> None:
    update(files, next_number)
    hook(repository, "pre-receive", f"echo . >>{repository}/pushes; echo only on weekdays >&2; exit 1")
    with pytest.raises(ResourceError, match=r"the server refuses it: .*hook declined.*only on weekdays"):
        update(files, next_number)
    assert (repository / "pushes").read_text() == ".\n"


TROUBLED = """
import os, subprocess, sys
process = subprocess.Popen(["git", "receive-pack", *sys.argv[1:]], stdout=subprocess.PIPE)
while data := os.read(process.stdout.fileno(), 65536):
    os.write(1, data.replace(b"pre-receive hook declined", b"Internal Server Error (5)"))
sys.exit(process.wait())
"""


def test_a_server_in_trouble_is_asked_again(repository: Path, source: Source, tmp_path: Path) -> None:
    """Big servers say `Internal Server Error` in the place where others say why they refuse."""
    script = tmp_path / "receive-pack"
    script.write_text(f"#!{sys.executable}\n{TROUBLED}")
    script.chmod(0o755)
    setting = Setting("remote.origin.receivepack", str(script))
    with git_files(replace(source, git_config=(setting,)), may_start=True) as files:
        update(files, next_number)
        hook(repository, "pre-receive", "once && exit 1; exit 0")
        assert update(files, next_number).result == 2
    assert (commits(repository), (repository / "done").exists()) == (2, True)


def test_a_push_that_was_cut_off_before_it_was_made_is_made_again(repository: Path, files: GitFiles) -> None:
    update(files, next_number)
    hook(repository, "pre-receive", "once && kill -9 $PPID; exit 0")
    assert update(files, next_number).result == 2
    assert commits(repository) == 2


def test_a_push_that_was_cut_off_after_it_was_made_is_not_made_twice(
    repository: Path, files: GitFiles
) -> None:
    update(files, next_number)
    hook(repository, "post-receive", "once && kill -9 $PPID; exit 0")
    done = update(files, next_number)
    assert (done.result, commits(repository)) == (2, 2)
    assert git(repository, "rev-parse", "main") == done.revision


def test_nor_is_it_where_somebody_else_has_pushed_since(repository: Path, files: GitFiles) -> None:
    update(files, next_number)
    other = "git update-ref refs/heads/main $(git commit-tree -p main -m other main^{tree})"
    who = "GIT_AUTHOR_NAME=o GIT_AUTHOR_EMAIL=o GIT_COMMITTER_NAME=o GIT_COMMITTER_EMAIL=o"
    hook(repository, "post-receive", f"once && export {who} && {other} && kill -9 $PPID; exit 0")
    done = update(files, next_number)
    assert (done.result, commits(repository)) == (2, 3)
    assert git(repository, "rev-parse", "main~") == done.revision


def test_a_server_that_never_answers_ends_in_an_error_that_says_so(
    repository: Path, files: GitFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqnc_resources.shared.git.time.sleep", lambda _: None)
    update(files, next_number)
    hook(repository, "pre-receive", "kill -9 $PPID")
    with pytest.raises(ResourceError, match="nobody can say whether the change was made"):
        update(files, next_number)


def test_two_writers_who_do_the_same_in_the_same_second_are_two(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git calls a push of a commit that is there already a success: both would hold the lock."""
    for variable in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(variable, "1700000000 +0000")
    with git_files(source, may_start=True) as one, git_files(source, may_start=True) as other:
        update(one, next_number)
        seen = one.snapshot(), other.snapshot()
        one.replace(seen[0], next_number(seen[0]))
        with pytest.raises(ConflictError):
            other.replace(seen[1], next_number(seen[1]))


def test_only_the_file_that_is_read_is_fetched(repository: Path, source: Source, tmp_path: Path) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    with git_files(source, may_start=True) as files:
        files.replace(files.snapshot(), Change({"large": b"x" * 1000, "number": b"1"}, "two files", None))
    with git_files(source) as files:
        now = files.snapshot()
        assert now.read("number") == b"1"
        update(files, next_number)
        missing = subprocess.run(
            ["git", "-C", files.repository.folder, "rev-list", "--objects", "--missing=print", now.revision],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert [line for line in missing.splitlines() if line.startswith("?")] == [
            f"?{git(repository, 'rev-parse', 'main:large')}"
        ]


def test_without_a_branch_nothing_is_reached(repository: Path) -> None:
    with pytest.raises(ResourceError, match=r"source\.branch"), git_files(Source(uri=str(repository))):
        pass
