"""Where the folders of get and put are: here, or in the container of the type."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

from sqnc.resources.executors import GET_FOLDER, PUT_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqnc.resources.executors import Executor


class Places(Protocol):
    """Moves files between this machine and where the programs of a type see them."""

    def make(self, target: Path) -> str:
        """Make an empty folder for a get that is to fill *target*; return it as the program sees it."""

    def finish(self, target: Path) -> None:
        """Bring what the get wrote to *target*."""

    def give(self, folder: Path, names: Iterable[str]) -> str:
        """Copy the folders *names* in *folder* to where a put finds them; return it as the program sees it.

        A put writes to copies, as in Concourse.
        """


class Here:
    """On this machine: a get fills the target itself; *scratch* is a folder that goes with the run."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def make(self, target: Path) -> str:
        target.mkdir(parents=True, exist_ok=True)
        return str(target.absolute())

    def finish(self, target: Path) -> None:
        """It is there."""

    def give(self, folder: Path, names: Iterable[str]) -> str:
        inputs = self._scratch.absolute() / "put"
        inputs.mkdir(mode=0o700)
        for name in names:
            shutil.copytree(folder / name, inputs / name, symlinks=True)
        return str(inputs)


class InContainer:
    """In a container that shares no folder with this machine; the files go through its agent."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def make(self, target: Path) -> str:
        del target
        self._executor.agent.make_dirs(GET_FOLDER, user=self._executor.user)
        return GET_FOLDER

    def finish(self, target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        self._executor.agent.get_tree(GET_FOLDER, target)

    def give(self, folder: Path, names: Iterable[str]) -> str:
        agent, user = self._executor.agent, self._executor.user
        agent.make_dirs(PUT_FOLDER, user=user)
        for name in names:
            agent.put_tree(folder / name, None, f"{PUT_FOLDER}/{name}", user=user)
        return PUT_FOLDER


def artifacts(folder: Path) -> tuple[str, ...]:
    """The folders in *folder*, each of which can be an input of a put."""
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))


def copy_to(tree: Path, target: Path) -> None:
    """Copy what *tree* holds into *target*, which may be there and empty."""
    shutil.copytree(tree, target, symlinks=True, dirs_exist_ok=True)
