import subprocess
from pathlib import Path

import pytest
from tests.resources.pool.conftest import Repository

from sqnc_resources import pool
from sqnc_resources.durations import Duration
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


@pytest.mark.parametrize("name", ["..", "../aws", "aws/../other", ".git"])
def test_a_pool_is_in_the_repository(name: str) -> None:
    with pytest.raises(ValueError, match=r"source.pool: .* expected a folder of the repository"):
        pool.Source("u", "b", name)


@pytest.mark.parametrize(
    ("given", "seconds"), [("60s", 60), ("90m", 5400), ("1h", 3600), ("1h30m", 5400), ("0s", 10), (None, 10)]
)
def test_the_retry_delay_is_a_duration(given: str | None, seconds: float) -> None:
    delay = {} if given is None else {"retry_delay": Duration.parse(given)}
    assert pool.Source("u", "b", "p", **delay).poll_s == seconds


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match=r"source.retry_delay: expected a time that is not negative"):
        pool.Source("u", "b", "p", retry_delay=Duration.parse("-1s"))


def test_an_empty_repository_has_no_branch(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "empty")], check=True)
    source = pool.Source(f"file://{tmp_path}/empty", "main", "aws")
    with pytest.raises(ResourceError, match="There is no `main`"):
        pool.check(source, None)
    with pytest.raises(ResourceError, match="the repository has no branch `main`"):
        pool.put(source, pool.PutParams(acquire=True), tmp_path)
