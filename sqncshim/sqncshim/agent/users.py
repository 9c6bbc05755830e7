"""Who a process runs as: Docker's `name|uid[:group|gid]`, read from /etc/passwd and /etc/group by hand.

By hand, because the agent also runs where there is no libc that could look anybody up. The rules are those
of moby's `user.GetExecUser`: an unknown number is taken as it is, an unknown name is an error, and a user's
further groups count only where no group is asked for.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from typing import Final

MAX_ID: Final = (1 << 31) - 1


class UnknownUser(Exception):  # noqa: N818 -- it is named for what happened
    """The user or group is in no file and is no number."""


class Identity:
    """Numbers to run as; *groups* are the supplementary ones, *home* is '' where no entry gives one."""

    __slots__ = ("gid", "groups", "home", "uid")

    def __init__(self, uid: int, gid: int, groups: tuple[int, ...], home: str) -> None:
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.home = home


def resolve(user: str, etc: str = "/etc") -> Identity:
    """Return who *user* is, never empty; raise UnknownUser."""
    who, _, group = user.partition(":")
    entry = _find_user(who or "0", f"{etc}/passwd")
    if entry is None:
        name, uid, gid, home = "", _number(who, f"user {who!r}: no entry in {etc}/passwd"), 0, ""
    else:
        name, uid, gid, home = entry
    if group:
        return Identity(uid, _find_group(group, f"{etc}/group"), (), home)
    groups = tuple(_groups_of(name, f"{etc}/group")) if name else ()
    return Identity(uid, gid, groups, home)


def home_of(uid: int, etc: str = "/etc") -> str:
    """Return the home that the files give *uid*, or ''."""
    entry = _find_user(str(uid), f"{etc}/passwd")
    return entry[3] if entry else ""


def _find_user(who: str, path: str) -> tuple[str, int, int, str] | None:
    """Find by name or number, the first entry that fits: name, uid, gid, home."""
    for entry in _entries(path, 7):
        if who in (entry[0], entry[2]) and entry[2].isdecimal() and entry[3].isdecimal():
            return entry[0], int(entry[2]), int(entry[3]), entry[5]
    return None


def _find_group(group: str, path: str) -> int:
    for entry in _entries(path, 4):
        if group in (entry[0], entry[2]) and entry[2].isdecimal():
            return int(entry[2])
    return _number(group, f"group {group!r}: no entry in {path}")


def _groups_of(name: str, path: str) -> list[int]:
    return [
        int(entry[2]) for entry in _entries(path, 4) if name in entry[3].split(",") and entry[2].isdecimal()
    ]


def _number(text: str, otherwise: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise UnknownUser(f"{otherwise}, and it is no number")
    if int(text) > MAX_ID:
        raise UnknownUser(f"{text}: the highest number of a user or group is {MAX_ID}")
    return int(text)


def _entries(path: str, columns: int) -> list[list[str]]:
    """Return the lines that have enough columns; an image without the file has none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.rstrip("\n").split(":") for line in file]
    except OSError:
        return []
    return [line for line in lines if len(line) >= columns]


def is_own(identity: Identity) -> bool:
    """Say whether a process of this user needs no change of user."""
    return identity.uid == os.geteuid() and identity.gid == os.getegid()
