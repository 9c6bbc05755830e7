"""Standard streams that are closed, and disks that are full."""

from __future__ import annotations

import errno
import os
import sys


def open_closed() -> None:
    """Put the null device where standard input, output or error is closed, as after `>&-`.

    Python has None there, and the next file that is opened would take its number: what is meant for people
    would be written into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        opened = os.open(os.devnull, os.O_RDWR)
        os.dup2(opened, number)  # where it is that number already, this lets children have it
        if opened != number:
            os.close(opened)
        setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def no_room(error: Exception) -> str:
    """What to say where a disk is full, which is no defect of ours wherever it shows; '' for other errors.

    Then what standard output still holds goes nowhere, as the interpreter would try once more at its end.
    """
    if not isinstance(error, OSError) or error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return ""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return f"{error.filename or 'standard output, or a file'}: {error.strerror}: make room"
