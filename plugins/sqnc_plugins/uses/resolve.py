"""Finds what `uses` names, on this machine, and answers with its step document."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from actions_compat.uses import DockerUses, LocalUses
from sqnc_plugins.uses.errors import ActionFileError, ActionRefError
from sqnc_plugins.uses.files import FolderFiles
from sqnc_plugins.uses.steps import document, parse

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_plugins.uses.store import ActionStore
    from sqncshim.document import StepDocument


def resolve(uses: str, store: ActionStore, *, workspace: Path, path: Path | None = None) -> StepDocument:
    """Return the document of *uses*; raise ActionError or GitMissingError.

    The action is put at *path*, which must not be there or be empty, and which the document then points into;
    None leaves it where it lies. `./folder` is looked for in *workspace*. `docker://image` has no files.
    """
    named = parse(uses)
    if isinstance(named, DockerUses):
        return document(uses, FolderFiles(workspace), path="")
    if isinstance(named, LocalUses):
        root, folder, commit = workspace / _local_folder(named), "", ""
    else:
        stored = store.checkout(named)
        root, folder, commit = stored.path, named.path, stored.commit
    answer = _document(uses, root, folder, commit)
    if path is None:
        return answer
    _copy(root, path)
    return _document(uses, path, folder, commit)


def _document(uses: str, root: Path, folder: str, commit: str) -> StepDocument:
    place = root.absolute() / folder
    return document(uses, FolderFiles(root, folder), path=place.as_posix(), version=commit)


def _local_folder(named: LocalUses) -> str:
    parts = named.path.replace("\\", "/").split("/")
    if ".." in parts:
        raise ActionRefError(f"uses: {named.path!r}: `..` is refused: a local action lies in the workspace")
    return "/".join(part for part in parts if part not in {"", "."})


def _copy(source: Path, path: Path) -> None:
    """Copy the tree, links as links; on an error nothing is left at *path* that was not there."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ActionFileError(f"{path}: is there already: name a folder that is empty, or not there yet")
    if path.absolute().is_relative_to(source.absolute()):
        raise ActionFileError(f"{path}: lies in the action's own folder, {source}: name a folder outside it")
    try:
        shutil.copytree(source, path, symlinks=True, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(path, ignore_errors=True)
        raise ActionFileError(f"{path}: the action could not be copied there: {error}") from error
