"""Submodules that a get fetches, whole and shallow."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.git.conftest import Get, MakeRepo, Repo


@pytest.fixture
def inner(make_repo: MakeRepo) -> Repo:
    """A repository with some commits, which is a submodule of others."""
    repo = make_repo("inner")
    repo.commit()
    repo.commit()
    return repo


@pytest.fixture
def outer(make_repo: MakeRepo, inner: Repo) -> Repo:
    """A repository with a submodule `inner`."""
    repo = make_repo("outer")
    add(repo, inner)
    return repo


def add(repo: Repo, submodule: Repo, *place: str, url: str | None = None) -> str:
    """Add a submodule, at *place* if that is given; return the commit that does it."""
    repo.git("submodule", "--quiet", "add", *place[:2], "--", url or submodule.uri, *place[2:])
    return repo.empty_commit("add a submodule")


def count(repo: Path) -> int:
    """How many commits the repository holds."""
    command = ["git", "-C", repo, "rev-list", "--all", "--count"]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)


def head(repo: Path) -> str:
    command = ["git", "-C", repo, "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("depth", [0, 1])
def test_fetches_submodules_at_the_commits_that_are_recorded(
    outer: Repo, inner: Repo, get: Get, depth: int
) -> None:
    recorded = inner.head
    inner.commit()
    got = get(outer, depth=depth)
    assert head(got.repo.path / "inner") == recorded
    assert (got.repo.path / "inner" / "some-file").read_text() == "x\nx\n"
    assert got.repo.git("submodule", "status").startswith(f" {recorded} inner")


@pytest.mark.parametrize("submodules", ["all", ["inner"]])
def test_the_depth_counts_for_submodules_too(outer: Repo, get: Get, submodules: object) -> None:
    whole = get({"uri": outer.uri}, submodules=submodules, depth=0, into="whole")
    assert count(whole.repo.path / "inner") > 1
    shallow = get({"uri": outer.uri}, submodules=submodules, depth=1, into="shallow")
    assert count(shallow.repo.path / "inner") == 1
    assert "perl" not in shallow.stderr
    settings = shallow.repo.git("config", "--list", "--local")
    assert ".update=" not in settings


@pytest.mark.parametrize(
    ("wanted", "fetched"),
    [
        ("all", {"one", "dir/two", "tw"}),
        ("none", set()),
        ([], set()),
        (["one"], {"one"}),
        (["two"], {"dir/two"}),
        (["dir/two", "tw"], {"dir/two", "tw"}),
        (["dir/.*"], {"dir/two"}),
        (["dir/("], set()),
        (["nothing"], set()),
    ],
)
def test_fetches_the_submodules_that_are_asked_for(
    outer: Repo, get: Get, wanted: object, fetched: set[str]
) -> None:
    places, inner = ("one", "dir/two", "tw"), replace(outer, path=outer.path.with_name("inner"))
    for place in places:
        add(outer, inner, "--name", f"name of {place}", place)
    got = get(outer, submodules=wanted)
    assert {place for place in places if any((got.repo.path / place).iterdir())} == fetched


@pytest.mark.parametrize("depth", [0, 1])
def test_the_name_of_a_submodule_need_not_be_its_path(
    origin: Repo, inner: Repo, get: Get, depth: int
) -> None:
    for name in ("some-name", "dots.and spaces"):
        add(origin, inner, "--name", name, f"path-of-{name}")
    got = get({"uri": origin.uri}, depth=depth)
    for path in ("path-of-some-name", "path-of-dots.and spaces"):
        assert head(got.repo.path / path) == inner.head


@pytest.mark.parametrize("depth", [0, 1])
def test_a_submodule_whose_path_is_gone_is_left_out(origin: Repo, inner: Repo, get: Get, depth: int) -> None:
    add(origin, inner, "--name", "some-name", "some-path")
    origin.git("rm", "--quiet", "--cached", "some-path")
    ref = origin.empty_commit("break it")
    got = get({"uri": origin.uri}, depth=depth)
    assert got.repo.head == ref
    assert not (got.repo.path / "some-path").exists()
    assert "\033[31mwarning: skipping missing submodule: some-path\033[0m\n" in got.stderr


def test_deepens_a_submodule_until_its_commit_is_there(outer: Repo, inner: Repo, get: Get) -> None:
    recorded = inner.head
    inner.add_commits(127)
    got = get({"uri": outer.uri}, depth=1)
    assert head(got.repo.path / "inner") == recorded
    for depth in (1, 3, 7, 15, 31, 63, 127):
        assert f"Could not find ref {recorded}~0 in a shallow clone of depth {depth}\n" in got.stderr
    for more in (2, 4, 8, 16, 32, 64):
        assert f"Deepening the shallow clone by an additional {more}...\n" in got.stderr
    assert "Reached depth threshold 127, falling back to deep clone...\n" in got.stderr


@pytest.mark.parametrize("depth", [0, 1])
def test_a_submodule_s_commit_that_is_nowhere_is_a_failure(
    outer: Repo, inner: Repo, get: Get, depth: int
) -> None:
    lost = inner.head
    inner.git("reset", "--quiet", "--hard", "HEAD^")
    with pytest.raises(ResourceError, match=lost):
        get({"uri": outer.uri}, depth=depth)


def test_says_when_there_is_nothing_left_to_deepen(
    outer: Repo, inner: Repo, get: Get, capfd: pytest.CaptureFixture[str]
) -> None:
    inner.git("reset", "--quiet", "--hard", "HEAD^")
    with pytest.raises(ResourceError):
        get({"uri": outer.uri}, depth=1)
    said = capfd.readouterr().err
    assert (
        "Reached max depth of the origin repo while deepening the shallow clone, it's a deep clone now\n"
        in said
    )


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("recursive", [True, False])
def test_fetches_the_submodules_of_submodules_unless_told_otherwise(
    make_repo: MakeRepo, outer: Repo, get: Get, depth: int, *, recursive: bool
) -> None:
    outermost = make_repo("outermost")
    add(outermost, outer)
    got = get({"uri": outermost.uri}, depth=depth, submodule_recursive=recursive)
    innermost = got.repo.path / "outer" / "inner"
    assert any(innermost.iterdir()) is recursive
    if depth:
        assert count(innermost.parent) == 1
    if depth and recursive:
        assert count(innermost) == 1


@pytest.mark.parametrize("depth", [0, 1])
def test_checks_out_the_submodule_s_branch_where_that_is_asked_for(
    outer: Repo, inner: Repo, get: Get, depth: int
) -> None:
    newest, aside = inner.commit(), inner.commit(branch="side")
    inner.git("checkout", "--quiet", "master")
    got = get({"uri": outer.uri}, depth=depth, submodule_remote=True, into="default")
    assert head(got.repo.path / "inner") == newest
    outer.git("config", "--file", ".gitmodules", "submodule.inner.branch", "side")
    outer.git("commit", "--quiet", "--all", "--message", "follow another branch")
    got = get({"uri": outer.uri}, depth=depth, submodule_remote=True, into="side")
    assert head(got.repo.path / "inner") == aside


def test_a_relative_url_is_relative_to_the_repository(outer: Repo, inner: Repo, get: Get) -> None:
    outer.git("config", "--file", ".gitmodules", "submodule.inner.url", "../inner")
    outer.git("commit", "--quiet", "--all", "--message", "relative")
    for depth in (0, 1):
        got = get({"uri": outer.uri}, depth=depth, into=f"{depth}")
        assert head(got.repo.path / "inner") == inner.head


def test_a_submodule_is_no_way_to_run_a_command(outer: Repo, get: Get, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for setting, value in (
        ("submodule.inner.update", f"!touch {mark}"),
        ("submodule.inner.url", f"ext::sh -c touch% {mark}"),
        ("submodule.inner.path", "--upload-pack=touch"),
    ):
        outer.git("config", "--file", ".gitmodules", setting, value)
        outer.git("commit", "--quiet", "--all", "--message", setting)
        for depth in (0, 1):
            with suppress(ResourceError):
                get({"uri": outer.uri}, depth=depth, into=f"{setting}-{depth}")
        assert not mark.exists()
