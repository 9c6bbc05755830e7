"""`user` as Docker reads it; the cases are those of moby's own rules for GetExecUser."""

import os
from pathlib import Path

import pytest

from sqncshim.agent.users import Identity, UnknownUser, home_of, resolve

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
# a comment, and lines that are none

broken:x
odd:x:one:1::/:/bin/sh
ann:x:1000:1001:Ann,,,:/home/ann:/bin/sh
7:x:1007:7::/home/seven:/bin/sh
last:x:1008:8::/nonexistent:/bin/sh"""
GROUP = """\
root:x:0:
staff:x:50:ann,bob
docker:x:999:bob,ann
other:x:60:bob
7:x:70:ann
"""


@pytest.fixture
def etc(tmp_path: Path) -> str:
    (tmp_path / "passwd").write_text(PASSWD)
    (tmp_path / "group").write_text(GROUP)
    return str(tmp_path)


def facts(found: Identity) -> tuple[int, int, tuple[int, ...], str]:
    return found.uid, found.gid, found.groups, found.home


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("root", (0, 0, (), "/root")),
        ("ann", (1000, 1001, (50, 999, 70), "/home/ann")),
        ("1000", (1000, 1001, (50, 999, 70), "/home/ann")),
        ("ann:other", (1000, 60, (), "/home/ann")),
        ("ann:60", (1000, 60, (), "/home/ann")),
        ("ann:61", (1000, 61, (), "/home/ann")),
        ("ann:", (1000, 1001, (50, 999, 70), "/home/ann")),
        ("7", (1007, 7, (), "/home/seven")),
        ("ann:7", (1000, 70, (), "/home/ann")),
        ("last", (1008, 8, (), "/nonexistent")),
        ("4711", (4711, 0, (), "")),
        ("4711:4712", (4711, 4712, (), "")),
        (":50", (0, 50, (), "/root")),
        ("2147483647", (2147483647, 0, (), "")),
    ],
)
def test_users_are_found_as_docker_finds_them(etc: str, user: str, expected: tuple[object, ...]) -> None:
    assert facts(resolve(user, etc)) == expected


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ("zed", "user 'zed': no entry in .*/passwd, and it is no number"),
        ("odd", "user 'odd': no entry"),
        ("broken", "user 'broken': no entry"),
        ("ann:zed", "group 'zed': no entry in .*/group, and it is no number"),
        ("-1", "user '-1'"),
        ("²", "user '²'"),
        ("2147483648", "2147483648: the highest number of a user or group is 2147483647"),
        ("ann:2147483648", "highest number"),
    ],
)
def test_unknown_names_and_numbers_out_of_range_are_errors(etc: str, user: str, message: str) -> None:
    with pytest.raises(UnknownUser, match=message):
        resolve(user, etc)


def test_an_image_without_the_files_knows_numbers_only(tmp_path: Path) -> None:
    assert facts(resolve("5:6", str(tmp_path))) == (5, 6, (), "")
    assert facts(resolve("0", str(tmp_path))) == (0, 0, (), "")
    with pytest.raises(UnknownUser, match="user 'root'"):
        resolve("root", str(tmp_path))


def test_a_home_is_given_only_where_an_entry_has_one(etc: str) -> None:
    assert home_of(1000, etc) == "/home/ann"
    assert home_of(4711, etc) == ""
    assert home_of(os.geteuid(), "/nonexistent") == ""
