"""What a put finds among its inputs."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.inputs import find, find_one, matches, path_in, read_text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("pattern", "name", "good"),
    [
        ("*.tgz", "a.tgz", True),
        ("*.tgz", "a.tgz.sig", False),
        ("*", ".hidden", True),
        ("*", "a/b", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[^a-c]x", "dx", True),
        ("[^a]x", "/x", False),
        (r"[\]a]x", "]x", True),
        (r"[\-a]x", "-x", True),
        (r"\*.tgz", "*.tgz", True),
        (r"\*.tgz", "a.tgz", False),
        ("a.c", "abc", False),
        ("[!a]x", "!x", True),
    ],
)
def test_patterns_match_as_in_go(pattern: str, name: str, good: bool) -> None:
    assert matches(pattern, name) is good


@pytest.mark.parametrize("pattern", ["[", "[]", "[^]", "a\\", "[z-a]"])
def test_a_pattern_that_is_none_is_named(pattern: str) -> None:
    with pytest.raises(ResourceError, match="expected a pattern such as"):
        matches(pattern, "a")


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    for name in ("built/a-1.tgz", "built/b-2.tgz", "built/.c.tgz", "other/a-3.tgz", "version/number"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")
    (tmp_path / "outside").write_text("secret")
    return folder


def names(inputs: Path, pattern: str) -> list[str]:
    return [os.path.relpath(place, inputs) for place in find(inputs, pattern)]


def test_files_are_found_in_order(inputs: Path) -> None:
    assert names(inputs, "built/*.tgz") == ["built/.c.tgz", "built/a-1.tgz", "built/b-2.tgz"]
    assert names(inputs, "*/a-*.tgz") == ["built/a-1.tgz", "other/a-3.tgz"]
    assert names(inputs, "./version//number") == ["version/number"]
    assert names(inputs, "/version/number") == ["version/number"]
    assert names(inputs, "version/absent") == []
    assert names(inputs, "version/number/*") == []


def test_one_file_is_one(inputs: Path) -> None:
    assert find_one(inputs, "other/*", "image") == str(inputs / "other" / "a-3.tgz")
    with pytest.raises(
        ResourceError, match=r"image: `built/\[ab\]\*` matches built/a-1.tgz, built/b-2.tgz: expected"
    ):
        find_one(inputs, "built/[ab]*", "image")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("nothing/*", "matches nothing; the inputs are built, other, version: expected exactly one file"),
        ("other/*.zip", "matches nothing; other holds a-3.tgz: expected"),
        ("other/x/*.zip", "matches nothing; other holds a-3.tgz: expected"),
        ("built", "matches nothing; built holds .c.tgz, a-1.tgz, b-2.tgz: expected"),
        (
            "*/*",
            "matches built/.c.tgz, built/a-1.tgz, built/b-2.tgz, other/a-3.tgz, version/number: expected",
        ),
    ],
)
def test_an_error_says_what_there_is_instead(inputs: Path, pattern: str, told: str) -> None:
    with pytest.raises(ResourceError, match=rf"^image: `{re.escape(pattern)}` {re.escape(told)}"):
        find_one(inputs, pattern, "image")


def test_an_error_does_not_list_hundreds(inputs: Path) -> None:
    for number in range(30):
        (inputs / "other" / f"b-{number:02}").touch()
    for pattern, told in (
        ("other/*", "b-08 and 21 more: expected"),
        ("other/c", "b-08 and 21 more: expected"),
    ):
        with pytest.raises(ResourceError, match=told):
            find_one(inputs, pattern, "image")


@pytest.mark.parametrize("path", ["../outside", "built/../../outside", "..", "../inputs-too/file"])
def test_nothing_leads_out_of_the_inputs(path: str, inputs: Path) -> None:
    (inputs.parent / "inputs-too").mkdir()
    for look in (read_text, find):
        with pytest.raises(ResourceError, match="expected a path inside the inputs"):
            look(inputs, path)


@pytest.fixture
def linked(inputs: Path) -> Path:
    """The inputs, with links in them that lead out."""
    (inputs / "built/file").symlink_to(inputs.parent / "outside")
    (inputs / "built/up").symlink_to("../..")
    (inputs / "built/dangling").symlink_to("/nowhere/at/all")
    return inputs


@pytest.mark.parametrize(
    "path", ["built/file", "built/up", "built/up/outside", "built/up/inputs-too/x", "built/dangling"]
)
def test_no_link_leads_out_of_the_inputs(path: str, linked: Path) -> None:
    for look in (read_text, find, path_in):
        with pytest.raises(
            ResourceError, match=rf"^{path}: expected a path inside the inputs, and a link leads out of them"
        ):
            look(linked, path)


@pytest.mark.parametrize("pattern", ["built/f*", "*/up/out*", "built/up/../*", "built/up/absent*"])
def test_no_pattern_finds_or_tells_what_a_link_leads_to(pattern: str, linked: Path) -> None:
    with pytest.raises(ResourceError, match="a link leads out of them"):
        find_one(linked, pattern, "image")


def test_a_link_that_stays_in_the_inputs_is_followed(inputs: Path, tmp_path: Path) -> None:
    (inputs / "built/current").symlink_to("../version/number")
    (inputs / "latest").symlink_to(inputs / "other")
    (tmp_path / "here").symlink_to(inputs)
    (inputs / "gone").symlink_to("nowhere")
    assert names(inputs, "gone") == ["gone"]  # as with Go's Glob
    for folder in (inputs, tmp_path / "here"):
        assert read_text(folder, "built/current") == "version/number\n"
        assert find_one(folder, "latest/*.tgz", "image") == str(folder / "latest/a-3.tgz")


@pytest.mark.parametrize("path", ["a\0b", "a\ud800"])
def test_a_text_that_no_file_can_be_called_is_told(path: str, inputs: Path) -> None:
    for look in (read_text, find):
        with pytest.raises(ResourceError, match="expected a path inside the inputs"):
            look(inputs, path)


def test_the_root_of_all_files_can_be_the_folder(inputs: Path) -> None:
    assert path_in("/", str(inputs / "version")) == str(inputs / "version")


def test_texts_are_read_whole(inputs: Path) -> None:
    assert read_text(inputs, "version/number") == "version/number\n"
    with pytest.raises(ResourceError, match="version/absent: No such file or directory"):
        read_text(inputs, "version/absent")
    (inputs / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ResourceError, match="binary: expected text in UTF-8"):
        read_text(inputs, "binary")
