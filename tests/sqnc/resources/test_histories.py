"""Histories on disk: whole, locked, and told apart by what they belong to."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from sqnc.resources.histories import HistoryFile, StateError
from sqnc_resources.emulator.history import History

if TYPE_CHECKING:
    from pathlib import Path


def of(folder: Path, **changed: object) -> HistoryFile:
    given = {"file": "p.yml", "name": "r", "kind": "git", "source": {"uri": "x"}} | changed
    return HistoryFile.of(folder, given["file"], given["name"], kind=given["kind"], source=given["source"])  # type: ignore[arg-type]  # texts, but one


def test_a_history_is_there_for_the_next_run(tmp_path: Path) -> None:
    made = of(tmp_path / "new").update(lambda known: known.put({"a": "é"}, (("n", "v"), ("n", "w"))))
    assert of(tmp_path / "new").read() == made
    assert made.known[0].metadata == (("n", "v"), ("n", "w"))


@pytest.mark.parametrize(
    "changed",
    [{"file": "q.yml"}, {"name": "s"}, {"kind": "time"}, {"source": {"uri": "y"}}, {"source": None}],
)
def test_another_resource_has_another_history(changed: dict[str, object], tmp_path: Path) -> None:
    of(tmp_path).update(lambda known: known.put({"a": "1"}))
    assert of(tmp_path, **changed).read() == History()


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    of(tmp_path).update(lambda known: known.put({"a": "1"}))
    [file] = tmp_path.glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_changes_at_once_are_all_kept(tmp_path: Path) -> None:
    def add(number: int) -> None:
        of(tmp_path).update(lambda known: known.put({"n": str(number)}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    history = of(tmp_path).read()
    assert {entry.version["n"] for entry in history.known} == {str(number) for number in range(40)}
    assert sorted(entry.check_order for entry in history.known) == list(range(1, 41))


def test_what_raises_changes_nothing(tmp_path: Path) -> None:
    before = of(tmp_path).update(lambda known: known.put({"a": "1"}))
    with pytest.raises(ValueError, match="empty"):
        of(tmp_path).update(lambda known: known.put({"b": "1"}).put({}))
    assert of(tmp_path).read() == before


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": 2, "versions": []}', '{"format": 1, "versions": [1]}']
)
def test_a_file_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    of(tmp_path).update(lambda known: known.put({"a": "1"}))
    [file] = tmp_path.glob("*.json")
    file.write_text(text)
    with pytest.raises(StateError, match=rf"{file}: it is no history of versions \(.*\): remove it"):
        of(tmp_path).read()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match=r"/file: .*: set SQNC_STATE to a folder"):
        of(tmp_path / "file").update(lambda known: known.put({"a": "1"}))


def test_clear_forgets(tmp_path: Path) -> None:
    of(tmp_path).update(lambda known: known.put({"a": "1"}))
    of(tmp_path).clear()
    assert of(tmp_path).read() == History()
