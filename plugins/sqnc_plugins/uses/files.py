"""The files of one action, wherever it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class ActionFiles(Protocol):
    """The folder of one action; the engine has another one, which reads from a container."""

    def read(self, name: str) -> bytes | None:
        """Return the content of the file *name* in the action's folder; None where there is no such file."""


class FolderFiles:
    """An action in a folder of this machine; what a symbolic link shows from outside *root* is not there."""

    def __init__(self, root: Path, path: str = "") -> None:
        """*path* is the action's folder in *root*."""
        self._root = root.resolve()
        self._folder = root / path

    def read(self, name: str) -> bytes | None:
        file = (self._folder / name).resolve()
        if not file.is_relative_to(self._root) or not file.is_file():
            return None
        return file.read_bytes()
