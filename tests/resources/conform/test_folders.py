"""Folders as values: written, read, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqnc_resources.conform.folders import as_mapping, differences, read_tree, write_tree

FILES = {"text": "one\n", "raw": b"\xff\x00", "run": "#!/bin/sh\n", "deep": {"er": {"file": ""}, "empty": {}}}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_tree(tmp_path / "new", FILES)
    assert as_mapping(tmp_path / "new") == FILES


def test_a_name_may_have_slashes_but_not_lead_out(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/b/c": "1"})
    assert (tmp_path / "a" / "b" / "c").read_text() == "1"
    for name in ("../x", "a/../../x", "/etc/x"):
        with pytest.raises(ValueError, match="stays in the folder"):
            write_tree(tmp_path / "inner", {name: ""})
    assert not (tmp_path / "x").exists()


def test_a_number_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="version: expected a text or a mapping, got 1"):
        write_tree(tmp_path, {"version": 1})


def test_a_tree_tells_kinds_apart(tmp_path: Path) -> None:
    write_tree(tmp_path, FILES)
    (tmp_path / "link").symlink_to("text")
    kinds = {path: entry.kind for path, entry in read_tree(tmp_path).items()}
    assert kinds == {
        "text": "file",
        "raw": "file",
        "run": "program",
        "link": "link",
        "deep": "folder",
        "deep/er": "folder",
        "deep/er/file": "file",
        "deep/empty": "folder",
    }


def test_long_files_that_differ_at_their_end_differ(tmp_path: Path) -> None:
    for name, end in (("one", b"1"), ("two", b"2")):
        write_tree(tmp_path / name, {"long": b"x" * 3_000_000 + end})
    one, two = (read_tree(tmp_path / name)["long"] for name in ("one", "two"))
    assert one.data == two.data
    assert one != two


def test_differences_are_told_by_path(tmp_path: Path) -> None:
    write_tree(tmp_path / "one", {"same": "1", "other": "1", "gone": "", "time.txt": "1"})
    write_tree(tmp_path / "two", {"same": "1", "other": "2", "time.txt": "2"})
    one, two = read_tree(tmp_path / "one"), read_tree(tmp_path / "two")
    found = differences(one, two, ["*.txt"])
    assert [line.partition(":")[0] for line in found] == ["gone", "other"]
    assert found[0].endswith(", then absent")
    assert differences(one, one) == []


def test_git_s_own_bookkeeping_may_differ(tmp_path: Path) -> None:
    for name, text in (("one", "1"), ("two", "2")):
        write_tree(tmp_path / name, {"repo/.git": {"index": text, "logs": {"HEAD": text}, "ref": text}})
    one, two = read_tree(tmp_path / "one"), read_tree(tmp_path / "two")
    assert [line.partition(":")[0] for line in differences(one, two)] == ["repo/.git/ref"]
