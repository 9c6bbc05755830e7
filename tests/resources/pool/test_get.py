import os
from pathlib import Path

import pytest
from tests.resources.conftest import Run
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


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_knows_which_lock_its_oldest_commit_changed(
    locks: Repository, tmp_path: Path, depth: int
) -> None:
    """git says of the oldest commit there that it adds every file; to release one of them frees another's."""
    ref = locks.commit("claim", {"aws/unclaimed/env-2": None, "aws/claimed/env-2": "two\n"})
    assert dict(get(locks, ref, tmp_path / "claimed", depth=depth).metadata)["lock_name"] == "env-2"
    for number in range(3):
        ref = locks.commit("elsewhere", {f"aws-other/unclaimed/{number}": ""})
    assert dict(get(locks, ref, tmp_path / "later", depth=depth).metadata)["lock_name"] == "env-2"


def test_of_several_locks_at_once_the_first_is_told(locks: Repository, tmp_path: Path) -> None:
    ref = locks.commit(
        "by hand", {"aws/claimed/.gitkeep": None, "aws/unclaimed/z": "", "aws/unclaimed/b": "b"}
    )
    get(locks, ref, tmp_path / "got")
    assert (tmp_path / "got/name").read_text() == "b\n"


def test_a_merge_tells_of_what_it_brings(locks: Repository, tmp_path: Path) -> None:
    before = locks.commit("before", {"aws/unclaimed/before": ""})
    locks.git("checkout", "-q", "-b", "proposal")
    (locks.work / "aws/unclaimed/proposed").write_text("content")
    locks.git("add", "-A")
    locks.git("commit", "-q", "-m", "propose")
    locks.git("checkout", "-q", "main")
    after = locks.commit("meanwhile", {"aws/unclaimed/meanwhile": ""})
    locks.git("merge", "-q", "--no-ff", "-m", "merge", "proposal")
    locks.git("push", "-q", str(locks.bare), "main")
    merge = locks.git("rev-parse", "HEAD")
    assert [one.ref for one in pool.check(locks.source(), pool.Version(before))] == [before, after, merge]
    get(locks, merge, tmp_path / "got")
    assert (tmp_path / "got/name").read_text() == "proposed\n"


@pytest.mark.parametrize("name", ["clouds/aws", "clouds/aws/", "./clouds//aws", "."])
def test_a_pool_may_be_any_folder(locks: Repository, tmp_path: Path, name: str) -> None:
    folder = "" if name == "." else "clouds/aws/"
    locks.commit("pool", {f"{folder}unclaimed/one": "1\n", f"{folder}claimed/.gitkeep": ""})
    source = locks.source(name)
    done = pool.put(source, pool.PutParams(acquire=True), tmp_path)
    assert done.metadata == {"lock_name": "one", "pool_name": name}
    assert pool.check(source, None) == [done.version]
    (tmp_path / "got").mkdir()
    assert pool.get(source, done.version, pool.GetParams(), tmp_path / "got") == done
    pool.put(source, pool.PutParams(release="got"), tmp_path)
    assert f"{folder}unclaimed/one" in locks.files()


def test_a_commit_before_the_pool_tells_of_no_lock(locks: Repository, tmp_path: Path) -> None:
    (tmp_path / "got").mkdir()
    head = pool.Version(locks.git("rev-parse", "HEAD"))
    with pytest.raises(ResourceError, match="change nothing in the pool none"):
        pool.get(locks.source("none"), head, pool.GetParams(depth=1), tmp_path / "got")


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


def test_a_name_need_not_be_unicode(locks: Repository, tmp_path: Path, run: Run) -> None:
    name = os.fsdecode(b"caf\xe9")
    ref = locks.commit("add", {f"aws/unclaimed/{name}": "content"})
    (tmp_path / "got").mkdir()
    source = {"uri": f"file://{locks.bare}", "branch": "main", "pool": "aws"}
    answer = run("in", "pool", {"source": source, "version": {"ref": ref}}, tmp_path / "got")
    assert (answer.status, (tmp_path / "got/name").read_bytes()) == (0, b"caf\xe9\n")
    put = run("out", "pool", {"source": source, "params": {"claim": name}}, tmp_path)
    assert put.status == 0
    release = run("out", "pool", {"source": source, "params": {"release": "got"}}, tmp_path)
    assert release.status == 0
    assert f"aws/unclaimed/{name}" in locks.files()


def test_a_name_may_hold_anything_but_a_slash(locks: Repository, tmp_path: Path) -> None:
    ref = locks.commit("add", {'aws/unclaimed/späte "Umgebung" $x': "content"})
    get(locks, ref, tmp_path / "got")
    assert (tmp_path / "got/name").read_text() == 'späte "Umgebung" $x\n'
    assert (tmp_path / "got/metadata").read_text() == "content"
