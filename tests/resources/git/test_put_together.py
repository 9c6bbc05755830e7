"""Puts on top of what others have pushed: with merge and with rebase, until the push is accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.git import Version

if TYPE_CHECKING:
    from tests.resources.git.conftest import Put, Repo


def parents(repo: Repo, commit: str) -> list[str]:
    return repo.git("show", "--no-patch", "--format=%P", commit).split()


def apart(origin: Repo, repo: Repo) -> tuple[str, str]:
    """Let somebody else push a commit, and make one of ours; return both."""
    theirs = origin.commit(file="some-other-file")
    origin.detach()
    return theirs, repo.commit()


def test_rebases_onto_what_others_have_pushed(origin: Repo, repo: Repo, put: Put) -> None:
    theirs, ours = apart(origin, repo)
    result = put(origin, repo, rebase=True)
    assert result.version == Version(repo.head)
    assert repo.head not in {ours, theirs}
    assert origin.tip() == repo.head
    assert parents(origin, repo.head) == [theirs]


def test_tags_the_rebased_commit(origin: Repo, repo: Repo, put: Put) -> None:
    apart(origin, repo)
    repo.write_beside("name", "1.0\n")
    put(origin, repo, rebase=True, tag="name")
    put(origin, repo, rebase=True, tag="name", tag_prefix="v")
    assert origin.tip() == origin.tip("1.0") == origin.tip("v1.0") == repo.head


def test_says_how_it_rebases(origin: Repo, repo: Repo, put: Put, capfd: pytest.CaptureFixture[str]) -> None:
    apart(origin, repo)
    put(origin, repo, rebase=True, rebase_strategy="ort", rebase_strategy_option="theirs")
    command = "git pull --rebase=merges --strategy=ort -Xtheirs push-target master"
    said = capfd.readouterr().err
    assert f"rebasing using rebase command: {command}...\n" in said
    assert said.endswith("pushed\n")


def diverge(origin: Repo, repo: Repo, versions: tuple[str, str, str]) -> None:
    """Let the file be as the first says, then change it at the origin, and here."""
    base, theirs, ours = versions
    origin.commit("base", file="file", content=base)
    repo.git("pull", "--quiet")
    origin.commit("theirs", file="file", content=theirs)
    origin.detach()
    repo.commit("ours", file="file", content=ours)


def test_a_conflict_is_a_failure_and_leaves_the_folder_as_it_was(origin: Repo, repo: Repo, put: Put) -> None:
    diverge(origin, repo, ("original\n", "theirs\n", "local\n"))
    before, theirs = repo.head, origin.tip()
    for way in ("rebase", "merge"):
        with pytest.raises(ResourceError, match=r"git pull push-target master: "):
            put(origin, repo, **{way: True})
        assert repo.head == before
        assert repo.git("status", "--porcelain") == ""
        assert repo.git("remote") == "origin"
    assert origin.tip() == theirs


def test_a_strategy_may_decide_conflicts(origin: Repo, repo: Repo, put: Put) -> None:
    diverge(origin, repo, ("original\n", "theirs\n", "local\n"))
    put(origin, repo, rebase=True, rebase_strategy_option="theirs")
    assert origin.tip() == repo.head
    assert origin.git("show", "master:file") == "local"


@pytest.mark.parametrize("options", ["ignore-space-change", ["ignore-space-change"]])
def test_a_strategy_may_look_beyond_spaces(origin: Repo, repo: Repo, put: Put, options: object) -> None:
    diverge(
        origin,
        repo,
        ("line1\nline2  \nline3\n", "line1-changed\nline2  \nline3\n", "line1\nline2\nline3-changed\n"),
    )
    put(origin, repo, rebase=True, rebase_strategy_option=options)
    assert origin.git("show", "master:file").split() == ["line1-changed", "line2", "line3-changed"]


@pytest.mark.parametrize("options", ["theirs ignore-space-change", ["theirs", "ignore-space-change"]])
def test_a_strategy_may_have_several_options(origin: Repo, repo: Repo, put: Put, options: object) -> None:
    diverge(
        origin,
        repo,
        ("line1\nline2  \nline3\n", "line1-remote\nline2\nline3\n", "line1\nline2  \nline3-local\n"),
    )
    put(origin, repo, rebase=True, rebase_strategy_option=options)
    assert origin.git("show", "master:file").split() == ["line1-remote", "line2", "line3-local"]


def test_merges_what_others_have_pushed(origin: Repo, repo: Repo, put: Put) -> None:
    theirs, ours = apart(origin, repo)
    assert put(origin, repo, merge=True).version == Version(repo.head)
    assert origin.tip() == repo.head
    assert parents(origin, repo.head) == [ours, theirs]


def test_answers_with_the_commit_before_the_merge_where_that_is_asked_for(
    origin: Repo, repo: Repo, put: Put
) -> None:
    theirs, ours = apart(origin, repo)
    assert put(origin, repo, merge=True, returning="unmerged").version == Version(ours)
    assert parents(origin, origin.tip()) == [ours, theirs]


# While others push


PUSH_A_COMMIT = """
tree=$(git rev-parse "refs/heads/master^{tree}")
commit=$(git commit-tree -p refs/heads/master -m "faster $count" "$tree")
git update-ref refs/heads/master "$commit"
"""
PUSH_A_NOTE = """
git notes add -f -m "faster $count" "$(git rev-list --max-parents=0 refs/heads/master --)"
"""


def let_others_push_first(
    origin: Repo, times: int, push: str = PUSH_A_COMMIT, ref: str = "heads/master"
) -> None:
    """Let each of the first pushes to *ref* find that somebody else was faster."""
    hook = origin.path / ".git" / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f"""#!/bin/sh
unset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES
[ "$1" = refs/{ref} ] || exit 0
count=$(cat count 2>/dev/null || echo 0)
[ "$count" -lt {times} ] || exit 0
echo $((count + 1)) >count
{push}"""
    )
    hook.chmod(0o755)


@pytest.mark.parametrize("way", ["merge", "rebase"])
def test_tries_again_until_nobody_was_faster(origin: Repo, repo: Repo, put: Put, way: str) -> None:
    apart(origin, repo)
    let_others_push_first(origin, 2)
    repo.write_beside("name", "1.0")
    repo.write_beside("note", "noted")
    assert put(origin, repo, tag="name", notes="note", **{way: True}).version == Version(repo.head)
    assert origin.tip() == origin.tip("1.0") == repo.head
    assert origin.git("notes", "show", repo.head) == "noted"
    log = origin.git("log", "--format=%s", "master").splitlines()
    assert {"faster 0", "faster 1"} <= set(log)
    merges = origin.git("log", "--merges", "--format=%s", "master").splitlines()
    assert len(merges) == (1 if way == "merge" else 0)


def test_tries_again_with_a_note_until_nobody_was_faster(origin: Repo, repo: Repo, put: Put) -> None:
    let_others_push_first(origin, 2, PUSH_A_NOTE, "notes/commits")
    first = repo.git("rev-list", "--max-parents=0", "HEAD")
    repo.empty_commit("ours")
    repo.write_beside("note", "noted")
    put(origin, repo, notes="note", rebase=True)
    assert origin.git("notes", "show", repo.head) == "noted"
    assert origin.git("notes", "show", first) == "faster 1"


def test_says_that_it_tries_again(
    origin: Repo, repo: Repo, put: Put, capfd: pytest.CaptureFixture[str]
) -> None:
    let_others_push_first(origin, 1)
    for way, words in (("merge", "merging and trying again..."), ("rebase", "rebasing and trying again...")):
        repo.empty_commit("ours")
        put(origin, repo, **{way: True})
        assert capfd.readouterr().err.splitlines().count(words) == 1
        (origin.path / ".git" / "count").unlink()


def test_a_push_that_the_server_s_hooks_refuse_is_not_tried_again(
    origin: Repo, repo: Repo, put: Put, capfd: pytest.CaptureFixture[str]
) -> None:
    theirs, _ = apart(origin, repo)
    hook = origin.path / ".git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho not today\nexit 1\n")
    hook.chmod(0o755)
    for way in ("merge", "rebase"):
        with pytest.raises(ResourceError, match=r"git push: .*(failed to push|pre-receive hook declined)"):
            put(origin, repo, **{way: True})
        assert "not today" in (said := capfd.readouterr().err)
        assert "failed with non-rebase error\n" in said
    assert origin.tip() == theirs
