from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import pool
from sqnc_resources.errors import ResourceError
from sqnc_resources.git.values import Setting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.resources.pool.conftest import Repository


def put(locks: Repository, inputs: Path, **params: object) -> tuple[str, str]:
    """The lock's name, and the version."""
    result = pool.put(locks.source(), pool.PutParams(**params), inputs)  # type: ignore[arg-type]  # as a test says
    metadata = dict(result.metadata)
    assert metadata["pool_name"] == "aws"
    return metadata["lock_name"], result.version.ref


def names(locks: Repository, state: str) -> list[str]:
    return sorted(path.rpartition("/")[2] for path in locks.files() if path.startswith(f"aws/{state}/"))


def later(act: Callable[[], object]) -> threading.Thread:
    """Act in a moment, while something waits."""
    thread = threading.Thread(target=lambda: (time.sleep(0.3), act()))
    thread.start()
    return thread


def test_acquire_claims_any_lock(locks: Repository, inputs: Path) -> None:
    name, ref = put(locks, inputs, acquire=True)
    assert name in {"env-1", "env-2"}
    assert names(locks, "claimed") == sorted(["taken", name])
    assert locks.git("rev-parse", "HEAD") == ref
    assert locks.git("log", "-1", "--format=%an <%ae>|%B") == (
        f"CI Pool Resource <ci-pool@localhost>|claiming: {name}"
    )


def test_the_build_and_its_author_are_told_in_the_commit(
    locks: Repository, inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILD_URL", "https://ci.example.com/builds/1")
    source = locks.source("aws", Setting("user.name", "Ann"), Setting("user.email", "ann@example.com"))
    pool.put(source, pool.PutParams(claim="env-1"), inputs)
    locks.pull()
    told = locks.git("log", "-1", "--format=%an <%ae>|%B")
    assert told == "Ann <ann@example.com>|claiming: env-1\nBuild URL: https://ci.example.com/builds/1"


def test_claim_waits_for_the_lock(locks: Repository, inputs: Path) -> None:
    thread = later(
        lambda: locks.commit("release", {"aws/claimed/taken": None, "aws/unclaimed/taken": "three\n"})
    )
    assert put(locks, inputs, claim="taken")[0] == "taken"
    thread.join()
    assert names(locks, "claimed") == ["taken"]


def test_release_gives_back_what_a_get_gave(locks: Repository, inputs: Path) -> None:
    _, ref = put(locks, inputs, claim="env-1")
    (inputs / "mine").mkdir()
    pool.get(locks.source(), pool.Version(ref), pool.GetParams(), inputs / "mine")
    assert put(locks, inputs, release="mine")[0] == "env-1"
    assert names(locks, "unclaimed") == ["env-1", "env-2"]
    with pytest.raises(ResourceError, match="env-1 is not claimed"):
        put(locks, inputs, release="mine")


@pytest.mark.parametrize(("action", "state"), [("add", "unclaimed"), ("add_claimed", "claimed")])
def test_a_lock_is_added_with_what_it_holds(locks: Repository, inputs: Path, action: str, state: str) -> None:
    assert put(locks, inputs, **{action: "lock"})[0] == "new"
    assert locks.files()[f"aws/{state}/new"] == "new content\n"
    with pytest.raises(ResourceError, match=f"there is a lock new already, {state}"):
        put(locks, inputs, **{action: "lock"})


def test_a_claimed_lock_is_removed(locks: Repository, inputs: Path) -> None:
    (inputs / "lock/name").write_text("taken")
    put(locks, inputs, remove="lock")
    assert names(locks, "claimed") == []


def test_update_replaces_adds_and_waits(locks: Repository, inputs: Path) -> None:
    put(locks, inputs, update="lock")
    assert locks.files()["aws/unclaimed/new"] == "new content\n"
    (inputs / "lock/name").write_text("taken\n")
    thread = later(
        lambda: locks.commit("release", {"aws/claimed/taken": None, "aws/unclaimed/taken": "three\n"})
    )
    put(locks, inputs, update="lock")
    thread.join()
    assert locks.files()["aws/unclaimed/taken"] == "new content\n"


def test_check_waits_until_nobody_has_the_lock(locks: Repository, inputs: Path) -> None:
    (inputs / "lock/name").write_text("taken")
    released: list[str] = []
    thread = later(
        lambda: released.append(
            locks.commit("release", {"aws/claimed/taken": None, "aws/unclaimed/taken": "three\n"})
        )
    )
    _, ref = put(locks, inputs, check="lock")
    thread.join()
    assert [ref] == released
    (inputs / "lock/name").write_text("nobody")
    with pytest.raises(ResourceError, match="nobody"):
        put(locks, inputs, check="lock")


def test_check_unclaimed_waits_until_somebody_has_it(locks: Repository, inputs: Path) -> None:
    (inputs / "lock/name").write_text("env-1")
    thread = later(lambda: locks.commit("claim", {"aws/unclaimed/env-1": None, "aws/claimed/env-1": "one\n"}))
    assert put(locks, inputs, check_unclaimed="lock")[0] == "env-1"
    thread.join()
    assert names(locks, "claimed") == ["env-1", "taken"]


def test_a_folder_without_a_name_is_told(locks: Repository, inputs: Path) -> None:
    with pytest.raises(ResourceError, match=r"could not read the name of the lock: .*/nowhere/name"):
        put(locks, inputs, release="nowhere")


def test_a_folder_is_among_the_inputs(locks: Repository, inputs: Path) -> None:
    assert put(locks, inputs, add="/lock")[0] == "new"
    with pytest.raises(ResourceError, match="expected a path inside the inputs"):
        put(locks, inputs / "lock", release="..")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../aws", ".gitkeep", "a\0b"])
def test_what_is_no_name_of_a_lock_is_refused(locks: Repository, inputs: Path, name: str) -> None:
    (inputs / "lock/name").write_text(name)
    for params in ({"add": "lock"}, {"release": "lock"}, {"remove": "lock"}, {"update": "lock"}):
        with pytest.raises(ResourceError, match="expected the name of a lock"):
            put(locks, inputs, **params)
    assert names(locks, "claimed") == ["taken"]


@pytest.mark.parametrize("params", [{}, {"acquire": True, "claim": "x"}])
def test_a_put_does_one_thing(params: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"expected one of acquire, claim, .* got (none|acquire and claim)"):
        pool.PutParams(**params)  # type: ignore[arg-type]  # as a test says


def test_of_many_that_come_at_once_each_gets_another_lock(locks: Repository, inputs: Path) -> None:
    count = 6
    locks.commit("more", {f"aws/unclaimed/more-{number}": "" for number in range(count - 3)})
    source = {"uri": f"file://{locks.bare}", "branch": "main", "pool": "aws", "retry_delay": "100ms"}
    request = json.dumps({"source": source, "params": {"acquire": True}}).encode()
    command = [sys.executable, "-m", "sqncshim", "resource", "out", "pool", str(inputs)]
    (inputs / "lock/name").write_text("taken")
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(count)]
    for process in running:
        assert process.stdin
        process.stdin.write(request)
        process.stdin.close()
        process.stdin = None  # so that `communicate` reads alone
    release = later(lambda: put(locks, inputs, release="lock"))  # one of them waits for this
    answers = [json.loads(process.communicate()[0]) for process in running]
    release.join()
    assert [process.returncode for process in running] == [0] * count
    claimed = [answer["metadata"][0]["value"] for answer in answers]
    assert sorted(claimed) == ["env-1", "env-2", "more-0", "more-1", "more-2", "taken"]
    assert len({answer["version"]["ref"] for answer in answers}) == count
    assert names(locks, "unclaimed") == []
