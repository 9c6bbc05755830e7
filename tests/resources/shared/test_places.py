"""What a git repository and a folder both promise to those who share files in them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.shared.files import Change, ConflictError
from sqnc_resources.shared.update import Patience, update

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.resources.shared.conftest import Place

    from sqnc_resources.shared.files import SharedFiles, Snapshot

EMPTY: dict[str, bytes | None] = {}


@pytest.fixture
def files(place: Place) -> Iterator[SharedFiles[Any]]:
    with place.reach() as reached:
        yield reached


def change(**contents: bytes | None) -> Change[None]:
    return Change({name.replace("__", "/"): content for name, content in contents.items()}, "change", None)


def test_nothing_is_there_before_the_first_change(files: SharedFiles[Any]) -> None:
    before = files.snapshot()
    assert (before.revision, before.read("a"), before.names("")) == ("", None, ())


def test_a_change_writes_and_removes_files_at_once(files: SharedFiles[Any]) -> None:
    files.replace(files.snapshot(), change(a=b"1", b__c=b"\0\xff\n", b__d=b"", b__e__f=b"deep"))
    revision = files.replace(files.snapshot(), change(a=None, b__d=b"2"))
    now = files.snapshot()
    assert now.revision == revision
    assert [now.read(path) for path in ("a", "b/c", "b/d", "b", "b/nothing")] == [
        None, b"\0\xff\n", b"2", None, None,
    ]  # fmt: skip
    assert (now.names(""), now.names("b"), now.names("b/"), now.names("nothing")) == (
        (),
        ("c", "d"),
        ("c", "d"),
        (),
    )


def test_names_of_files_may_hold_anything(files: SharedFiles[Any]) -> None:
    odd = "*.[a] \t'\"ä/-x:y\n"
    files.replace(files.snapshot(), Change({odd: b"odd"}, "odd", None))
    now = files.snapshot()
    assert (now.read(odd), now.names("*.[a] \t'\"ä")) == (b"odd", ("-x:y\n",))


def test_a_snapshot_stays_what_it_was(files: SharedFiles[Any]) -> None:
    files.replace(files.snapshot(), change(a=b"1"))
    old = files.snapshot()
    files.replace(old, change(a=b"2"))
    assert (old.read("a"), files.snapshot().read("a")) == (b"1", b"2")


def test_a_change_of_an_old_snapshot_is_a_conflict_and_changes_nothing(files: SharedFiles[Any]) -> None:
    files.replace(files.snapshot(), change(a=b"1"))
    old = files.snapshot()
    files.replace(old, change(a=b"2"))
    with pytest.raises(ConflictError):
        files.replace(old, change(a=b"3", b=b"3"))
    now = files.snapshot()
    assert (now.read("a"), now.read("b")) == (b"2", None)


def test_a_conflict_is_one_also_where_the_same_change_was_made(files: SharedFiles[Any]) -> None:
    files.replace(files.snapshot(), change(a=b"1"))
    old = files.snapshot()
    files.replace(old, change(a=b"2"))
    with pytest.raises(ConflictError):
        files.replace(old, change(a=b"2"))


def test_the_first_change_too_has_one_winner(files: SharedFiles[Any]) -> None:
    old = files.snapshot()
    files.replace(old, change(a=b"1"))
    with pytest.raises(ConflictError):
        files.replace(old, change(a=b"2"))


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", "../a", "a/..", "./a", ".git/config", "a\0"])
def test_a_path_that_leads_elsewhere_is_no_change(path: str) -> None:
    with pytest.raises(ValueError, match="expected the path of a file"):
        Change({path: b""}, "", None)


def test_update_decides_anew_after_each_conflict(files: SharedFiles[Any]) -> None:
    seen: list[bytes | None] = []

    def decide(now: Snapshot) -> Change[bytes]:
        seen.append(now.read("a"))
        if len(seen) < 3:  # somebody else is faster
            files.replace(files.snapshot(), change(a=b"theirs %d" % len(seen)))
        return Change({"a": b"mine"}, "mine", b"result")

    done = update(files, decide)
    assert seen == [None, b"theirs 1", b"theirs 2"]
    assert (done.result, done.revision, files.snapshot().read("a")) == (
        b"result",
        files.snapshot().revision,
        b"mine",
    )


def test_update_gives_up_when_others_are_always_faster(files: SharedFiles[Any]) -> None:
    def decide(now: Snapshot) -> Change[None]:
        files.replace(files.snapshot(), change(a=(now.read("a") or b"") + b"x"))
        return change(a=b"mine")

    with pytest.raises(ResourceError, match=r"others were faster \d+ times within \d+ s") as raised:
        update(files, decide, Patience(conflicts_s=0.05, longest_backoff_s=0.01))
    assert not isinstance(raised.value, ConflictError)


def test_a_decision_to_change_nothing_changes_nothing(files: SharedFiles[Any]) -> None:
    revision = files.replace(files.snapshot(), change(a=b"1"))
    assert update(files, lambda now: Change(EMPTY, "", now.read("a"))).result == b"1"
    assert files.snapshot().revision == revision


def test_many_writers_count_without_a_gap_or_a_double(place: Place) -> None:
    printed = place.writers("number", processes=6, times=5)
    assert sorted(int(number) for lines in printed for number in lines) == list(range(1, 31))
    for lines in printed:
        assert [int(line) for line in lines] == sorted(int(line) for line in lines)


def test_many_contenders_never_hold_the_same_lock_at_once(place: Place, files: SharedFiles[Any]) -> None:
    free = {f"pool/unclaimed/{name}": name.encode() for name in ("one", "two")}
    files.replace(files.snapshot(), Change(free, "two locks", None))
    held: dict[str, list[tuple[int, int]]] = {"one": [], "two": []}
    for lines in place.writers("pool", processes=5, times=3):
        for line in lines:
            name, begin, end = line.split()
            held[name].append((int(begin), int(end)))
    assert sum(map(len, held.values())) == 15
    for spans in held.values():
        ordered = sorted(spans)
        assert all(before[1] < after[0] for before, after in pairwise(ordered))
    assert files.snapshot().names("pool/unclaimed") == ("one", "two")
    assert files.snapshot().names("pool/claimed") == ()
