"""Where files that can be made again are kept between runs."""

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """The folder for *name* in `SQNC_CACHE`, else in `sqnc` in the user's cache; it may not be there yet."""
    if given := os.environ.get("SQNC_CACHE"):
        return Path(given) / name
    user = os.environ.get("XDG_CACHE_HOME")  # the XDG specification: a relative path is to be ignored
    root = Path(user) if user and Path(user).is_absolute() else Path.home() / ".cache"
    return root / "sqnc" / name
