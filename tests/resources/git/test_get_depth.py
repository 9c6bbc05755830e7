"""Gets of a part of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.git import Version

if TYPE_CHECKING:
    from tests.resources.git.conftest import Get, Repo

DEEP = "Reached max depth of the origin repo while deepening the shallow clone, it's a deep clone now\n"


def test_fetches_as_many_commits_as_asked_for(origin: Repo, get: Get) -> None:
    origin.commit()
    origin.commit()
    last = origin.commit()
    got = get({"uri": origin.uri}, depth="1")
    assert got.result.version == Version(last)
    assert got.repo.head == last
    assert got.repo.git("rev-list", "--all", "--count") == "1"


def test_gets_a_commit_below_the_depth(origin: Repo, get: Get) -> None:
    first, second = origin.commit(), origin.commit()
    for ref in (first, second):
        got = get({"uri": origin.uri}, ref, depth=1, into=ref)
        assert got.result.version == Version(ref)
        assert got.repo.head == ref
        assert (got.repo.path / "some-file").exists()


def test_falls_back_to_the_whole_history(origin: Repo, get: Get) -> None:
    ref = origin.commit()
    origin.add_commits(127)
    got = get({"uri": origin.uri}, ref, depth=1)
    assert got.repo.head == ref
    said = [line for line in got.stderr.splitlines() if line.startswith(("Could", "Deepening", "Reached"))]
    expected = []
    for depth, more in ((1, 2), (3, 4), (7, 8), (15, 16), (31, 32), (63, 64)):
        expected += [
            f"Could not find ref {ref}~0 in a shallow clone of depth {depth}",
            f"Deepening the shallow clone by an additional {more}...",
        ]
    assert said == [
        *expected,
        f"Could not find ref {ref}~0 in a shallow clone of depth 127",
        "Reached depth threshold 127, falling back to deep clone...",
    ]
    assert not (got.repo.path / ".git" / "shallow").exists()


def test_the_depth_counts_from_the_commit_that_is_asked_for(origin: Repo, get: Get) -> None:
    origin.commit()
    refs = [origin.commit(), origin.commit(), origin.commit()]
    origin.add_commits(18)
    got = get({"uri": origin.uri}, refs[2], depth=3)
    assert [got.repo.git("rev-parse", f"HEAD~{back}") for back in (2, 1, 0)] == refs
    assert (got.repo.path / ".git" / "shallow").exists()
    for depth in (3, 9):
        assert f"Could not find ref {refs[2]}~2 in a shallow clone of depth {depth}\n" in got.stderr
    for more in (6, 12):
        assert f"Deepening the shallow clone by an additional {more}...\n" in got.stderr


def test_a_commit_that_is_nowhere_is_a_failure_in_the_end(
    origin: Repo, get: Get, capfd: pytest.CaptureFixture[str]
) -> None:
    origin.commit()
    with pytest.raises(ResourceError, match=r"fatal: (unable to read tree|reference is not a tree)"):
        get({"uri": origin.uri}, "0123456789abcdef0123456789abcdef01234567", depth=1)
    assert DEEP in capfd.readouterr().err


def test_gets_a_tag_below_the_depth(origin: Repo, get: Get) -> None:
    ref = origin.commit()
    origin.tag("v1", "one")
    origin.add_commits(5)
    got = get({"uri": origin.uri, "tag_filter": "v*"}, "v1", depth=1)
    assert got.result.version == Version("v1")
    assert got.repo.head == ref
