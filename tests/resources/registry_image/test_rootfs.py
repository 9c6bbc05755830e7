"""The file system of an image: layers, whiteouts, links, owners, and nothing outside."""

from __future__ import annotations

import json
import os
import tarfile
from typing import TYPE_CHECKING, Protocol

import pytest
from tests.resources.registry_image.images import entry, image, link, same_file, tar, tree

from sqnc_resources.archives import ArchiveError
from sqnc_resources.reading import read
from sqnc_resources.registry_image import GetParams, Source, Version, get

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.registry_image.conftest import Made, Place
    from tests.resources.registry_image.images import Image
    from tests.resources.registry_image.registries import FakeRegistry

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


class Unpacked(Protocol):
    """Gets an image as a root file system into a folder; its root."""

    def __call__(self, made_of: Image, folder: Path | None = None) -> Path: ...


@pytest.fixture
def unpacked(registry: FakeRegistry, made: Made, tmp_path: Path) -> Unpacked:
    def fetch(made_of: Image, folder: Path | None = None) -> Path:
        registry.add("an-owner/image", made_of, "1")
        get(made(), Version(made_of.digest, "1"), GetParams(), folder or tmp_path)
        return (folder or tmp_path) / "rootfs"

    return fetch


def test_an_image_becomes_a_file_system_and_files_that_say_which(place: Place, tmp_path: Path) -> None:
    made_of = image(
        tar(entry("bin"), entry("bin/sh", b"#!"), entry("old", b"x")),
        tar(entry("etc"), entry("etc/motd", b"hello"), entry(".wh.old", b"")),
        Env=["PATH=/bin", "A=<b>"],
        User="ann",
        Entrypoint=["/bin/sh"],
        Labels={"b": "2", "a": "1"},
    )
    name = place(made_of, "1.0")
    source = read(Source, {"repository": name, "label_regex": "^a$"}, "source", [])
    result = get(source, Version(made_of.digest, "1.0"), GetParams(), tmp_path)
    assert result.version == Version(made_of.digest, "1.0")
    assert list(result.metadata) == [("repository", name), ("tag", "1.0"), ("a", "1")]
    assert tree(tmp_path) == {
        "digest": made_of.digest,
        "labels.json": '{"a":"1","b":"2"}\n',
        "metadata.json": '{"cmd":null,"entrypoint":["/bin/sh"],"env":["PATH=/bin","A=\\u003cb\\u003e"]'
        ',"user":"ann"}\n',
        "repository": name,
        "rootfs": "/",
        "rootfs/bin": "/",
        "rootfs/bin/sh": "#!",
        "rootfs/etc": "/",
        "rootfs/etc/motd": "hello",
        "tag": "1.0",
    }


@pytest.mark.parametrize("form", ["oci", "docker"])
@pytest.mark.parametrize(
    "compression", ["gzip", "plain", pytest.param("zstd", marks=pytest.mark.peers("zstd"))]
)
def test_how_a_layer_is_compressed_its_bytes_say(
    unpacked: Unpacked, tmp_path: Path, compression: str, form: str
) -> None:
    layers = tar(entry("a", b"1")), tar(entry("b", b"2"))
    made_of = image(*layers, compression=compression, form=form)
    assert tree(unpacked(made_of)) == {"a": "1", "b": "2"}


def test_an_image_of_no_layers_has_an_empty_file_system(unpacked: Unpacked, tmp_path: Path) -> None:
    assert tree(unpacked(image())) == {}
    assert json.loads((tmp_path / "metadata.json").read_text()) == {
        "cmd": None,
        "entrypoint": None,
        "env": None,
        "user": "",
    }


def test_whiteouts_hide_what_is_below(unpacked: Unpacked, tmp_path: Path) -> None:
    made_of = image(
        tar(
            entry("a"), entry("a/b"), entry("a/b/c", b"1"), entry("kept", b"2"), entry("d"),
            entry("d/e", b"3"),
            entry("f"), entry("f/g"), entry("f/g/h", b"4"), link("l", "kept"),
        ),
        tar(
            entry("a/.wh.b", b""), entry("d/.wh..wh..opq", b""), entry("d/new", b"5"),
            entry("f/.wh.missing", b""), entry("missing/.wh.g", b""), entry(".wh.l", b""),
        ),
    )  # fmt: skip
    assert tree(unpacked(made_of)) == {
        "a": "/",
        "d": "/",
        "d/new": "5",
        "f": "/",
        "f/g": "/",
        "f/g/h": "4",
        "kept": "2",
    }


def test_whiteouts_hide_nothing_of_their_own_layer(unpacked: Unpacked, tmp_path: Path) -> None:
    made_of = image(
        tar(entry("a"), entry("a/old", b"1"), entry("b"), entry("b/c"), entry("b/c/old", b"2"),
            entry("f", b"3")),
        tar(
            entry("a/new", b"4"), entry("a/.wh..wh..opq", b""), entry("b/c/new", b"5"), entry("b/.wh.c", b""),
            entry("f", b"6"), entry(".wh.f", b""),
        ),
    )  # fmt: skip
    assert tree(unpacked(made_of)) == {
        "a": "/",
        "a/new": "4",
        "b": "/",
        "b/c": "/",
        "b/c/new": "5",
        "f": "6",
    }


def test_files_folders_and_links_take_each_others_place(unpacked: Unpacked, tmp_path: Path) -> None:
    made_of = image(
        tar(
            entry("a", b"1"), entry("b"), entry("b/c"), entry("b/c/d", b"2"), link("e", "b"), entry("f", b"3")
        ),
        tar(entry("a"), entry("a/x", b"4"), entry("b", b"5"), entry("e", b"6"), link("f", "a/x")),
    )
    assert tree(unpacked(made_of)) == {
        "a": "/",
        "a/x": "4",
        "b": "5",
        "e": "6",
        "f": "-> a/x",
    }


def test_hard_links_are_one_file_also_over_layers(unpacked: Unpacked, tmp_path: Path) -> None:
    made_of = image(
        tar(entry("a", b"1"), same_file("b", "a"), entry("d"), link("e", "d"), entry("d/f", b"2")),
        tar(same_file("c", "./a"), same_file("/g", "e/f"), same_file("a", "a"), entry(".wh.b", b"")),
    )
    root = unpacked(made_of)
    assert (root / "a").stat().st_ino == (root / "c").stat().st_ino
    assert (root / "d/f").stat().st_ino == (root / "g").stat().st_ino
    assert tree(root) == {"a": "1", "c": "1", "d": "/", "d/f": "2", "e": "-> d", "g": "2"}


def test_links_are_followed_as_inside_the_image(unpacked: Unpacked, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    made_of = image(
        tar(
            entry("run"),
            entry("var"),
            link("var/run", "/run"),
            link("up", "../../../.."),
            link("abs", str(outside)),
        ),
        tar(entry("var/run/pid", b"1"), entry("up/file", b"2"), entry("abs/file", b"3")),
    )
    folder = tmp_path / "get"
    folder.mkdir()
    root = unpacked(made_of, folder)
    assert (root / "run/pid").read_text() == "1"
    assert (root / "file").read_text() == "2"
    assert (root / str(outside).lstrip("/") / "file").read_text() == "3"
    assert list(outside.iterdir()) == []


def test_a_link_that_was_replaced_is_not_followed_any_more(unpacked: Unpacked, tmp_path: Path) -> None:
    made_of = image(
        tar(
            entry("real"), link("way", "real"), entry("way/a", b"1"),
            entry("way"), entry("way/b", b"2"),
        ),
        tar(
            entry("way/c", b"3"), entry(".wh.real", b""), link("way", "other"), entry("other"),
            entry("way/d", b"4"),
        ),
    )  # fmt: skip
    root = unpacked(made_of)
    assert tree(root) == {"way": "-> other", "other": "/", "other/d": "4"}


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (entry("../evil", b"1"), "out of the image"),
        (entry("a/../../evil", b"1"), "out of the image"),
        (entry("a/.wh...", b""), "hides what has no name"),
        (entry(".wh.", b""), "hides what has no name"),
        (same_file("copy", "../../secret"), "out of the image"),
        (same_file("copy", "up/secret"), "no such file"),
        (same_file("copy", "etc"), "no such file"),
        (entry("file/below", b""), "is no folder"),
        (entry("loop/below", b""), "links that lead to each other"),
    ],
)
def test_what_does_harm_is_refused(
    unpacked: Unpacked, tmp_path: Path, harm: tuple[tarfile.TarInfo, bytes], words: str
) -> None:
    folder = tmp_path / "one" / "two"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    base = tar(entry("etc"), entry("file", b""), link("loop", "loop"), link("up", "../../../.."))
    with pytest.raises(ArchiveError, match=words):
        unpacked(image(base, tar(harm)), folder)
    assert (tmp_path / "secret").read_text() == "secret"
    assert sorted(place.name for place in tmp_path.iterdir()) == ["one", "secret"]
    assert not (folder / "digest").exists()


def test_modes_times_and_attributes_are_kept(unpacked: Unpacked, tmp_path: Path) -> None:
    attributes = {"SCHILY.xattr.user.colour": "blue", "mtime": "1600000001.123456789"}
    made_of = image(
        tar(
            entry("./", mode=0o711, mtime=1_600_000_003),
            entry("dir", mode=0o1777, mtime=1_600_000_002),
            entry("dir/suid", b"x", mode=0o4755, pax_headers=attributes),
            entry("shut", mode=0o555),
            entry("shut/file", b"x", mode=0o400),
        )
    )
    root = unpacked(made_of)
    found = {path: (root / path).stat() for path in (".", "dir", "dir/suid", "shut", "shut/file")}
    assert {path: oct(stat.st_mode & 0o7777) for path, stat in found.items()} == {
        ".": "0o711",
        "dir": "0o1777",
        "dir/suid": "0o4755",
        "shut": "0o555",
        "shut/file": "0o400",
    }
    assert found["dir/suid"].st_mtime_ns == 1_600_000_001_123_456_789
    assert (found["dir"].st_mtime, found["."].st_mtime) == (1_600_000_002, 1_600_000_003)
    if "user.colour" in os.listxattr(root / "dir/suid"):  # not every file system has attributes
        assert os.getxattr(root / "dir/suid", "user.colour") == b"blue"


def test_others_make_files_of_their_own(unpacked: Unpacked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqnc_resources.registry_image.tree.os.geteuid", lambda: 1000)
    root = unpacked(image(tar(entry("home", uid=1000, gid=1001), entry("home/file", b"x", uid=1002))))
    assert {(root / path).stat().st_uid for path in ("home", "home/file")} == {os.getuid()}


@ROOT
def test_root_makes_files_of_other_owners_and_no_devices(unpacked: Unpacked, tmp_path: Path) -> None:
    made_of = image(
        tar(
            entry("home", uid=1000, gid=1001),
            entry("home/file", b"x", uid=1000, gid=1001, mode=0o6755),
            link("home/link", "file", uid=1002, gid=1003),
            entry("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3),
            entry("disk", type=tarfile.BLKTYPE, devmajor=8, devminor=0),
            entry("pipe", type=tarfile.FIFOTYPE, mode=0o600),
        )
    )
    root = unpacked(made_of)
    assert sorted(tree(root)) == ["home", "home/file", "home/link", "pipe"]
    assert (root / "pipe").is_fifo()
    owners = {path: (root / path).lstat() for path in ("home", "home/file", "home/link")}
    assert {path: (stat.st_uid, stat.st_gid) for path, stat in owners.items()} == {
        "home": (1000, 1001),
        "home/file": (1000, 1001),
        "home/link": (1002, 1003),
    }
    assert (root / "home/file").stat().st_mode & 0o7777 == 0o6755
