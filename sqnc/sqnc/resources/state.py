"""What sequence knows from run to run and cannot make again: in `SQNC_STATE`, or in the user's state."""

from __future__ import annotations

import os
from pathlib import Path

from sqncshim.locks import lock_file

_BUILDS = "builds"


def state_folder() -> Path:
    """The folder; it may not be there yet."""
    if given := os.environ.get("SQNC_STATE"):
        return Path(given)
    user = os.environ.get("XDG_STATE_HOME")  # the XDG specification: a relative path is to be ignored
    root = Path(user) if user and Path(user).is_absolute() else Path.home() / ".local" / "state"
    return root / "sqnc"


def next_build(state: Path) -> int:
    """Return the number of a new build: 1, 2, and so on. Raise OSError."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / _BUILDS).open("a+b") as file:
        lock_file(file.fileno(), wait=True)
        file.seek(0)
        text = file.read().strip()
        number = int(text) + 1 if text.isdigit() else 1
        file.truncate(0)
        file.write(b"%d\n" % number)
    return number
