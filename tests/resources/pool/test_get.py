from pathlib import Path

import pytest
from tests.resources.pool.conftest import Repository

from sqnc_resources import Result, pool
from sqnc_resources.errors import ResourceError


def get(locks: Repository, ref: str, folder: Path, *, depth: int = 0) -> Result[pool.Version]:
    folder.mkdir()
    return pool.get(locks.source(), pool.Version(ref), pool.GetParams(depth=depth), folder)


@pytest.mark.parametrize("depth", [0, 1])
def test_a_claimed_lock_is_told_with_what_it_holds(locks: Repository, tmp_path: Path, depth: int) -> None:
    ref = locks.commit("claim", {"aws/unclaimed/env-1": None, "aws/claimed/env-1": "one\n"})
    for number in range(3):
        locks.commit("others", {f"aws/unclaimed/other-{number}": ""})
    result = get(locks, ref, tmp_path / "got", depth=depth)
    assert (tmp_path / "got/name").read_text() == "env-1\n"
    assert (tmp_path / "got/metadata").read_text() == "one\n"
    assert (tmp_path / "got/aws/claimed/env-1").exists()
    assert result.version == pool.Version(ref)
    assert result.metadata == {"lock_name": "env-1", "pool_name": "aws"}


def test_an_unclaimed_lock_may_have_been_claimed_since(locks: Repository, tmp_path: Path) -> None:
    ref = locks.commit("release", {"aws/claimed/taken": None, "aws/unclaimed/taken": "three\n"})
    locks.commit("claim", {"aws/unclaimed/taken": None, "aws/claimed/taken": "three\n"})
    get(locks, ref, tmp_path / "got")
    assert (tmp_path / "got/name").read_text() == "taken\n"


@pytest.mark.parametrize("again", [False, True])
def test_a_claim_that_is_over_is_none(locks: Repository, tmp_path: Path, *, again: bool) -> None:
    ref = locks.commit("claim", {"aws/unclaimed/env-1": None, "aws/claimed/env-1": "one\n"})
    locks.commit("release", {"aws/claimed/env-1": None, "aws/unclaimed/env-1": "one\n"})
    if again:
        locks.commit("claim", {"aws/unclaimed/env-1": None, "aws/claimed/env-1": "one\n"})
    with pytest.raises(ResourceError, match="lock instance is no longer acquired"):
        get(locks, ref, tmp_path / "got")


def test_of_a_removed_lock_there_is_nothing_to_write(
    locks: Repository, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ref = locks.commit("remove", {"aws/claimed/taken": None})
    result = get(locks, ref, tmp_path / "got")
    assert result.metadata == {"lock_name": "taken", "pool_name": "aws"}
    assert not (tmp_path / "got/name").exists()
    assert "lock does not exist" in capfd.readouterr().err


def test_a_commit_of_another_pool_tells_of_the_last_change_of_this_one(
    locks: Repository, tmp_path: Path
) -> None:
    locks.commit("claim", {"aws/unclaimed/env-2": None, "aws/claimed/env-2": "two\n"})
    ref = locks.commit("elsewhere", {"aws-other/unclaimed/b": ""})
    assert dict(get(locks, ref, tmp_path / "got").metadata)["lock_name"] == "env-2"


def test_a_name_may_hold_anything_but_a_slash(locks: Repository, tmp_path: Path) -> None:
    ref = locks.commit("add", {'aws/unclaimed/späte "Umgebung" $x': "content"})
    get(locks, ref, tmp_path / "got")
    assert (tmp_path / "got/name").read_text() == 'späte "Umgebung" $x\n'
    assert (tmp_path / "got/metadata").read_text() == "content"
