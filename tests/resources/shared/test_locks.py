"""A pool of locks: what each operation does, what it waits for, and what it refuses."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.shared.files import Change
from sqnc_resources.shared.folder import FolderFiles, FolderSnapshot
from sqnc_resources.shared.locks import Lock, LockPool
from sqnc_resources.shared.update import Patience

QUICK = Patience(poll_s=0.005, wait_s=0.05)


@pytest.fixture
def files(tmp_path: Path) -> FolderFiles:
    files = FolderFiles(str(tmp_path))
    locks = {
        "aws/unclaimed/one": b"1",
        "aws/claimed/two": b"2",
        "aws/unclaimed/.gitkeep": b"",
        "aws/claimed/.gitkeep": b"",
    }
    files.replace(files.snapshot(), Change(locks, "", None))
    return files


@pytest.fixture
def pool(files: FolderFiles) -> LockPool[FolderSnapshot]:
    return LockPool(files, "aws", QUICK)


def state(files: FolderFiles) -> dict[str, bytes]:
    return {
        path: content for path, content in files.snapshot().files.items() if not path.endswith(".gitkeep")
    }


def test_acquire_claims_a_lock_and_says_what_it_holds(
    files: FolderFiles, pool: LockPool[FolderSnapshot]
) -> None:
    done = pool.acquire()
    assert done.result == Lock("one", b"1", is_claimed=True)
    assert done.revision == files.snapshot().revision
    assert state(files) == {"aws/claimed/one": b"1", "aws/claimed/two": b"2"}


def test_acquire_takes_each_lock_sometimes(files: FolderFiles) -> None:
    pool = LockPool(files, "aws", QUICK)
    pool.release("two")
    taken: set[str] = set()
    while len(taken) < 2:  # one of the two for ever: the test's timeout ends it
        taken.add(name := pool.acquire().result.name)
        pool.release(name)
    assert taken == {"one", "two"}


def test_acquire_waits_for_a_lock_and_no_longer_than_it_may(
    files: FolderFiles, capfd: pytest.CaptureFixture[str]
) -> None:
    pool = LockPool(files, "aws", Patience(poll_s=0.01, wait_s=1))  # long enough for a first look
    pool.acquire()
    began = time.monotonic()
    with pytest.raises(ResourceError, match=r"aws: no lock is unclaimed: gave up after \d+ s"):
        pool.acquire()
    assert time.monotonic() - began >= 1
    assert capfd.readouterr().err == "aws: no lock is unclaimed: waiting\n"


def test_a_wait_ends_when_somebody_releases_the_lock(files: FolderFiles) -> None:
    pool = LockPool(files, "aws", Patience(poll_s=0.01, wait_s=30))
    releaser = threading.Timer(0.1, pool.release, ("two",))
    began = time.monotonic()
    releaser.start()
    assert pool.claim("two").result == Lock("two", b"2", is_claimed=True)
    assert time.monotonic() - began >= 0.1
    releaser.join()


def test_claim_takes_this_lock_only(files: FolderFiles, pool: LockPool[FolderSnapshot]) -> None:
    with pytest.raises(ResourceError, match="two is not unclaimed: gave up"):
        pool.claim("two")
    pool.claim("one")
    assert "aws/claimed/one" in state(files)


def test_release_gives_a_claimed_lock_back_with_what_it_holds(
    files: FolderFiles, pool: LockPool[FolderSnapshot]
) -> None:
    assert pool.release("two").result == Lock("two", b"2", is_claimed=False)
    assert state(files) == {"aws/unclaimed/one": b"1", "aws/unclaimed/two": b"2"}
    for name in ("two", "nothing"):
        with pytest.raises(ResourceError, match=f"{name} is not claimed"):
            pool.release(name)


def test_add_makes_a_lock_of_a_new_name(files: FolderFiles, pool: LockPool[FolderSnapshot]) -> None:
    pool.add("three", b"3")
    pool.add("four", b"4", claimed=True)
    assert state(files)["aws/unclaimed/three"] == b"3"
    assert state(files)["aws/claimed/four"] == b"4"
    for name, where in (("one", "unclaimed"), ("two", "claimed")):
        with pytest.raises(ResourceError, match=f"there is a lock {name} already, {where}"):
            pool.add(name, b"")


def test_remove_takes_a_claimed_lock_away(files: FolderFiles, pool: LockPool[FolderSnapshot]) -> None:
    assert pool.remove("two").result.content == b"2"
    assert state(files) == {"aws/unclaimed/one": b"1"}
    with pytest.raises(ResourceError, match="one is not claimed"):
        pool.remove("one")


def test_write_replaces_an_unclaimed_lock_adds_a_new_one_and_waits_for_a_claimed_one(
    files: FolderFiles, pool: LockPool[FolderSnapshot]
) -> None:
    pool.write("one", b"new")
    pool.write("three", b"3")
    with pytest.raises(ResourceError, match="two is claimed: gave up"):
        pool.write("two", b"new")
    assert state(files) == {"aws/unclaimed/one": b"new", "aws/unclaimed/three": b"3", "aws/claimed/two": b"2"}


def test_who_waits_for_a_state_changes_nothing(files: FolderFiles, pool: LockPool[FolderSnapshot]) -> None:
    before = files.snapshot().revision
    assert pool.wait_until_unclaimed("one").result == Lock("one", b"1", is_claimed=False)
    assert pool.wait_until_claimed("two").result == Lock("two", b"2", is_claimed=True)
    with pytest.raises(ResourceError, match="two is claimed: gave up"):
        pool.wait_until_unclaimed("two")
    with pytest.raises(ResourceError, match="one is unclaimed: gave up"):
        pool.wait_until_claimed("one")
    for wait in (pool.wait_until_claimed, pool.wait_until_unclaimed):
        with pytest.raises(ResourceError, match=r"nothing is not (un)?claimed$"):
            wait("nothing")
    assert files.snapshot().revision == before


@pytest.mark.parametrize("name", ["", ".gitkeep", "..", "a/b", "../unclaimed/one", "/one"])
def test_what_is_no_name_of_a_lock_is_refused(pool: LockPool[FolderSnapshot], name: str) -> None:
    for act in (pool.claim, pool.release, pool.remove, pool.wait_until_claimed):
        with pytest.raises(ResourceError, match="expected the name of a lock"):
            act(name)


def test_a_note_ends_each_message(files: FolderFiles) -> None:
    class Recorder(FolderFiles):
        def replace(self, old: FolderSnapshot, change: Change[object]) -> str:
            messages.append(change.message)
            return super().replace(old, change)

    messages: list[str] = []
    LockPool(Recorder(files.folder), "aws", QUICK, "Build URL: https://ci").acquire()
    assert messages == ["claiming: one\nBuild URL: https://ci"]
