"""Files that a get writes into its folder.

write_files(folder, {"tag": "v1.2.3", "archive.bin": b"…"})

Both raise ResourceError where the folder cannot be written to.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def make_folder(folder: Path) -> None:
    """Make *folder*, and those around it; one that is there is left as it is."""
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise ResourceError(f"cannot make {folder}: {error.strerror}") from error


def write_files(folder: Path, contents: Mapping[str, str | bytes]) -> None:
    """Write each file by its name, byte for byte, texts in UTF-8; *folder* has to be there."""
    for name, content in contents.items():
        try:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        except OSError as error:
            raise ResourceError(f"cannot write {folder / name}: {error.strerror}") from error
