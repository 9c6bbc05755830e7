"""Archives that do harm, hold too much or are broken: nothing of them gets outside, and each is told."""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
import sys
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from tests.resources.archives.entries import LINK, NAME, add

from sqnc_resources.archives import ArchiveError, LimitError, Limits, unpack

HARMFUL: dict[str, tuple[list[tuple[str, bytes, dict[str, object]]], str]] = {
    "a path that goes up": ([("../evil", b"1", {})], "a path out of the folder"),
    "a path that goes up later": ([("a/../../evil", b"1", {})], "a path out of the folder"),
    "an absolute path": ([("/tmp/evil", b"1", {})], "an absolute path"),
    "a folder that goes up": ([("../evil", b"", {"type": tarfile.DIRTYPE})], "a path out of the folder"),
    "a link that goes up": ([("l", b"", LINK | {"linkname": "../evil"})], "a link out of the folder"),
    "an absolute link": ([("l", b"", LINK | {"linkname": "/etc/passwd"})], "a link out of the folder"),
    "a file through a link": (
        [("l", b"", LINK | {"linkname": "."}), ("l/evil", b"1", {})],
        "a path through the link l",
    ),
    "links that go up together": (
        [
            ("a/b/up", b"", LINK | {"linkname": "../.."}),
            ("a/b/out", b"", LINK | {"linkname": "up/../evil"}),
        ],
        "a/b/out: a link out of the folder",
    ),
    "a link in place of a folder": (
        [("a/file", b"1", {}), ("a", b"", LINK | {"linkname": "."})],
        "a folder is in its place",
    ),
    "a file as a folder": ([("a", b"1", {}), ("a/b", b"1", {})], "a is no folder"),
    "another name of a file outside": (
        [("h", b"", NAME | {"linkname": "../precious"})],
        "a path out of the folder",
    ),
    "another name of no file": ([("h", b"", NAME | {"linkname": "a"})], "no such file before it"),
    "another name of a folder": (
        [("a", b"", {"type": tarfile.DIRTYPE}), ("h", b"", NAME | {"linkname": "a"})],
        "no such file before it",
    ),
    "a device": ([("null", b"", {"type": tarfile.CHRTYPE})], "a device or a pipe"),
    "a pipe": ([("pipe", b"", {"type": tarfile.FIFOTYPE})], "a device or a pipe"),
    "a file without a name": ([("./", b"1", {"type": tarfile.REGTYPE})], "expected the name of a file"),
    "a path that is too long": ([("n/" * 3000, b"1", {})], "a path of more than 4096 bytes"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARMFUL)
def test_what_does_harm_is_refused_and_nothing_is_outside(tmp_path: Path, harm: str) -> None:
    entries, message = HARMFUL[harm]
    (tmp_path / "precious").write_text("precious")
    with tarfile.open(tmp_path / "evil.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content, facts in entries:
            add(archive, name, content, **facts)
    before = {path.name for path in tmp_path.iterdir()} | {"into"}
    with pytest.raises(ArchiveError, match=message) as raised:
        unpack(tmp_path / "evil.tar", tmp_path / "into")
    assert str(raised.value).startswith("evil.tar: ")
    assert {path.name for path in tmp_path.iterdir()} == before
    assert (tmp_path / "precious").stat().st_nlink == 1
    assert not [path for path in (tmp_path / "into").rglob("*") if path.is_symlink()]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (("../evil", 0o100644, b"1"), "a path out of the folder"),
        (("/tmp/evil", 0o100644, b"1"), "an absolute path"),
        (("l", 0o120777, b"../evil"), "a link out of the folder"),
        (("l", 0o120777, b"/etc/passwd"), "a link out of the folder"),
        (("l", 0o120777, b"x" * 5000), "a link that leads nowhere"),
        (("null", 0o020666, b""), "a device or a pipe"),
    ],
)  # fmt: skip
def test_a_zip_archive_does_no_harm_either(
    tmp_path: Path, entry: tuple[str, int, bytes], message: str
) -> None:
    name, mode, content = entry
    info = zipfile.ZipInfo(name)
    info.filename, info.external_attr = name, mode << 16
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr(info, content)
    with pytest.raises(ArchiveError, match=message):
        unpack(tmp_path / "evil.zip", tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_an_encrypted_archive_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a", b"1")
    data = bytearray((tmp_path / "x.zip").read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(ArchiveError, match=r"x\.zip: a: encrypted"):
        unpack(tmp_path / "x.zip", tmp_path / "into")


def zeros(path: Path, kind: str) -> None:
    """An archive of a file of 64 MB of zeros, or that file compressed; or many entries."""
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", bytes(64 << 20))
    elif kind == "gz":
        path.write_bytes(gzip.compress(bytes(64 << 20), 1))
    elif kind == "many":
        info = tarfile.TarInfo("folder")
        info.type = tarfile.DIRTYPE
        path.write_bytes(info.tobuf() * 20_000 + bytes(1024))
    else:
        with tarfile.open(path, "w:gz", compresslevel=1) as archive:
            add(archive, "zeros", bytes(64 << 20))


@pytest.mark.parametrize("kind", ["zip", "gz", "tar"])
def test_a_bomb_is_stopped_at_the_limit(tmp_path: Path, kind: str) -> None:
    zeros(tmp_path / "bomb", kind)
    with pytest.raises(LimitError, match="bomb: holds more than 1,000,000 bytes"):
        unpack(tmp_path / "bomb", tmp_path / "into", Limits(size_bytes=1_000_000))
    assert sum(path.stat().st_size for path in (tmp_path / "into").iterdir()) <= 1_000_000


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_so_is_one_of_many_entries(tmp_path: Path, kind: str) -> None:
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "bomb", "w") as archive:
            for number in range(20):
                archive.writestr(str(number), b"")
    else:
        with tarfile.open(tmp_path / "bomb", "w") as tar:
            for number in range(20):
                add(tar, str(number))
    with pytest.raises(LimitError, match="holds more than 10 entries"):
        unpack(tmp_path / "bomb", tmp_path / "into", Limits(entries=10))
    assert len(list((tmp_path / "into").iterdir())) == 10


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_never_ends_is_not_read_into_memory(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz", compresslevel=1) as archive:
        add(archive, "first", b"1")
        add(archive, "header", b"1" * (8 << 20), type=kind)
    with pytest.raises(ArchiveError, match="a header is too long"):
        unpack(tmp_path / "bomb.tar.gz", tmp_path / "into")


def test_nor_are_headers_of_headers(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bomb.tar", "w") as archive:
        for _ in range(5000):
            add(archive, "header", b"", type=tarfile.XHDTYPE)
        add(archive, "a", b"1")
    with pytest.raises(ArchiveError, match=r"bomb\.tar: broken: "):
        unpack(tmp_path / "bomb.tar", tmp_path / "into")


MEMORY = """
import re, sys
from pathlib import Path
from sqnc_resources.archives import unpack
unpack(Path(sys.argv[1]), Path(sys.argv[2]))
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""  # getrusage would tell of the process too that started this one


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says how much memory a process had")
@pytest.mark.parametrize("kind", ["zip", "gz", "tar", "many"])
def test_memory_stays_flat(tmp_path: Path, kind: str) -> None:
    zeros(tmp_path / "large", kind)
    (tmp_path / "small").write_bytes(gzip.compress(b"1"))
    peaks = []
    for name in ("small", "large"):
        command = [sys.executable, "-c", MEMORY, str(tmp_path / name), str(tmp_path / "into")]
        peaks.append(int(subprocess.check_output(command)) / 1024)
    assert peaks[1] - peaks[0] < 8  # MB


ZST = pytest.param(".tar.zst", marks=pytest.mark.peers("zstd"))


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ZST, ".zip", ".gz"])
def test_an_archive_that_is_cut_off_is_broken_wherever_it_is_cut(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"x{suffix}"
    chance = random.Random(1)
    content = chance.randbytes(3000)
    if suffix == ".gz":
        whole.write_bytes(gzip.compress(content))
    elif suffix == ".zip":
        with zipfile.ZipFile(whole, "w") as archive:
            archive.writestr("a", content)
            archive.writestr("b", content)
    else:
        for name in ("a", "b"):
            (tmp_path / name).write_bytes(content)
        subprocess.run(["tar", "--auto-compress", "-cf", whole, "a", "b"], cwd=tmp_path, check=True)
    data = whole.read_bytes()
    end = len(data.rstrip(b"\0")) if suffix == ".tar" else len(data) - 1
    for length in {end, 100, *(chance.randrange(10, end) for _ in range(10))}:
        (tmp_path / f"cut{suffix}").write_bytes(data[:length])
        with pytest.raises(ArchiveError, match=rf"^cut{suffix}: "):
            unpack(tmp_path / f"cut{suffix}", tmp_path / "into")


def test_a_tar_archive_without_its_end_mark_is_cut_off(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        add(archive, "a", b"1")
    (tmp_path / "x.tar").write_bytes((tmp_path / "x.tar").read_bytes()[:1024])
    with pytest.raises(ArchiveError, match="ends before its end mark"):
        unpack(tmp_path / "x.tar", tmp_path / "into")


def test_a_checksum_counts_however_long_after_the_last_entry(tmp_path: Path) -> None:
    tar = BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        add(archive, "a", b"1")
    data = bytearray(gzip.compress(tar.getvalue() + bytes(1 << 20)))
    data[-8] ^= 1
    (tmp_path / "x.tar.gz").write_bytes(data)
    with pytest.raises(ArchiveError, match="broken: CRC check failed"):
        unpack(tmp_path / "x.tar.gz", tmp_path / "into")


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".zip", ".gz"])
def test_an_archive_with_a_wrong_byte_is_no_other_archive(tmp_path: Path, suffix: str) -> None:
    """Wherever the byte is wrong: it is an error of ours, or what is unpacked differs in that byte alone."""
    chance = random.Random(2)
    whole = tmp_path / f"x{suffix}"
    if suffix == ".gz":
        whole.write_bytes(gzip.compress(b"1" * 3000))
    elif suffix == ".zip":
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", b"1" * 3000)
    else:
        with tarfile.open(whole, "w:gz" if suffix == ".tar.gz" else "w") as tar:
            add(tar, "a", b"1" * 3000)
    data = whole.read_bytes()
    for _ in range(60):
        wrong = bytearray(data)
        wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
        (tmp_path / f"wrong{suffix}").write_bytes(wrong)
        shutil.rmtree(tmp_path / "into", ignore_errors=True)
        try:
            unpack(tmp_path / f"wrong{suffix}", tmp_path / "into")
        except ArchiveError:
            continue
        for path in (tmp_path / "into").rglob("*"):
            assert not path.is_file() or len(path.read_bytes()) in {3000, len(data)}


@pytest.mark.parametrize("content", [b"", b"text", b"\x7fELF" + bytes(2000)])
def test_what_is_no_archive_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file.bin").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"file\.bin: expected a tar or zip archive"):
        unpack(tmp_path / "file.bin", tmp_path / "into")


def test_a_missing_archive_and_a_missing_program_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ArchiveError, match="nothing: No such file"):
        unpack(tmp_path / "nothing", tmp_path / "into")
    if sys.version_info < (3, 14):
        monkeypatch.setenv("PATH", "")
        (tmp_path / "x.zst").write_bytes(b"\x28\xb5\x2f\xfd0000")
        with pytest.raises(ArchiveError, match=r"x\.zst: compressed with zstd, and there is no program"):
            unpack(tmp_path / "x.zst", tmp_path / "into")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    zeros(tmp_path / "large", "gz")
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20));" + MEMORY
    )
    command = [sys.executable, "-c", code, str(tmp_path / "large"), str(tmp_path / "into")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "ArchiveError: large: File too large" in done.stderr
