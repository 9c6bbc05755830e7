"""What a get fetches, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.git import Version

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.git.conftest import Get, Repo


def test_gets_from_a_url(origin: Repo, get: Get) -> None:
    ref = origin.commit()
    got = get(origin)
    assert got.result.version == Version(ref)
    assert (got.repo.path / "some-file").read_text() == "x\n"
    assert got.repo.head == ref


def test_gets_the_commit_that_is_asked_for(origin: Repo, get: Get) -> None:
    first, second = origin.commit(), origin.commit()
    for ref, content in ((first, "x\n"), (second, "x\nx\n")):
        got = get(origin, ref, into=ref)
        assert got.result.version == Version(ref)
        assert (got.repo.path / "some-file").read_text() == content
        assert got.repo.head == ref


def test_gets_from_a_branch(origin: Repo, get: Get) -> None:
    refs = {branch: origin.commit(branch=branch) for branch in ("branch-a", "branch-b")}
    for branch, ref in refs.items():
        got = get({"uri": str(origin.path), "branch": branch}, into=branch)
        assert got.result.version == Version(ref)
        assert got.repo.head == ref


def test_fetches_one_branch_only(origin: Repo, get: Get) -> None:
    origin.commit()
    got = get({"uri": str(origin.path), "branch": "master"})
    branches = got.repo.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes").split()
    assert set(branches) - {"refs/remotes/origin/HEAD"} == {"refs/heads/master", "refs/remotes/origin/master"}


def test_fetches_all_branches_where_that_is_asked_for(origin: Repo, get: Get) -> None:
    origin.commit()
    for depth in (0, 1):
        got = get(
            {"uri": origin.uri, "branch": "master"}, all_branches="true", depth=depth, into=f"depth-{depth}"
        )
        for branch in ("master", "bogus"):
            got.repo.git("show-ref", "--verify", f"refs/remotes/origin/{branch}")


def test_gets_from_the_branch_of_the_version(origin: Repo, get: Get) -> None:
    ref = origin.commit(branch="branch-a")
    got = get({"uri": str(origin.path), "branch": "master"}, ref, branch="branch-a")
    assert got.result.version == Version(ref)
    assert got.repo.head == ref
    assert "Override master with branch-a\n" in got.stderr


def test_fetches_further_branches_and_keeps_those_that_are_there(origin: Repo, get: Get) -> None:
    ref = origin.commit()
    got = get(origin, fetch=["master", "bogus"])
    assert got.result.version == Version(ref)
    assert got.repo.git("rev-parse", "master") == ref
    assert got.repo.git("rev-parse", "bogus") == origin.git("rev-parse", "bogus")


def test_keeps_settings_in_the_repository_and_leaves_the_user_s_alone(
    origin: Repo, get: Get, git_home: Path
) -> None:
    origin.commit()
    before = (git_home / ".gitconfig").read_text()
    command = "!true long command with variables $@"
    settings = [{"name": "core.pager", "value": "true"}, {"name": "credential.helper", "value": command}]
    got = get({"uri": str(origin.path), "git_config": settings})
    assert got.repo.git("config", "--local", "core.pager") == "true"
    assert got.repo.git("config", "--local", "credential.helper") == command
    assert "pager = true" in got.file("config")
    assert f"helper = {command}" in got.file("config")
    assert (git_home / ".gitconfig").read_text() == before


def test_settings_hold_while_it_fetches(origin: Repo, get: Get) -> None:
    ref = origin.commit()
    moved = {"name": f"url.{origin.path}.insteadOf", "value": "https://moved.example/"}
    got = get({"uri": "https://moved.example/", "git_config": [moved]})
    assert got.result.version == Version(ref)


def test_checks_out_sparse_paths_only(origin: Repo, get: Get) -> None:
    origin.commit(file="file-a")
    ref = origin.commit(file="folder/file-b")
    for patterns, names in (
        (["file-a"], {"file-a"}),
        (["folder/*"], {"folder"}),
        (["folder/*", "file-a"], {"file-a", "folder"}),
        (["."], {"file-a", "folder"}),
    ):
        got = get({"uri": str(origin.path), "sparse_paths": patterns}, into="+".join(names) + patterns[0][0])
        assert {path.name for path in got.repo.path.iterdir()} == {".git", *names}
        assert got.repo.head == ref


def test_gets_by_the_name_of_a_tag(origin: Repo, get: Get) -> None:
    ref = origin.commit()
    staging, production = origin.tag("1.0-staging", "other tag"), origin.tag("0.9-production", "a tag")
    origin.commit()
    for version in (ref, staging, production):
        got = get(origin, version, into=version)
        assert got.result.version == Version(version)
        assert got.repo.head == ref


def test_a_version_is_no_option_of_git(origin: Repo, get: Get) -> None:
    with pytest.raises(ResourceError, match="expected a commit, not an option"):
        get(origin, "--orphan=x")


def test_a_commit_that_is_gone_is_a_failure_in_git_s_words(origin: Repo, get: Get) -> None:
    with pytest.raises(ResourceError, match=r"fatal: (unable to read tree|reference is not a tree)"):
        get(origin, "0123456789abcdef0123456789abcdef01234567")


def test_a_repository_that_is_not_there_is_a_failure(tmp_path: Path, get: Get) -> None:
    with pytest.raises(ResourceError, match=r"git clone: fatal: .*none.* does not"):
        get({"uri": str(tmp_path / "none")})


# Tags


@pytest.mark.parametrize(
    ("clean_tags", "left"),
    [({}, "v1.1-pre"), ({"clean_tags": "false"}, "v1.1-pre"), ({"clean_tags": "true"}, "")],
)
def test_deletes_tags_where_that_is_asked_for(
    origin: Repo, get: Get, clean_tags: dict[str, str], left: str
) -> None:
    origin.commit()
    origin.git("tag", "v1.1-pre")
    got = get(origin, **clean_tags)
    assert got.repo.git("tag") == left
    assert got.metadata["tags"] == "v1.1-pre"


@pytest.mark.parametrize(
    ("asked", "tags"),
    [
        (({}, {}), "v1"),  # as a clone of one branch has them
        (({"fetch_tags": True}, {}), "elsewhere v1"),
        (({"fetch_tags": False}, {}), ""),
        (({"fetch_tags": True}, {"fetch_tags": "false"}), ""),
        (({"fetch_tags": False}, {"fetch_tags": "true"}), "elsewhere v1"),
        (({"tag_filter": "v*"}, {}), "elsewhere v1"),
        (({"tag_regex": "v.*", "fetch_tags": False}, {}), ""),
    ],
)
def test_fetches_the_tags_that_are_asked_for(
    origin: Repo, get: Get, asked: tuple[dict[str, object], dict[str, object]], tags: str
) -> None:
    source, params = asked
    origin.commit()
    origin.git("tag", "v1")
    origin.git("tag", "elsewhere", "bogus")
    got = get({"uri": origin.uri, **source}, **params)
    assert got.repo.git("tag").split() == tags.split()


# Notes, and refs beside branches and tags


def test_fetches_notes(origin: Repo, get: Get) -> None:
    origin.commit()
    origin.git("notes", "add", "-m", "a note")
    assert get(origin).repo.git("notes", "show") == "a note"


def test_searches_the_server_s_refs_where_that_is_asked_for(origin: Repo, get: Get) -> None:
    kept, dropped = origin.commit(branch="branch-a"), origin.commit(branch="branch-a")
    origin.git("update-ref", "refs/heads/branch-a", kept)
    origin.git("update-ref", "refs/changes/1", dropped)
    source = {"uri": origin.uri, "branch": "branch-a"}
    with pytest.raises(ResourceError, match=r"fatal: (unable to read tree|reference is not a tree)"):
        get(source, dropped, into="unsearched")
    got = get({**source, "search_remote_refs": True}, dropped)
    assert got.result.version == Version(dropped)
    assert got.repo.head == dropped
    assert (
        f"{dropped} not found locally, but search_remote_refs is enabled. "
        "Attempting to fetch refs/changes/1 first.\n" in got.stderr
    )


def test_says_so_where_the_server_has_no_such_ref(
    origin: Repo, get: Get, capfd: pytest.CaptureFixture[str]
) -> None:
    nowhere = "0123456789abcdef0123456789abcdef01234567"
    with pytest.raises(ResourceError):
        get({"uri": origin.uri, "branch": "master", "search_remote_refs": True}, nowhere)
    assert f"WARNING: couldn't find a ref for {nowhere} listed on the remote\n" in capfd.readouterr().err
