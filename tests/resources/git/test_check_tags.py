"""Which tags a check finds, and which commits it finds by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError

if TYPE_CHECKING:
    from tests.resources.git.conftest import Check, Repo

# The same tags by a glob and by an expression.
STAGING = pytest.mark.parametrize("by", [{"tag_filter": "*-staging"}, {"tag_regex": ".*-staging"}])


def tagged(repo: Repo, *names: str, branch: str = "master") -> dict[str, str]:
    """Make a commit for each tag, and one on top; return the commits by their tags."""
    found = {}
    for name in names:
        found[name] = repo.commit(branch=branch)
        repo.tag(name, f"tag {name}")
    repo.commit(branch=branch)
    return found


@STAGING
def test_finds_the_newest_tag_that_matches(origin: Repo, check: Check, by: dict[str, str]) -> None:
    origin.commit()
    origin.tag("1.0-staging", "tag 1")
    origin.commit()
    origin.tag("1.0-production", "tag 2")
    origin.tag("2.0-staging", "tag 3")
    ref = origin.commit()
    origin.tag("2.0-staging", "tag 5")
    origin.commit()
    origin.tag("2.0-production", "tag 4")
    origin.commit()
    assert check(origin, **by) == [("2.0-staging", ref)]


@STAGING
@pytest.mark.parametrize("branch", ["master", "branch-a"])
def test_finds_tags_since_a_tag(origin: Repo, check: Check, by: dict[str, str], branch: str) -> None:
    names = [f"{number}.0-{stage}" for number in (1, 2, 3) for stage in ("staging", "production")]
    refs = tagged(origin, *names, branch=branch)
    found = [(name, refs[name]) for name in ("2.0-staging", "3.0-staging")]
    assert check(origin, "2.0-staging", **by, version_depth=2) == found
    assert check(origin, "2.0-staging", **by) == found[-1:]
    assert check(origin, **by) == found[-1:]
    assert check(origin, "3.0-staging", **by, version_depth=5) == found[-1:]


@STAGING
def test_finds_tags_since_one_that_was_moved(origin: Repo, check: Check, by: dict[str, str]) -> None:
    tagged(origin, "1.0-staging", "1.0-production", "2.0-staging", branch="branch-a")
    refs = tagged(origin, "2.0-staging", "2.0-production", "3.0-staging", branch="branch-a")
    found = check(origin, "2.0-staging", **by, version_depth=2)
    assert found == [(name, refs[name]) for name in ("2.0-staging", "3.0-staging")]


@STAGING
def test_finds_the_newest_tag_where_the_given_one_is_not_there(
    origin: Repo, check: Check, by: dict[str, str]
) -> None:
    refs = tagged(origin, "1.0-staging", "1.0-production", "2.0-staging", "2.0-production")
    assert check(origin, "bogus-ref", **by) == [("2.0-staging", refs["2.0-staging"])]


@pytest.mark.parametrize("by", [{"tag_filter": "staging"}, {"tag_regex": "staging"}])
def test_finds_where_a_tag_lies_now(origin: Repo, check: Check, by: dict[str, str]) -> None:
    for _ in range(2):
        ref = origin.commit(branch="branch-a")
        origin.tag("staging", "tag branch-a")
        assert check(origin, **by) == [("staging", ref)]


@pytest.mark.parametrize("by", [{"tag_filter": "test.tag.*"}, {"tag_regex": r"test.tag\..*"}])
def test_finds_only_tags_of_the_branch(origin: Repo, check: Check, by: dict[str, str]) -> None:
    origin.commit(branch="branch-a")
    origin.tag("test.tag.1", "tag branch-a")
    assert check(origin, **by, branch="master") == []
    ref = origin.commit()
    origin.tag("test.tag.2", "tag master")
    assert check(origin, **by, branch="master") == [("test.tag.2", ref)]
    later = origin.commit()
    origin.tag("test.tag.3", "tag master")
    assert check(origin, "test.tag.2", **by, branch="master", version_depth=5) == [
        ("test.tag.2", ref),
        ("test.tag.3", later),
    ]


def test_finds_on_a_branch_only_tags_that_contain_the_given_one(origin: Repo, check: Check) -> None:
    origin.commit(branch="side", file="aside")
    origin.tag("v-side", "beside")
    ref = origin.commit()
    origin.tag("v1", "one")
    merge = origin.merge("side")
    origin.tag("v2", "two")
    found = check(origin, "v1", tag_filter="v*", branch="master", version_depth=5)
    assert found == [("v1", ref), ("v2", merge)]


@pytest.mark.parametrize("fresh", [False, True])
def test_finds_tags_on_branches_that_were_never_merged(
    origin: Repo, check: Check, monkeypatch: pytest.MonkeyPatch, *, fresh: bool
) -> None:
    origin.commit()
    assert check(origin, tag_filter="v*-hotfix") == []
    ref = origin.commit(branch="hotfix")
    origin.tag("v1.0.0-hotfix", "hotfix tag")
    origin.commit()
    if fresh:
        elsewhere = origin.path.parent / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.setenv("TMPDIR", str(elsewhere))
    for by in ({"tag_filter": "v*-hotfix"}, {"tag_regex": "v.*-hotfix"}):
        assert check(origin, **by) == [("v1.0.0-hotfix", ref)]


def test_a_tag_that_was_deleted_is_no_version(origin: Repo, check: Check) -> None:
    refs = tagged(origin, "v1", "v2")
    assert check(origin, tag_filter="v*") == [("v2", refs["v2"])]
    origin.git("tag", "--delete", "v2")
    assert check(origin, "v2", tag_filter="v*") == [("v1", refs["v1"])]


def test_a_branch_may_become_a_folder_of_branches(origin: Repo, check: Check) -> None:
    origin.commit(branch="a")
    refs = tagged(origin, "v1")
    assert check(origin, tag_filter="v*") == [("v1", refs["v1"])]
    origin.git("branch", "--move", "a", "a/b")
    assert check(origin, tag_filter="v*") == [("v1", refs["v1"])]


def test_finds_as_many_tags_as_the_depth_says(origin: Repo, check: Check) -> None:
    refs = tagged(origin, "test.tag.1", "test.tag.2", "test.badtag.3", "test.tag.4")
    found = [(name, refs[name]) for name in ("test.tag.2", "test.tag.4")]
    assert check(origin, tag_filter="test.tag.*", version_depth=2) == found


def test_finds_lightweight_tags_tags_of_tags_and_nothing_that_is_no_commit(
    origin: Repo, check: Check
) -> None:
    light = origin.commit(date="2001-01-01T00:00:00Z")
    origin.git("tag", "v-light")
    ref = origin.commit()
    origin.tag("v-one", "one")
    origin.git("-c", "advice.nestedTag=false", "tag", "--annotate", "--message", "two", "v-two", "v-one")
    origin.git("tag", "v-tree", "HEAD^{tree}")
    found = check(origin, tag_filter="v-*", version_depth=9)
    assert sorted(found) == [("v-light", light), ("v-one", ref), ("v-two", ref)]
    assert found[0] == ("v-light", light)


def test_an_expression_matches_whole_names(origin: Repo, check: Check) -> None:
    refs = tagged(origin, "v1.2.3", "v1.2.3-rc1", "xv1.2.3")
    for expression in (r"v[0-9]+\.[0-9]+\.[0-9]+", r"v1.2.3|nothing", r"(v1\.2\.3)", "nothing\nv1.2.3"):
        assert check(origin, tag_regex=expression, version_depth=9) == [("v1.2.3", refs["v1.2.3"])]
    with pytest.raises(ResourceError, match=r"source\.tag_regex: "):
        check(origin, tag_regex="(")


def test_the_names_of_tags_may_be_options_or_hold_what_a_shell_takes(origin: Repo, check: Check) -> None:
    ref = origin.commit()
    origin.git("update-ref", "refs/tags/-n", ref)
    origin.git("update-ref", "refs/tags/$(id)", ref)
    found = check(origin, tag_regex="-n|.*id.*", version_depth=9)
    assert sorted(found) == [("$(id)", ref), ("-n", ref)]
    assert check(origin, tag_filter="-n") == [("-n", ref)]


# With paths


def history(repo: Repo) -> dict[str, str]:
    """Commits that change files a, b, c, b, c; tagged but for the last. Return them by number."""
    refs = {"1": repo.commit(file="file-a")}
    repo.tag("1.0-staging", "tag 1")
    refs["3"] = repo.commit(file="file-b")
    repo.tag("1.0-production", "tag 2")
    repo.tag("2.0-staging", "tag 3")
    refs["6"] = repo.commit(file="file-c")
    repo.tag("2.0-staging", "tag 5")
    refs["8"] = repo.commit(file="file-b")
    repo.tag("2.0-production", "tag 4")
    refs["10"] = repo.commit(file="file-c")
    return refs


def test_finds_tags_whose_commits_change_the_paths(origin: Repo, check: Check) -> None:
    refs = history(origin)
    staging, production = ("2.0-staging", refs["6"]), ("2.0-production", refs["8"])
    for glob, paths, found in (
        ("2*", ["file-c"], [staging]),
        ("*-staging", ["file-b"], []),  # the tag went on to a commit that changes another file
        ("*", ["file-b", "file-c"], [production]),
        ("*", ["file-f"], []),
        ("4.0-*", ["file-c"], []),
    ):
        assert check(origin, tag_filter=glob, paths=paths) == found, (glob, paths)


def test_finds_commits_that_change_the_paths_and_that_a_tag_contains(origin: Repo, check: Check) -> None:
    refs = history(origin)
    for glob, paths, found in (
        ("2*", ["file-c"], [refs["6"]]),
        ("*-staging", ["file-b"], [refs["3"]]),
        ("2.*", ["file-a"], [refs["1"]]),
        ("1.*", ["file-c"], []),
        ("*", ["file-b", "file-c"], [refs["8"]]),
        ("*", ["file-f"], []),
        ("4.0-*", ["file-c"], []),
    ):
        keys = {"tag_filter": glob, "paths": paths, "tag_behaviour": "match_tag_ancestors"}
        assert check(origin, **keys) == found, (glob, paths)


def test_finds_all_commits_that_came_with_tags_since_a_commit(origin: Repo, check: Check) -> None:
    refs = history(origin)
    keys = {"tag_filter": "*", "tag_behaviour": "match_tag_ancestors", "version_depth": 9}
    assert check(origin, refs["3"], **keys) == [refs[number] for number in ("3", "6", "8")]


def test_a_tag_on_a_marked_commit_is_no_version(origin: Repo, check: Check) -> None:
    refs = tagged(origin, "v1")
    marked = origin.commit("release [ci skip]")
    origin.tag("v2", "two")
    assert check(origin, tag_filter="v*") == [("v1", refs["v1"])]
    assert check(origin, tag_filter="v*", disable_ci_skip=True) == [("v2", marked)]
