"""Archives as usual programs make them, and what they become."""

from __future__ import annotations

import gzip
import os
import shutil
import struct
import subprocess
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
from tests.resources.archives.entries import NAME, add

from sqnc_resources.archives import ArchiveError, unpack

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


@pytest.mark.parametrize(
    "suffix",
    [
        pytest.param(suffix, marks=pytest.mark.peers("zstd") if suffix == ".zst" else ())
        for suffix in COMPRESSIONS
    ],
)
def test_a_tar_archive_becomes_the_tree_that_it_was_made_of(
    source: Path, tmp_path: Path, suffix: str
) -> None:
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
