import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sqnc.runfolder import Owner, RunFolder, RunFolderError, dead_runs, remove_tree, run_folder

_OWNER = Owner("r1", "process", "")


def test_a_new_folder_says_how_to_reach_what_the_run_makes(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, _OWNER)
    assert folder.path == run_folder(tmp_path, "r1")
    assert folder.owner == _OWNER
    folder.remove()
    assert not folder.path.exists()


def test_a_second_run_of_the_same_id_is_refused(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, _OWNER)
    with pytest.raises(FileExistsError, match="r1"):
        RunFolder.create(tmp_path, _OWNER)
    folder.remove()


def test_a_cache_that_is_no_folder_is_told_with_what_to_do(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("")
    assert list(dead_runs(cache)) == []
    with pytest.raises(
        RunFolderError, match=r"cache/runs/r1: cannot be made: Not a directory: let SQNC_CACHE"
    ):
        RunFolder.create(cache, _OWNER)


def test_a_living_run_is_not_dead(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, _OWNER)
    assert list(dead_runs(tmp_path)) == []
    assert RunFolder.take_over(folder.path, wait=False) is None
    folder.remove()


def test_a_run_is_dead_once_its_process_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from sqnc.runfolder import *;"
        "folder = RunFolder.create(Path(sys.argv[1]), Owner('r1', 'process', ''));"
        "print('made', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"made\n"
        assert list(dead_runs(tmp_path)) == []
        process.kill()
    assert list(dead_runs(tmp_path)) == [run_folder(tmp_path, "r1")]


def test_a_folder_that_is_just_being_made_is_left_alone_for_a_minute(tmp_path: Path) -> None:
    unfinished = tmp_path / "runs" / ".r1"
    unfinished.mkdir(parents=True)
    (unfinished / "lock").touch()
    assert list(dead_runs(tmp_path)) == []
    long_ago = time.time() - 3600
    os.utime(unfinished, (long_ago, long_ago))
    assert list(dead_runs(tmp_path)) == [unfinished]
    found = RunFolder.take_over(unfinished, wait=False)
    assert found is not None
    assert found.owner is None
    found.release()


def test_a_folder_that_gets_its_name_while_one_looks_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = os.scandir
    monkeypatch.setattr("os.scandir", lambda top: sorted(listed(top), key=lambda entry: -len(entry.name)))
    RunFolder.create(tmp_path, Owner("the-dead", "process", "")).release()
    (tmp_path / "runs" / ".r1").mkdir()
    found = dead_runs(tmp_path)
    assert next(found) == run_folder(tmp_path, "the-dead")
    (tmp_path / "runs" / ".r1").rename(run_folder(tmp_path, "r1"))
    assert list(found) == []


def test_there_may_be_no_runs_at_all(tmp_path: Path) -> None:
    assert list(dead_runs(tmp_path / "nothing")) == []


def test_a_tree_goes_with_its_read_only_parts() -> None:
    with tempfile.TemporaryDirectory() as place:  # pytest's own folders are closed to other users
        inner = Path(place) / "tree" / "module" / "inner"
        inner.mkdir(parents=True)
        (inner / "file").write_text("x")
        for folder in (inner, inner.parent):
            folder.chmod(0o500)
        if os.geteuid() == 0:  # root may write anywhere
            for path in (Path(place), *Path(place).rglob("*")):
                os.chown(path, 65534, 65534)
        subprocess.run([sys.executable, "-c", _REMOVE, Path(place) / "tree"], check=True)
        assert not (Path(place) / "tree").exists()


# It becomes nobody when all is imported: where this lies, nobody else may be able to read.
_REMOVE = """
import os, pathlib, shutil, sys
from sqnc.runfolder import remove_tree
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
remove_tree(pathlib.Path(sys.argv[1]))
"""


def test_a_tree_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_tree(tmp_path / "none")
