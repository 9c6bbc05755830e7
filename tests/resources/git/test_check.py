"""Which commits of a branch a check finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc_resources import RequestError, ResourceError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.git.conftest import Check, MakeRepo, Repo


def test_finds_the_newest_commit(origin: Repo, check: Check) -> None:
    origin.commit()
    newest = origin.commit()
    assert check(origin) == [newest]
    assert check({"uri": str(origin.path)}) == [newest]


def test_finds_what_came_since_a_commit_and_that_commit(origin: Repo, check: Check) -> None:
    refs = [origin.commit(), origin.commit(), origin.commit()]
    assert check(origin, refs[0]) == refs
    assert check(origin, refs[2]) == refs[2:]


def test_finds_what_came_since_the_very_first_commit(origin: Repo, check: Check) -> None:
    first = origin.head
    refs = [first, origin.commit(), origin.commit(), origin.commit()]
    assert check(origin, first) == refs


@pytest.mark.parametrize("since", ["bogus-ref", "0123456789abcdef0123456789abcdef01234567"])
def test_finds_the_newest_where_the_commit_is_not_there(origin: Repo, check: Check, since: str) -> None:
    origin.commit()
    newest = origin.commit()
    assert check(origin, since) == [newest]


def test_a_version_is_no_option_of_git(origin: Repo, check: Check) -> None:
    newest = origin.commit()
    for since in ("--all", "-1", f"{newest}^!", ""):
        assert check(origin, since)[-1] == newest


def test_finds_as_many_as_the_version_depth_says(origin: Repo, check: Check) -> None:
    origin.commit(date="2099-01-01T00:00:00Z")
    refs = [origin.commit(), origin.commit(), origin.commit()]
    assert check(origin, version_depth=2) == refs[-2:]
    assert check(origin, "bogus-ref", version_depth="2") == refs[-2:]
    assert check(origin, refs[0], version_depth=2) == refs


def test_the_newest_is_the_branch_s_tip_whatever_the_dates_say(origin: Repo, check: Check) -> None:
    origin.commit(date="2099-01-01T00:00:00Z")
    newest = origin.commit()
    assert check(origin) == [newest]
    assert check(origin, disable_ci_skip=True) == [newest]


def test_finds_empty_commits(origin: Repo, check: Check) -> None:
    ref = origin.commit()
    empty = origin.empty_commit("empty")
    assert check(origin) == [empty]
    assert check(origin, ref) == [ref, empty]


def test_follows_the_branch_that_is_named_and_fetches_no_other(
    origin: Repo, check: Check, cache: Repo
) -> None:
    ref, other = origin.commit(), origin.commit(branch="branch-a")
    assert check(origin, branch="master") == [ref]
    for missing in (other, origin.git("rev-parse", "bogus")):
        assert not cache.holds(missing)
    assert check(origin, branch="branch-a") == [other]


def test_follows_a_tag_in_place_of_a_branch(origin: Repo, check: Check) -> None:
    ref = origin.commit()
    origin.tag("v1", "one")
    origin.commit()
    assert check(origin, branch="v1") == [ref]
    assert check(origin, branch="v1", disable_ci_skip=True) == [ref]
    later = origin.commit()
    origin.tag("v1", "moved")
    assert check(origin, ref, branch="v1")[-1] == later


def test_a_branch_goes_before_a_tag_of_the_same_name(origin: Repo, check: Check) -> None:
    ref = origin.commit(branch="both")
    origin.git("tag", "both", "bogus")
    assert check(origin, branch="both") == [ref]
    assert check(origin, branch="both", disable_ci_skip=True) == [ref]


@pytest.mark.parametrize("keys", [{}, {"disable_ci_skip": True}])
def test_a_branch_that_is_not_there_is_a_failure(origin: Repo, check: Check, keys: dict[str, object]) -> None:
    origin.commit()
    with pytest.raises(ResourceError, match=r"No commit returned\. Invalid branch\?"):
        check(origin, branch="nowhere", **keys)


def test_a_repository_that_is_not_there_is_a_failure_in_git_s_words(tmp_path: Path, check: Check) -> None:
    for keys in ({}, {"disable_ci_skip": True}):
        with pytest.raises(ResourceError, match="does not appear to be a git repository"):
            check({"uri": f"file://{tmp_path}/nowhere", **keys})


def test_a_repository_without_a_commit_has_no_version(make_repo: MakeRepo, check: Check) -> None:
    empty = make_repo("empty")
    for ref in empty.git("for-each-ref", "--format=%(refname)").splitlines():
        empty.git("update-ref", "-d", ref)
    assert check(empty) == []
    with pytest.raises(ResourceError, match=r"No commit returned\. Invalid branch\?"):
        check(empty, disable_ci_skip=True)


# Merges


def test_finds_of_a_merged_branch_the_merge_alone(origin: Repo, check: Check) -> None:
    first, second = origin.commit(), origin.commit()
    origin.commit(file="some-branch-file", branch="some-branch")
    third = origin.commit()
    assert check(origin, first) == [first, second, third]
    merge = origin.merge("some-branch")
    assert check(origin, first) == [first, second, third, merge]


def test_a_merge_changes_the_paths_that_it_brings(origin: Repo, check: Check) -> None:
    paths = ["some-master-file", "some-branch-file"]
    first = origin.commit(file="some-master-file")
    origin.commit()
    origin.commit(file="some-branch-file", branch="some-branch")
    third = origin.commit(file="some-master-file")
    assert check(origin, first, paths=paths) == [first, third]
    merge = origin.merge("some-branch")
    assert check(origin, first, paths=paths) == [first, third, merge]


def with_two_roots(repo: Repo) -> tuple[list[str], str]:
    """Merge an unrelated history; return the commits of master, oldest first, and the other root."""
    refs = [repo.head, repo.commit()]
    repo.git("checkout", "--quiet", "--orphan", "temp")
    second_root = repo.empty_commit("second root")
    return [*refs, repo.merge("temp", "--allow-unrelated-histories")], second_root


def test_finds_what_came_since_the_first_of_two_roots(origin: Repo, check: Check) -> None:
    refs, _ = with_two_roots(origin)
    assert check(origin, refs[0]) == refs


def test_finds_all_since_a_root_that_was_merged(origin: Repo, check: Check) -> None:
    refs, second_root = with_two_roots(origin)
    assert check(origin, second_root) == refs


# Paths


def test_leaves_out_what_changes_ignored_paths_alone(origin: Repo, check: Check) -> None:
    a, b, c = (origin.commit(file=f"file-{name}") for name in "abc")
    assert check(origin, ignore_paths=["file-c"]) == [b]
    assert check(origin, a, ignore_paths=["file-a"]) == [b, c]
    assert check(origin, a, ignore_paths=["file-c"]) == [a, b]
    again = origin.commit(file="file-b")
    assert check(origin, ignore_paths=["file-c"]) == [again]
    assert check(origin, a, ignore_paths=["file-c"]) == [a, b, again]


def test_finds_what_changes_the_paths(origin: Repo, check: Check) -> None:
    a, _, c = (origin.commit(file=f"file-{name}") for name in "abc")
    assert check(origin, paths=["file-c"]) == [c]
    assert check(origin, a, paths=["file-c"]) == [c]
    origin.commit(file="file-b")
    assert check(origin, paths=["file-c"]) == [c]
    again = origin.commit(file="file-c")
    assert check(origin, a, paths=["file-c"]) == [c, again]


def test_finds_what_changes_the_paths_with_ci_skip_disabled(origin: Repo, check: Check) -> None:
    refs = [origin.commit(file="file-a") for _ in range(3)]
    assert check(origin, refs[0], paths=["file-a"], disable_ci_skip=True) == refs


def test_finds_what_changes_the_paths_on_a_branch(origin: Repo, check: Check) -> None:
    origin.commit(file="dummy/file-b")
    origin.commit(file="dummy/file-b")
    ref = origin.commit(file="dummy/file-b", branch="newbranch")
    assert check(origin, paths=["dummy/*"], branch="newbranch") == [ref]


@pytest.mark.parametrize("path", ["**/file", "a/b", "a/b/", ":(glob)**/b/*", ":(icase)A/B"])
def test_paths_are_git_s_pathspecs(origin: Repo, check: Check, path: str) -> None:
    origin.commit(file="a/file")
    ref = origin.commit(file="a/b/file")
    origin.commit(file="other name")
    assert check(origin, paths=[path]) == [ref]
    assert check(origin, paths=["A/B"]) == []


def test_a_path_may_hold_anything(origin: Repo, check: Check, tmp_path: Path) -> None:
    for name in ("two words", "$(touch pwned)", "-n", "quo'te"):
        ref = origin.commit(file=name)
        assert check(origin, paths=[name]) == [ref]
    assert not list(tmp_path.rglob("pwned"))


def test_finds_what_changes_the_paths_but_ignored_ones(origin: Repo, check: Check) -> None:
    a, b, some = (origin.commit(file=file) for file in ("file-a", "file-b", "some-file"))
    ignoring = {"paths": ["file-*"], "ignore_paths": ["file-b"]}
    assert check(origin, **ignoring) == [a]
    assert check(origin, a, **ignoring) == [a]
    assert check(origin, a, paths=["file-*"], ignore_paths=["file-a"]) == [b]
    origin.commit(file="file-b")
    assert check(origin, **ignoring) == [a]
    again = origin.commit(file="file-a")
    assert check(origin, **ignoring) == [again]
    c = origin.commit(file="file-c")
    some = origin.commit(file="some-file")
    assert check(origin, a, **ignoring) == [a, again, c]
    assert check(origin, a, paths=["file-*"], ignore_paths=["file-b", "file-c"]) == [a, again]
    another = origin.commit(file="another-file")
    assert check(origin, paths=["*-file"], ignore_paths=["another-file"]) == [some]
    assert check(origin, paths=["."], ignore_paths=["file-*"]) == [another]


def test_nothing_that_changes_a_path_is_no_version(origin: Repo, check: Check) -> None:
    origin.commit()
    assert check(origin, paths=["file-f"]) == []


# Keys of the source


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"uri": ""}, "source.uri is required and must not be empty"),
        ({"uri": " "}, "source.uri is required and must not be empty"),
        ({"uri": "x", "some_key": 1}, "Found unknown keys in source:\nsource.some_key: unknown key"),
        ({"uri": "x", "brnch": "a"}, "source.brnch: unknown key, did you mean"),
        ({"uri": "x", "version_depth": 0}, "Invalid version_depth. Must be at least 1, got 0"),
        ({"uri": "x", "tag_filter": "a", "tag_regex": "b"}, "Cannot provide both tag_filter and tag_regex"),
        ({"uri": "x", "tag_behaviour": "other"}, "source.tag_behaviour: "),
        ({"uri": "x", "commit_filter": {"include": "a string"}}, "source.commit_filter.include: "),
    ],
)
def test_refuses_a_source_that_makes_no_sense(check: Check, keys: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError) as caught:
        check(keys)
    assert message in str(caught.value)
