"""Gets a lock that somebody claimed or released, and puts: claims, releases and changes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from sqnc_resources import ResourceError, Result, git, say
from sqnc_resources.git.access import access
from sqnc_resources.patterns.pool import act
from sqnc_resources.pool.values import GetParams, Source, Version
from sqnc_resources.shared.git import git_files
from sqnc_resources.shared.locks import LockPool
from sqnc_resources.shared.update import Patience

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.git.repository import Repository
    from sqnc_resources.patterns.pool import PoolParams

_NAME: Final = "CI Pool Resource"
_EMAIL: Final = "ci-pool@localhost"
_CLAIMED: Final = "claimed"
_STATES: Final = (_CLAIMED, "unclaimed")
_CHANGED: Final = ("--first-parent", "--name-only", "--format=")


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Clone; tell which lock the commit changed, and what is in it. Raise ResourceError."""
    wanted = git.GetParams(depth=params.depth, submodules="none", disable_git_lfs=True)
    git.get(source.repository, git.Version(version.ref), wanted, folder)
    with access(source.repository) as reach:
        repository = reach.at(str(folder))
        changed = _changed(repository, source)
        name = os.path.basename(changed)
        _check_claim(repository, source, changed, name)
        ref = repository.head
    found = [place for state in _STATES if (place := folder / source.folder / state / name).is_file()]
    if not found:
        say("lock does not exist")
        return _result(source, ref, name)
    try:
        (folder / "metadata").write_bytes(found[0].read_bytes())
        (folder / "name").write_bytes(os.fsencode(f"{name}\n"))
    except OSError as error:
        raise ResourceError(f"{error.filename or folder}: {error.strerror}") from error
    return _result(source, ref, name)


def put(source: Source, params: PoolParams, folder: Path) -> Result[Version]:
    """Do the one thing that *params* say. Raise ResourceError."""
    note = f"Build URL: {url}" if (url := os.environ.get("BUILD_URL")) else ""
    patience = Patience(poll_s=source.poll_s)
    (action,) = params.given
    say(f"{action} on: {source.pool}")
    with git_files(source.repository, author=_author(source)) as files:
        done = act(LockPool(files, source.folder, patience, note), params, folder)
    say(f"{action}: {done.result.name}")
    return _result(source, done.revision, done.result.name)


def _changed(repository: Repository, source: Source) -> str:
    """The path of the file that the pool's last commit changed; of one that was moved, its new path."""
    commit = _last_change(repository, source)
    listed = repository.ask("log", "-1", "-z", *_CHANGED, commit, "--", *source.repository.paths)
    names = [name for name in listed.replace("\n", "").split("\0") if name]
    return next((name for name in names if not os.path.basename(name).startswith(".")), names[0])


def _last_change(repository: Repository, source: Source) -> str:
    """The last commit that changes the pool; raise ResourceError.

    The oldest commit of a shallow clone seems to have added every file: which one it changed is known once
    its parent is there.
    """
    deepen = 1
    while True:
        walk = ("rev-list", "-1", "--first-parent", "HEAD", "--", *source.repository.paths)
        if not (commit := repository.ask(*walk).strip()):
            raise ResourceError(f"the commit and those before it change nothing in the pool {source.pool}")
        if commit not in _oldest(repository):
            return commit
        repository.run("fetch", "--deepen", str(deepen), "origin")
        deepen *= 2


def _oldest(repository: Repository) -> list[str]:
    """The commits whose parents a shallow clone leaves out."""
    try:
        return (repository.path / ".git" / "shallow").read_text().split()
    except FileNotFoundError:
        return []


def _check_claim(repository: Repository, source: Source, changed: str, name: str) -> None:
    """A lock that was claimed then has to be claimed still, and not again."""
    if not (repository.path / source.folder / _CLAIMED / name).is_file():
        return
    later = f"HEAD..refs/heads/{source.branch}"
    if repository.ask("log", "--oneline", later, "--", f":(literal){changed}"):
        raise ResourceError("lock instance is no longer acquired")


def _author(source: Source) -> str:
    settings = {setting.name.lower(): setting.value for setting in source.git_config}
    return f"{settings.get('user.name') or _NAME} <{settings.get('user.email') or _EMAIL}>"


def _result(source: Source, ref: str, name: str) -> Result[Version]:
    return Result(Version(ref), {"lock_name": name, "pool_name": source.pool})
