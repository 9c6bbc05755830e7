"""What gets fetched is found again, whole, until there is too much of it."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

import pytest

from sqnc.resources.getcache import GetCache
from sqnc_resources.emulator.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANSWER = Answer({"n": "1"}, (("a", "b"), ("a", "c")))


def writes(text: str) -> Callable[[Path], None]:
    return lambda tree: [(tree / "file").write_text(text), None][1]


def ages(cache: Path, key: str, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(cache / key / "answer.json", (then, then))


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    GetCache(tmp_path).keep("key", ANSWER, writes("text"))
    found = GetCache(tmp_path).find("key")
    assert found is not None
    assert (found.answer, (found.tree / "file").read_text()) == (ANSWER, "text")
    assert GetCache(tmp_path).find("other") is None


def test_the_first_of_two_stays(tmp_path: Path) -> None:
    GetCache(tmp_path).keep("key", ANSWER, writes("first"))
    GetCache(tmp_path).keep("key", ANSWER, writes("second"))
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert (tmp_path / "key" / "tree" / "file").read_text() == "first"


def test_nobody_else_can_look_into_it(tmp_path: Path) -> None:
    GetCache(tmp_path / "gets").keep("key", ANSWER, writes("first"))
    assert stat.S_IMODE((tmp_path / "gets").stat().st_mode) == 0o700


def test_two_that_keep_the_same_at_once(tmp_path: Path) -> None:
    def keeps_while_another_does(tree: Path) -> None:
        GetCache(tmp_path).keep("key", ANSWER, writes("other"))
        writes("own")(tree)

    GetCache(tmp_path).keep("key", ANSWER, keeps_while_another_does)
    assert (tmp_path / "key" / "tree" / "file").read_text() == "other"
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_what_could_not_be_copied_is_not_there(tmp_path: Path) -> None:
    def fails(tree: Path) -> None:
        (tree / "file").touch()
        raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        GetCache(tmp_path).keep("key", ANSWER, fails)
    assert not list(tmp_path.iterdir())


def test_a_broken_entry_is_none(tmp_path: Path) -> None:
    GetCache(tmp_path).keep("key", ANSWER, writes("text"))
    (tmp_path / "key" / "answer.json").write_text("{}")
    assert GetCache(tmp_path).find("key") is None


def test_what_was_not_used_for_the_longest_time_goes(tmp_path: Path) -> None:
    cache = GetCache(tmp_path, limit_bytes=250)
    for age, key in enumerate(("new", "old", "older")):
        GetCache(tmp_path).keep(key, ANSWER, writes("x" * 100))
        ages(tmp_path, key, 100.0 * age + 100)
    assert cache.find("older")  # which is a use
    cache.keep("last", ANSWER, writes("x" * 100))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last", "older"]


def test_what_a_killed_process_left_goes_after_a_day(tmp_path: Path) -> None:
    for name, age in ((".left", 25 * 3600.0), (".making", 60.0)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    GetCache(tmp_path).keep("key", ANSWER, writes("x"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".making", "key"]
