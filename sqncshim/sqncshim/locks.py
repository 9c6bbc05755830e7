"""A lock on an open file; the system releases it when its holder closes the file, or dies in whatever way."""

from __future__ import annotations

import sys


def lock_file(descriptor: int, *, wait: bool) -> bool:
    """Take the lock of an open file; False when somebody else has it and *wait* is False."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 -- there is none elsewhere

            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 -- there is none on Windows

            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:  # Windows' word for the same
        return False
    return True
