"""Runs a program for which the machine's files are read-only: `launcher.py WRITABLE… -- PROGRAM ARGUMENT…`.

A mount namespace of its own (Linux 5.12 and later) shows everything read-only but the folders WRITABLE. A
user other than root gets a user namespace for it, in which it stays who it is. Exit status 125: it could not
be done. Starts with the standard library alone, isolated.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

TYPE_CHECKING = False  # as elsewhere where a start is to be short
if TYPE_CHECKING:
    from typing import Final, NoReturn

REFUSED: Final = 125
_NEW_NAMESPACE: Final = 0x00020000
_NEW_USERS: Final = 0x10000000
_BIND: Final = 4096
_RECURSIVE: Final = 16384
_PRIVATE: Final = 1 << 18
_MOUNT_SETATTR: Final = 442  # the same number on every architecture
_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_READ_ONLY: Final = 1


def main() -> NoReturn:
    split = sys.argv.index("--")
    writable, program = sys.argv[1:split], sys.argv[split + 1 :]
    try:
        make_read_only(writable)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(REFUSED)
    os.execv(program[0], program)  # noqa: S606  (no shell is what is wanted)


def make_read_only(writable: list[str]) -> None:
    """Show this process the machine's files read-only, but for the folders *writable*; raise OSError."""
    user, group = os.geteuid(), os.getegid()
    _call("unshare", _NEW_NAMESPACE | (_NEW_USERS if user else 0))
    if user:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    _call("mount", None, b"/", None, _RECURSIVE | _PRIVATE, None)
    for folder in writable:
        path = os.fsencode(folder)
        _call("mount", path, path, None, _BIND | _RECURSIVE, None)
    _set_attributes(b"/", _READ_ONLY, 0)
    for folder in writable:
        _set_attributes(os.fsencode(folder), 0, _READ_ONLY)


def _set_attributes(path: bytes, on: int, off: int) -> None:
    attributes = struct.pack("QQQQ", on, off, 0, 0)
    _call("syscall", _MOUNT_SETATTR, _AT_FDCWD, path, _AT_RECURSIVE, attributes, len(attributes))


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
