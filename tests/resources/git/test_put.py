"""What a put pushes: commits, tags, notes; and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.git import Version

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.conftest import Run
    from tests.resources.git.conftest import Put, Repo

    from sqnc_resources import Result


def facts(result: Result[Version]) -> dict[str, str]:
    """The metadata by its names."""
    return {fact["name"]: fact["value"] for fact in map(dict, result.metadata)}


def test_pushes_what_is_checked_out_and_all_tags(origin: Repo, repo: Repo, put: Put) -> None:
    ref = repo.commit()
    repo.git("tag", "some-tag")
    result = put(origin, repo)
    assert result.version == Version(ref)
    assert origin.tip() == origin.tip("some-tag") == ref
    assert facts(result)["commit"] == ref
    assert facts(result)["branch"] == "master"


def test_pushes_a_detached_head(origin: Repo, repo: Repo, put: Put) -> None:
    repo.detach()
    ref = repo.empty_commit("on no branch")
    result = put(origin, repo)
    assert result.version == Version(ref)
    assert "branch" not in facts(result)
    assert origin.tip() == ref


def test_pushes_to_another_branch_which_is_part_of_the_version(
    origin: Repo, repo: Repo, put: Put, capfd: pytest.CaptureFixture[str]
) -> None:
    ref, before = repo.commit(branch="branch-a"), origin.tip()
    for source in (origin, {"uri": origin.uri}):
        assert put(source, repo, branch="branch-a").version == Version(ref, branch="branch-a")
    assert origin.tip("branch-a") == ref
    assert origin.tip() == before
    assert "Override master with branch-a\n" in capfd.readouterr().err


def test_pushes_under_another_prefix(origin: Repo, repo: Repo, put: Put) -> None:
    ref, before = repo.commit(), origin.tip()
    assert put(origin, repo, refs_prefix="refs/for").version == Version(ref)
    assert origin.tip("refs/for/master") == ref
    assert origin.tip() == before


def test_hands_options_to_the_server_s_hooks(origin: Repo, repo: Repo, put: Put) -> None:
    origin.git("config", "receive.advertisePushOptions", "true")
    hook = origin.path / ".git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION | sort >"$GIT_DIR/told"\n')
    hook.chmod(0o755)
    ref = repo.commit()
    put(origin, repo, push_options=["option-1", "two words; $(id)"])
    assert origin.tip() == ref
    assert (origin.path / ".git" / "told").read_text() == (
        "GIT_PUSH_OPTION_0=option-1\nGIT_PUSH_OPTION_1=two words; $(id)\nGIT_PUSH_OPTION_COUNT=2\n"
    )


def test_leaves_the_repository_without_a_further_remote(origin: Repo, repo: Repo, put: Put) -> None:
    repo.git("remote", "add", "push-target", "/of/an/earlier/put")
    repo.commit()
    put(origin, repo)
    assert repo.git("remote") == "origin"


def test_a_put_of_nothing_new_is_fine(origin: Repo, repo: Repo, put: Put) -> None:
    for keys in ({}, {"merge": True}, {"rebase": True}):
        assert put(origin, repo, **keys).version == Version(repo.head)


def test_settings_hold_while_it_pushes(origin: Repo, repo: Repo, put: Put) -> None:
    ref = repo.commit()
    moved = {"name": f"url.file://{origin.path}.insteadOf", "value": "https://moved.example/"}
    source = {"uri": "https://moved.example/", "branch": "master", "git_config": [moved]}
    assert put(source, repo).version == Version(ref)
    assert origin.tip() == ref


# Tags


def test_tags_what_it_pushes(origin: Repo, repo: Repo, put: Put) -> None:
    ref = repo.commit()
    repo.write_beside("some-tag-file", "some-tag-name\n")
    result = put(origin, repo, tag="some-tag-file")
    assert result.version == Version(ref)
    assert origin.tip() == origin.tip("refs/tags/some-tag-name") == ref
    assert facts(result)["tags"] == "some-tag-name"


def test_puts_a_prefix_before_the_tag(origin: Repo, repo: Repo, put: Put) -> None:
    ref = repo.commit()
    repo.write_beside("some-tag-file", "1.0\n")
    put(origin, repo, tag="some-tag-file", tag_prefix="v")
    assert origin.tip("refs/tags/v1.0") == ref


def test_a_tag_with_a_message_is_annotated(origin: Repo, repo: Repo, put: Put) -> None:
    ref = repo.commit()
    repo.write_beside("tag/name", "1.0\n")
    repo.write_beside("tag/message", "yay\n")
    put(origin, repo, tag="tag/name", annotate="tag/message")
    assert origin.tip("1.0^{commit}") == ref
    assert origin.tip("1.0") != ref
    assert origin.git("tag", "--format=%(contents)", "--list", "1.0").strip() == "yay"


def test_a_tag_moves_to_what_is_pushed_where_nobody_else_has_it(origin: Repo, repo: Repo, put: Put) -> None:
    repo.git("tag", "1.0", "HEAD")
    ref = repo.commit()
    repo.write_beside("name", "1.0")
    put(origin, repo, tag="name")
    assert origin.tip("1.0") == ref


def test_pushes_tags_alone(origin: Repo, repo: Repo, put: Put) -> None:
    ref, before = repo.commit(), origin.tip()
    repo.git("tag", "some-only-tag")
    assert put(origin, repo, only_tag=True).version == Version(ref)
    assert put({"uri": origin.uri}, repo, only_tag="true").version == Version(ref)
    assert origin.tip("some-only-tag") == ref
    assert origin.tip() == before


def test_a_tag_that_lies_elsewhere_is_refused_unless_forced(origin: Repo, repo: Repo, put: Put) -> None:
    theirs, ours = origin.commit(), repo.commit()
    origin.git("tag", "some-only-tag")
    origin.detach()
    repo.git("tag", "some-only-tag")
    with pytest.raises(ResourceError, match="the repository has another tag some-only-tag"):
        put(origin, repo, only_tag=True)
    assert origin.tip("some-only-tag") == theirs
    put(origin, repo, only_tag=True, force=True)
    assert origin.tip("some-only-tag") == ours
    assert origin.tip() == theirs


@pytest.mark.parametrize("way", ["merge", "rebase"])
def test_a_tag_that_lies_elsewhere_is_not_tried_for_ever(
    origin: Repo, repo: Repo, put: Put, way: str
) -> None:
    theirs = origin.commit(file="theirs")
    origin.git("tag", "1.0")
    origin.detach()
    repo.commit()
    repo.write_beside("name", "1.0")
    with pytest.raises(ResourceError, match=r"the repository has another tag 1\.0"):
        put(origin, repo, tag="name", **{way: True})
    assert origin.tip() == origin.tip("1.0") == theirs


# Notes


def test_pushes_notes(origin: Repo, repo: Repo, put: Put) -> None:
    ref = repo.commit()
    repo.write_beside("notes-file", "some-notes\n")
    result = put(origin, repo, notes="notes-file")
    assert result.version == Version(ref)
    assert facts(result)["branch"] == "master"
    assert origin.git("notes", "show", ref) == "some-notes"


def test_notes_go_on_top_of_those_of_others_where_it_rebases(origin: Repo, repo: Repo, put: Put) -> None:
    first = origin.head
    origin.git("notes", "add", "-m", "theirs", first)
    ref = repo.commit()
    repo.write_beside("notes-file", "some-notes\n")
    assert put(origin, repo, notes="notes-file", rebase=True).version == Version(ref)
    assert origin.git("notes", "show", ref) == "some-notes"
    assert origin.git("notes", "show", first) == "theirs"


# What is refused


def test_a_branch_that_has_moved_on_is_refused_unless_forced(origin: Repo, repo: Repo, put: Put) -> None:
    theirs, ours = origin.commit(), repo.commit()
    origin.detach()
    with pytest.raises(ResourceError, match=r"\[rejected\]|failed to push some refs"):
        put(origin, repo)
    assert origin.tip() == theirs
    assert put(origin, repo, force=True).version == Version(ours)
    assert origin.tip() == ours


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"merge": True, "rebase": True}, "invalid push strategy (either merge or rebase can be set"),
        ({"tag": "none"}, "tag file 'none' does not exist"),
        ({"annotate": "none"}, "annotation file 'none' does not exist"),
        ({"notes": "none"}, "notes file 'none' does not exist"),
        ({"repository": "none"}, "there is no folder `none` among the inputs"),
    ],
)
def test_says_what_makes_no_sense(repo: Repo, put: Put, params: dict[str, object], message: str) -> None:
    with pytest.raises(ResourceError) as caught:
        put({"uri": "file:///nowhere", "branch": "master"}, repo, **params)
    assert message in str(caught.value)


def test_a_put_needs_a_branch(repo: Repo, put: Put) -> None:
    with pytest.raises(ResourceError, match=r"invalid payload \(missing branch\)"):
        put({"uri": "file:///nowhere"}, repo)


@pytest.mark.parametrize(("role", "name"), [("in", "get"), ("out", "put")])
def test_refuses_keys_that_nobody_knows(run: Run, tmp_path: Path, role: str, name: str) -> None:
    request = {
        "source": {"uri": "x", "branch": "y"},
        "version": {"ref": "z"},
        "params": {"repository": "r", "unknown_key": "x", "other_key": "y"},
    }
    answer = run(role, "git", request, tmp_path)
    assert (answer.status, answer.stdout) == (2, "")
    for words in (f"Found unknown keys in {name} params:\n", "params.unknown_key: ", "params.other_key: "):
        assert words in answer.stderr


def test_a_folder_that_is_no_repository_is_a_failure(origin: Repo, run: Run, tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    source = {"uri": origin.uri, "branch": "master"}
    answer = run("out", "git", {"source": source, "params": {"repository": "repo"}}, tmp_path)
    assert (answer.status, answer.value) == (1, None)
    assert "not a git repository" in answer.stderr
