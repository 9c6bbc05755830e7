import pytest
from tests.resources.pool.conftest import Repository

from sqnc_resources import pool
from sqnc_resources.errors import ResourceError


def refs(found: object) -> list[str]:
    assert isinstance(found, list)
    return [version.ref for version in found]


def test_the_newest_commit_of_the_pool_is_the_first_answer(locks: Repository) -> None:
    newest = locks.commit("claim", {"aws/unclaimed/env-1": None, "aws/claimed/env-1": "one\n"})
    locks.commit("elsewhere", {"aws-other/unclaimed/env-9": "", "README": ""})
    assert refs(pool.check(locks.source(), None)) == [newest]


def test_the_commits_since_a_version_are_told_in_order(locks: Repository) -> None:
    first = locks.commit("a", {"aws/unclaimed/a": ""})
    locks.commit("elsewhere", {"README": "x"})
    second = locks.commit("b [ci skip]", {"aws/unclaimed/b": ""})
    third = locks.commit("c", {"aws/unclaimed/c": ""})
    assert refs(pool.check(locks.source(), pool.Version(first))) == [first, second, third]
    assert refs(pool.check(locks.source(), pool.Version(third))) == [third]


def test_of_a_version_that_is_gone_nothing_is_known(locks: Repository) -> None:
    newest = locks.commit("a", {"aws/unclaimed/a": ""})
    assert refs(pool.check(locks.source(), pool.Version("1" * 40))) == [newest]


def test_a_pool_is_a_folder_and_no_pattern(locks: Repository) -> None:
    locks.commit("a", {"aws/unclaimed/a": ""})
    assert refs(pool.check(locks.source("a*"), None)) == []


def test_a_branch_that_is_not_there_is_told(locks: Repository) -> None:
    source = pool.Source(f"file://{locks.bare}", "none", "aws")
    with pytest.raises(ResourceError, match="none"):
        pool.check(source, None)


@pytest.mark.parametrize("key", ["uri", "branch", "pool"])
def test_what_is_required_must_not_be_empty(key: str) -> None:
    with pytest.raises(ValueError, match=f"source.{key} is required"):
        pool.Source(**{"uri": "u", "branch": "b", "pool": "p", key: " "})
