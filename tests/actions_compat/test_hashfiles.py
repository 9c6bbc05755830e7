"""hashFiles: which files, in which order, and their digest."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat import globs, hashfiles
from actions_compat.globs import ALL, DIRECTORY, Glob, GlobError
from actions_compat.hashfiles import HashFilesError, find_files, hash_files, parse_arguments, timeout_message

TREE = ["B/z", "a/.hid/f", "a/b/c.py", "a/b/c.txt", "a/b.py", "a-b", "a.py", "b.PY", "é", "z/[x]", "z/x y"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def files(tree: Path, *patterns: str, follow: bool = False) -> list[str]:
    found = find_files(str(tree), patterns, follow_symbolic_links=follow)
    return [os.path.relpath(path, tree) for path in found if Path(path).is_file()]


def digest(*contents: str) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(text.encode()).digest() for text in contents)).hexdigest()


# byte order within each folder, files and folders mixed: "a" < "a-b" < "a.py", capitals before the rest
IN_ORDER = [
    "B/z",
    "a/.hid/f",
    "a/b/c.py",
    "a/b/c.txt",
    "a/b.py",
    "a-b",
    "a.py",
    "b.PY",
    "z/[x]",
    "z/x y",
    "é",
]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["**"], IN_ORDER),
        (["*"], IN_ORDER),
        (["."], IN_ORDER),
        (["./**"], IN_ORDER),
        (["**/*.py"], ["a/b/c.py", "a/b.py", "a.py"]),
        (["*.py"], ["a.py"]),
        (["a/**/c.*"], ["a/b/c.py", "a/b/c.txt"]),
        (["a"], ["a/.hid/f", "a/b/c.py", "a/b/c.txt", "a/b.py"]),
        (["a/"], ["a/.hid/f", "a/b/c.py", "a/b/c.txt", "a/b.py"]),
        (["a.py/"], []),
        (["a/*/f"], ["a/.hid/f"]),
        (["?.py"], ["a.py"]),
        (["[ab].[pP][yY]"], ["a.py", "b.PY"]),
        (["[!a].*"], ["b.PY"]),
        (["[^a].*"], ["b.PY"]),
        (["a[-.]?*"], ["a-b", "a.py"]),
        (["z/[[]x]"], ["z/[x]"]),
        (["z/\\[x\\]"], ["z/[x]"]),
        (["z/[x"], []),
        (["z/x y"], ["z/x y"]),
        (["é"], ["é"]),
        (["{a,b}.py"], []),
        (["+(a).py"], []),
        (["nowhere/**"], []),
        (["z", "a/b"], ["z/[x]", "z/x y", "a/b/c.py", "a/b/c.txt"]),
        (["a/b", "z", "a"], ["z/[x]", "z/x y", "a/.hid/f", "a/b/c.py", "a/b/c.txt", "a/b.py"]),
        (["a.py", "a.py"], ["a.py"]),
        (["**/*.py", "!a/**"], ["a.py"]),
        (["**/*.py", "!a"], ["a.py"]),
        (["**/*.py", "!a", "a/b.py"], ["a/b.py", "a.py"]),
        (["!a.py", "*.py"], ["a.py"]),
        (["!!a.py"], ["a.py"]),
        (["!a.py"], []),
        (["# a comment\n\n  a.py  \n#b.PY"], ["a.py"]),
        ([""], []),
        ([], []),
    ],
)
def test_patterns_choose_files_in_order(tree: Path, patterns: list[str], found: list[str]) -> None:
    assert files(tree, *patterns) == found


def test_an_absolute_pattern_is_taken_but_only_the_workspace_counts(tree: Path) -> None:
    assert hash_files(tree / "a", [f"{tree}/a/b.py"]) == digest("a/b.py")
    assert hash_files(tree / "a", [f"{tree}/*.py"]) == ""


def test_a_workspace_whose_name_is_a_pattern_is_a_name(tmp_path: Path) -> None:
    odd = tmp_path / "w[ab]?*{x}"
    odd.mkdir()
    (odd / "f").write_text("x")
    (tmp_path / "wa__{x}").mkdir()
    (tmp_path / "wa__{x}" / "f").write_text("y")
    assert hash_files(odd, ["*"]) == digest("x")


def test_home_is_the_user_s(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tree / "a"))
    assert files(tree, "~/b.py") == ["a/b.py"]


def test_the_digest_is_over_the_digests_in_order(tree: Path) -> None:
    assert hash_files(tree, ["a/b", "a.py"]) == digest("a/b/c.py", "a/b/c.txt", "a.py")
    assert hash_files(tree, ["a.py", "a/b"]) == digest("a.py", "a/b/c.py", "a/b/c.txt")
    assert hash_files(tree, ["nothing"]) == ""


@pytest.mark.parametrize("pattern", ["..", "../x", "a/./b", "a/../b", "a/\\.\\./b", "\\.", "!"])
def test_relative_pathing_is_refused(tree: Path, pattern: str) -> None:
    with pytest.raises(HashFilesError) as caught:
        hash_files(tree, [pattern, "it's"])
    shown = f"{pattern}, it''s"
    assert str(caught.value) == f"hashFiles('{shown}') failed. Fail to hash files under directory '{tree}'"
    assert isinstance(caught.value.__cause__, GlobError)


def test_links_to_folders_are_followed_only_when_asked(tree: Path) -> None:
    (tree / "a" / "link").symlink_to(tree / "z")
    (tree / "a" / "up").symlink_to(tree)
    (tree / "a" / "file").symlink_to(tree / "a.py")
    plain = ["a/.hid/f", "a/b/c.py", "a/b/c.txt", "a/b.py", "a/file"]
    assert files(tree, "a/**") == plain
    followed = files(tree, "a/**", follow=True)
    assert followed[:7] == [*plain, "a/link/[x]", "a/link/x y"]
    # the way up ends where it would enter the folder that the search is in
    assert "a/up/a.py" in followed
    assert not any(name.startswith("a/up/a/") for name in followed)


def test_a_broken_link_fails_unless_links_are_followed(tree: Path) -> None:
    (tree / "gone").symlink_to("nowhere")
    with pytest.raises(HashFilesError):
        hash_files(tree, ["gone"])
    assert hash_files(tree, ["gone", "a.py"], follow_symbolic_links=True) == digest("a.py")


def test_a_folder_that_is_a_file_is_an_error(tree: Path) -> None:
    with pytest.raises(HashFilesError):
        hash_files(tree, ["a.py/b"])


def test_a_pipe_is_an_error_not_a_wait(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with pytest.raises(HashFilesError):
        hash_files(tree, ["pipe"])


def test_a_workspace_behind_a_link_is_the_folder_itself(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    link = tmp_path_factory.mktemp("links") / "workspace"
    link.symlink_to(tree)
    assert hash_files(link, ["a.py"]) == digest("a.py")


def test_arguments_may_begin_with_one_option() -> None:
    assert parse_arguments(["a", "--b"]) == (("a", "--b"), False)
    assert parse_arguments(["--Follow-Symbolic-Links", "a"]) == (("a",), True)
    assert parse_arguments([]) == ((), False)
    with pytest.raises(HashFilesError) as caught:
        parse_arguments(["--x", "a"])
    assert str(caught.value) == "Invalid glob option --x, avaliable option: '--follow-symbolic-links'."
    assert timeout_message(["a", "b"]) == "hashFiles('a, b') couldn't finish within 120 seconds."


@pytest.mark.parametrize(
    ("pattern", "path", "kind"),
    [
        ("/", "/", DIRECTORY),
        ("/**", "/", ALL),
        ("/**", "/a", ALL),
        ("/w/**", "/w", ALL),
        ("/w/**", "/wx", 0),
        ("/w/a**", "/w/a/b", 0),
        ("/w/**/**/b", "/w/b", ALL),
        ("/w/[]]", "/w/]", ALL),
        ("/w/[]-a]", "/w/^", ALL),
        ("/w/[!]", "/w/x", ALL),
        ("/w/[z-a]", "/w/[z-a]", ALL),
        ("/w/[a-]", "/w/-", ALL),
        ("/w/[a\\]b]", "/w/]", ALL),
        ("/w/[[:alpha:]]", "/w/a]", ALL),
        ("/w/a\\*", "/w/a*", ALL),
        ("/w/a\\*", "/w/ab", 0),
        ("/w/a\\", "/w/a\\", ALL),
        ("/w/(a|b)", "/w/(a|b)", ALL),
        ("/w/(a|b)", "/w/a", 0),
        ("/w/*", "/w/.a", ALL),
        ("/w/*", "/w/new\nline", ALL),
        ("/w/a*b*ab", "/w/aabab", ALL),
        ("/w/a*ab", "/w/ab", 0),
        ("/w/*ab?", "/w/ababa", ALL),
        ("/w/**/a/*/b/**/b", "/w/a/a/c/b/b", ALL),
        ("/w/**/a/b/**/c", "/w/a/a/c", 0),
        ("/w/a[+-9]b", "/w/a/b", 0),
    ],
)
def test_a_pattern_matches_a_path(pattern: str, path: str, kind: int) -> None:
    assert Glob.parse(pattern, "/w").match(path) == kind


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/w/" + "*a" * 40, "/w/" + "a" * 80 + "b"),
        ("/w/" + "**/a/" * 40 + "b", "/w" + "/a" * 80),
        ("/w/" + "**/*a*/" * 20, "/w" + "/aaaa" * 60 + "/b"),
    ],
)
def test_many_stars_cost_little_time(pattern: str, path: str) -> None:
    started = time.thread_time()
    Glob.parse(pattern, "/w").match(path)
    assert time.thread_time() - started < 1


@given(
    st.text("ab*?[]!^-\\/.~# ", max_size=12), st.lists(st.text("ab-]", min_size=1, max_size=3), max_size=4)
)
def test_any_pattern_matches_or_is_refused(pattern: str, names: list[str]) -> None:
    try:
        glob = Glob.parse(pattern, "/w")
    except GlobError:
        return
    path = "/" + "/".join(["w", *names])
    if glob.match(path):
        # what matches is found: every folder on the way may hold a match
        for depth in range(1, len(names) + 2):
            assert glob.may_match_below("/" + "/".join(["w", *names][:depth]))


@pytest.mark.parametrize(
    ("pattern", "folder", "may"),
    [
        ("a*/b", "/w/ab", True),
        ("a*/b", "/w/b", False),
        ("a/**", "/w/a/x/y", True),
        ("a/b", "/w/a/b/c", False),
    ],
)
def test_a_folder_that_cannot_hold_a_match_is_not_searched(pattern: str, folder: str, may: bool) -> None:
    assert Glob.parse(pattern, "/w").may_match_below(folder) is may


def test_it_runs_with_the_standard_library_alone() -> None:
    source = str(Path(hashfiles.__file__).parents[1])
    program = (
        f"import sys; sys.path.insert(0, {source!r})\n"
        "from actions_compat.hashfiles import hash_files; print(hash_files('/', []))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "\n"
    assert globs.__name__ == "actions_compat.globs"
