"""Archives as usual programs make them, and what they become."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

import pytest

from sqnc_resources.archives import ArchiveError, LimitError, Limits, unpack

COMPRESSIONS = {"": "", ".gz": "--gzip", ".bz2": "--bzip2", ".xz": "--xz", ".zst": "--zstd"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with all that a release may hold."""
    source = tmp_path / "source"
    (source / "bin").mkdir(parents=True)
    (source / "bin" / "run").write_text("#!/bin/sh\n")
    (source / "bin" / "run").chmod(0o750)
    (source / "bin" / "again").symlink_to("run")
    (source / "empty").mkdir()
    (source / "ä b.txt").write_bytes(b"\0\1" * 300_000)
    os.utime(source / "ä b.txt", (1_700_000_000, 1_700_000_000))
    (source / "up").symlink_to("bin/../empty")
    (source / ("long" * 50)).write_text("long")
    return source


def unicode_path(old: bytes, name: str) -> bytes:
    """Info-ZIP's field with a name in UTF-8."""
    data = b"\1" + struct.pack("<L", zlib.crc32(old)) + name.encode()
    return struct.pack("<HH", 0x7075, len(data)) + data


def tree(folder: Path) -> dict[str, object]:
    """What lies in *folder*: the content of each file and link, and whether a file is to be executed."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_dir():
            found[name] = None
        else:
            found[name] = (path.read_bytes(), bool(path.stat().st_mode & 0o111))
    return found


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_a_tar_archive_becomes_the_tree_that_it_was_made_of(
    source: Path, tmp_path: Path, suffix: str
) -> None:
    if suffix == ".zst" and not shutil.which("zstd"):
        pytest.skip("there is no program zstd")
    archive = tmp_path / f"release.tar{suffix}"
    flags = [COMPRESSIONS[suffix]] if suffix else []
    subprocess.run(["tar", "--create", f"--file={archive}", *flags, f"--directory={source}", "."], check=True)
    unpack(archive, tmp_path / "into")
    assert tree(tmp_path / "into") == tree(source)
    assert (tmp_path / "into" / "ä b.txt").stat().st_mtime == 1_700_000_000


def test_its_name_does_not_count(source: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-czf", tmp_path / "download", "-C", source, "."], check=True)
    unpack(tmp_path / "download", tmp_path / "into")
    assert tree(tmp_path / "into") == tree(source)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_of_tar_is_read(tmp_path: Path, form: int) -> None:
    with tarfile.open(tmp_path / "x.tar", "w", format=form) as archive:
        add(archive, "folder/" + "n" * 90, b"1")
    unpack(tmp_path / "x.tar", tmp_path / "into")
    assert (tmp_path / "into" / "folder" / ("n" * 90)).read_bytes() == b"1"


def test_a_zip_archive_becomes_the_tree_that_it_was_made_of(source: Path, tmp_path: Path) -> None:
    if not shutil.which("zip"):
        pytest.skip("there is no program zip")
    command = ["zip", "--quiet", "--recurse-paths", "--symlinks", str(tmp_path / "x.zip"), "."]
    subprocess.run(command, cwd=source, env=os.environ | {"LC_ALL": "C.UTF-8"}, check=True)
    unpack(tmp_path / "x.zip", tmp_path / "into")
    assert tree(tmp_path / "into") == tree(source)


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_every_compression_of_zip_is_read(tmp_path: Path, compression: int) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", compression) as archive:
        archive.writestr(zipfile.ZipInfo("folder/file", (2023, 11, 14, 22, 13, 20)), b"1" * 5000)
    unpack(tmp_path / "x.zip", tmp_path / "into")
    file = tmp_path / "into" / "folder" / "file"
    assert (file.read_bytes(), file.stat().st_mtime) == (b"1" * 5000, 1_700_000_000)


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ((3, "ä".encode(), b""), "ä"),  # Unix, which says nothing
        ((3, b"\x84", b""), "ä"),  # the same, but it cannot be UTF-8
        ((0, b"\x84", b""), "ä"),  # DOS
        ((0, b"?", unicode_path(b"?", "ä")), "ä"),  # Info-ZIP
        ((0, b"b", unicode_path(b"a", "ä")), "b"),  # of a name that was changed since
    ],
)  # fmt: skip
def test_names_in_zip_archives_are_what_they_were(
    tmp_path: Path, entry: tuple[int, bytes, bytes], wanted: str
) -> None:
    system, name, extra = entry
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        info = zipfile.ZipInfo("n" * len(name))
        info.create_system, info.extra = system, extra
        archive.writestr(info, b"1")
    data = (tmp_path / "x.zip").read_bytes().replace(b"n" * len(name), name)
    (tmp_path / "x.zip").write_bytes(data)
    unpack(tmp_path / "x.zip", tmp_path / "into")
    assert [path.name for path in (tmp_path / "into").iterdir()] == [wanted]


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("dump.sql.gz", "dump.sql"),
        ("DUMP.GZ", "DUMP"),
        ("download", "download.unpacked"),
        (".gz", ".gz.unpacked"),
        ("...gz", "...gz.unpacked"),
    ],
)
def test_a_single_compressed_file_is_called_as_it_was(tmp_path: Path, name: str, becomes: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(b"1") + gzip.compress(b"2"))
    unpack(tmp_path / name, tmp_path / "into")
    assert tree(tmp_path / "into") == {becomes: (b"12", False)}


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_an_empty_archive_is_an_empty_folder(tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "empty.tgz"
    if kind == "tar":
        tarfile.open(archive, "w:gz").close()
    else:
        zipfile.ZipFile(archive, "w").close()
    unpack(archive, tmp_path / "into")
    assert tree(tmp_path / "into") == {}


def test_the_last_of_two_files_of_a_name_counts(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        add(archive, "a", b"first and longer")
        add(archive, "a", b"second")
        add(archive, "b", type=tarfile.SYMTYPE, linkname="a")
        add(archive, "b", b"a file now")
        add(archive, "c", b"a file")
        add(archive, "c", type=tarfile.SYMTYPE, linkname="a")
    unpack(tmp_path / "x.tar", tmp_path / "into")
    assert tree(tmp_path / "into") == {"a": (b"second", False), "b": (b"a file now", False), "c": "a"}


def test_what_is_there_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "a").symlink_to(tmp_path / "elsewhere")
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        add(archive, "a", b"new")
    unpack(tmp_path / "x.tar", tmp_path / "into")
    assert tree(tmp_path / "into") == {"a": (b"new", False)}
    assert (tmp_path / "elsewhere").read_text() == "precious"


def test_nothing_is_named_through_a_link_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").write_text("precious")
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "l").symlink_to(tmp_path / "elsewhere")
    for name, facts in (("h", NAME | {"linkname": "l/precious"}), ("l/precious", {})):
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            add(archive, name, **facts)
        with pytest.raises(ArchiveError):
            unpack(tmp_path / "x.tar", tmp_path / "into")
    assert (tmp_path / "elsewhere" / "precious").read_text() == "precious"


def test_another_name_of_a_file_is_the_same_file(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        add(archive, "a", b"1")
        add(archive, "d/b", type=tarfile.LNKTYPE, linkname="a")
        add(archive, "l", type=tarfile.SYMTYPE, linkname="a")
        add(archive, "m", type=tarfile.LNKTYPE, linkname="l")
        add(archive, "a", type=tarfile.LNKTYPE, linkname="./a")
    unpack(tmp_path / "x.tar", tmp_path / "into")
    assert (tmp_path / "into" / "a").samefile(tmp_path / "into" / "d" / "b")
    assert (tmp_path / "into" / "m").readlink() == Path("a")


def test_modes_say_who_may_execute_and_no_more(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        add(archive, "program", b"", mode=0o6755)
        add(archive, "secret", b"", mode=0)
    umask = os.umask(0o022)
    try:
        unpack(tmp_path / "x.tar", tmp_path / "into")
    finally:
        os.umask(umask)
    modes = {path.name: oct(path.stat().st_mode & 0o7777) for path in (tmp_path / "into").iterdir()}
    assert modes == {"program": "0o755", "secret": "0o644"}


def add(archive: tarfile.TarFile, name: str, content: bytes = b"", /, **facts: object) -> None:
    """Add an entry as no honest program would."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for fact, value in facts.items():
        setattr(info, fact, value)
    archive.addfile(info, BytesIO(content))


LINK: dict[str, object] = {"type": tarfile.SYMTYPE}
NAME: dict[str, object] = {"type": tarfile.LNKTYPE}
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


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".zip", ".gz"])
def test_an_archive_that_is_cut_off_is_broken_wherever_it_is_cut(tmp_path: Path, suffix: str) -> None:
    if suffix == ".tar.zst" and not shutil.which("zstd"):
        pytest.skip("there is no program zstd")
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
