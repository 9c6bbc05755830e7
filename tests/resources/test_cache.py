"""Folders that checks keep: from run to run, one process at a time, and nothing of one that died."""

from __future__ import annotations

import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.cache import kept_folder
from sqncshim.locks import lock_file


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def keep(key: str, content: str | bytes, limit_bytes: int = 1 << 20) -> None:
    with kept_folder("test", key, limit_bytes=limit_bytes) as folder:
        Path(folder, "file").write_bytes(content if isinstance(content, bytes) else content.encode())


def keep_and_raise(key: str, content: str, error: BaseException) -> None:
    with kept_folder("test", key) as folder:
        Path(folder, "file").write_text(content)
        raise error


def kept(key: str) -> str | None:
    """What is kept for *key*."""
    with kept_folder("test", key) as folder:
        file = Path(folder, "file")
        return file.read_text() if file.exists() else None


def left(temporary: Path) -> list[str]:
    """What lies on the disk, by the ends of its names."""
    return sorted(path.suffix for path in (temporary / f"sqnc-cache-{os.geteuid()}" / "test").iterdir())


def test_what_is_put_there_is_there_the_next_time_for_the_same_key() -> None:
    keep("a", "one")
    assert (kept("a"), kept("b")) == ("one", None)
    with kept_folder("other", "a") as folder:
        assert list(Path(folder).iterdir()) == []


def test_a_resource_error_is_an_orderly_end_and_another_is_none() -> None:
    keep("a", "one")
    for error, wanted in (
        (ResourceError("no"), "two"),
        (ValueError("defect"), None),
        (SystemExit(143), None),
    ):
        keep("a", "one")
        with pytest.raises(type(error)):
            keep_and_raise("a", "two", error)
        assert kept("a") == wanted


def test_those_that_were_used_last_are_kept_up_to_the_limit() -> None:
    for key in ("a", "b", "c"):
        keep(key, bytes(400), limit_bytes=1200)
    assert kept("a") is not None  # used again
    keep("d", bytes(400), limit_bytes=1200)
    assert [key for key in "abcd" if kept(key) is not None] == ["a", "c", "d"]


def test_one_that_is_larger_than_the_limit_is_not_kept(temporary: Path) -> None:
    keep("small", "1", limit_bytes=100)
    keep("large", bytes(101), limit_bytes=100)
    assert (kept("small"), kept("large")) == (None, None)


def test_what_goes_leaves_nothing_on_the_disk(temporary: Path) -> None:
    for key in ("a", "b", "c"):
        keep(key, bytes(400), limit_bytes=500)
    assert left(temporary) == ["", ".lock", ".whole"]


def test_folders_below_count_and_what_links_lead_to_does_not(temporary: Path) -> None:
    (temporary / "large").mkdir()
    (temporary / "large/file").write_bytes(bytes(1000))
    for name, size, is_kept in (("folder/file", 501, False), ("file", 400, True)):
        with kept_folder("test", name, limit_bytes=500) as folder:
            Path(folder, "folder").mkdir()
            Path(folder, name).write_bytes(bytes(size))
            Path(folder, "link").symlink_to(temporary / "large")
            Path(folder, "loop").symlink_to(".")
        with kept_folder("test", name) as folder:
            assert Path(folder, name).exists() is is_kept


def test_nobody_else_can_read_what_is_kept(temporary: Path) -> None:
    with kept_folder("test", "a") as folder:
        for place in (Path(folder), temporary / f"sqnc-cache-{os.geteuid()}"):
            assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_any_text_can_be_a_key() -> None:
    for key in ("", "/", "..", "\udcff", "a" * 10_000):
        keep(key, f"of {key!r}")
    assert [kept(key) for key in ("", "..", "\udcff")] == ["of ''", "of '..'", r"of '\udcff'"]


def test_what_was_left_by_one_that_died_goes_with_the_next_run_of_another(temporary: Path) -> None:
    with pytest.raises(ValueError, match="defect"):
        keep_and_raise("a", "half", ValueError("defect"))
    keep("b", "one")
    assert left(temporary) == ["", ".lock", ".whole"]
    assert kept("b") == "one"


@pytest.mark.parametrize("size", [b"", b"\xff", b"many"])
def test_one_whose_size_cannot_be_read_goes_too(size: bytes, temporary: Path) -> None:
    keep("a", "one")
    (whole,) = temporary.rglob("*.whole")
    whole.write_bytes(size)
    keep("b", "two")
    assert (kept("a"), kept("b")) == (None, "two")


def test_what_cannot_be_removed_is_out_of_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="defect"):
        keep_and_raise("a", "half", ValueError("defect"))
    monkeypatch.setattr(shutil, "rmtree", lambda *_given, **_named: None)  # as with files of another user
    assert kept("a") is None


def test_one_that_is_in_use_stays() -> None:
    with kept_folder("test", "a") as folder:
        Path(folder, "file").write_text("one")
        keep("b", bytes(1000), limit_bytes=1100)
        keep("c", bytes(1000), limit_bytes=1100)
    assert (kept("a"), kept("b")) == ("one", None)


COUNT = """
import sys, time
from pathlib import Path
from sqnc_resources.cache import kept_folder
for _ in range(int(sys.argv[1])):
    with kept_folder("test", "a", limit_bytes=int(sys.argv[2])) as folder:
        file = Path(folder, "file")
        count = int(file.read_text()) if file.exists() else 0
        time.sleep(0.002)
        file.write_text(str(count + 1))
"""


def test_one_process_has_it_at_a_time() -> None:
    command = [sys.executable, "-c", COUNT, "20", "1000"]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert kept("a") == "80"


def test_also_when_the_lock_that_it_waited_for_was_removed() -> None:
    with kept_folder("test", "a") as folder:
        waiting = subprocess.Popen([sys.executable, "-c", COUNT, "1", "1000"])
        time.sleep(0.3)
        Path(f"{folder}.lock").unlink()
        lock = os.open(f"{folder}.lock", os.O_CREAT | os.O_RDWR)
        assert lock_file(lock, wait=False)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(0.3)
    os.close(lock)
    assert waiting.wait() == 0


DIE = """
import random, sys
from pathlib import Path
from sqnc_resources.cache import kept_folder
chance = random.Random(int(sys.argv[1]))
print("ready", flush=True)
while True:
    with kept_folder("test", chance.choice("abc"), limit_bytes=500_000) as folder:
        texts = [file.read_bytes() for file in sorted(Path(folder).iterdir())]
        assert len(texts) in {0, 5} and len(set(texts)) < 2, texts
        content = bytes([chance.randrange(256)]) * chance.randrange(50_000)
        for name in "12345":
            Path(folder, name).write_bytes(content)
"""


def test_whoever_is_killed_leaves_nothing_half_done(temporary: Path) -> None:
    chance = random.Random(3)
    for number in range(6):
        running = [
            subprocess.Popen([sys.executable, "-c", DIE, str(number * 2 + at)], stdout=subprocess.PIPE)
            for at in range(2)
        ]
        for process in running:
            assert process.stdout
            process.stdout.readline()
        time.sleep(chance.uniform(0.01, 0.1))
        for process in running:
            process.kill()
            assert process.wait() == -signal.SIGKILL
            assert process.stdout
            process.stdout.close()
    for key in "abc":
        with kept_folder("test", key, limit_bytes=500_000) as folder:
            assert len({file.read_bytes() for file in Path(folder).iterdir()}) < 2
    assert ".trash" not in left(temporary)
    assert left(temporary).count("") <= 3


def test_a_folder_that_somebody_else_has_prepared_is_not_used(temporary: Path) -> None:
    (temporary / "elsewhere").mkdir()
    (temporary / f"sqnc-cache-{os.geteuid()}").symlink_to(temporary / "elsewhere")
    keep("a", "one")
    assert kept("a") is None
    assert list((temporary / "elsewhere").iterdir()) == []
    assert {path.name for path in temporary.iterdir()} == {"elsewhere", f"sqnc-cache-{os.geteuid()}"}


def test_nor_is_one_that_is_another_user_s(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    (temporary / f"sqnc-cache-{other}").mkdir()
    keep("a", "one")
    assert kept("a") is None
    assert list((temporary / f"sqnc-cache-{other}").iterdir()) == []


@pytest.mark.parametrize("folders", [("sqnc-cache",), ("sqnc-cache", "test")])
def test_nor_is_one_where_a_file_has_the_name(folders: tuple[str, ...], temporary: Path) -> None:
    root, *below = folders
    place = temporary.joinpath(f"{root}-{os.geteuid()}", *below)
    place.parent.mkdir(exist_ok=True)
    place.touch()
    keep("a", "one")
    assert kept("a") is None
    assert place.read_text() == ""


def test_without_a_place_to_write_to_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    with pytest.raises(ResourceError, match="there is no folder to write to"):
        keep("a", "one")
