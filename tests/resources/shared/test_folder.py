"""Files in a folder, and processes that die in the middle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.shared.files import Change
from sqnc_resources.shared.folder import FolderFiles

DIE = """
import os, sys
from sqnc_resources.shared.files import Change
from sqnc_resources.shared.folder import FolderFiles
folder, after = sys.argv[1], int(sys.argv[2])
replaced = os.replace
def replace(source, target):
    global after
    if after == 0:
        os.kill(os.getpid(), 9)
    after -= 1
    replaced(source, target)
os.replace = replace
files = FolderFiles(folder)
files.replace(files.snapshot(), Change({"a": b"new", "b": None, "c": b"new"}, "", None))
"""


@pytest.mark.parametrize(("renames", "wanted"), [(0, b"old"), (1, b"new"), (2, b"new"), (3, b"new")])
def test_a_change_is_made_whole_or_not_at_all_when_its_process_is_killed(
    tmp_path: Path, renames: int, wanted: bytes
) -> None:
    files = FolderFiles(str(tmp_path))
    files.replace(files.snapshot(), Change({"a": b"old", "b": b"old", "c": b"old"}, "", None))
    killed = subprocess.run([sys.executable, "-c", DIE, str(tmp_path), str(renames)], check=False)
    assert killed.returncode == (-9 if renames < 3 else 0)
    now = files.snapshot()
    assert (now.read("a"), now.read("c")) == (wanted, wanted)
    assert now.read("b") == (b"old" if wanted == b"old" else None)
    assert not (tmp_path / ".change").exists()


def test_its_own_files_are_not_shared(tmp_path: Path) -> None:
    files = FolderFiles(str(tmp_path))
    files.replace(files.snapshot(), Change({"a": b"1"}, "", None))
    assert files.snapshot().names("") == ("a",)
    with pytest.raises(ResourceError, match=r"\.lock is a name of its lock"):
        files.replace(files.snapshot(), Change({".lock": b""}, "", None))


def test_the_same_files_have_the_same_revision(tmp_path: Path) -> None:
    one, other = (FolderFiles(str(tmp_path / name)) for name in ("one", "other"))
    change = Change({"a": b"1", "b": b"2"}, "", None)
    revision = one.replace(one.snapshot(), change)
    assert revision == other.replace(other.snapshot(), change)
    assert revision != one.replace(one.snapshot(), Change({"a": b"12", "b": b""}, "", None))


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="file/folder: Not a directory"):
        FolderFiles(str(tmp_path / "file" / "folder")).snapshot()


def test_a_journal_leads_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / ".change").write_text('{"../escaped": "eA=="}')
    with pytest.raises(ResourceError, match="no path of a file in it"):
        FolderFiles(str(folder)).snapshot()
    assert not (tmp_path / "escaped").exists()
