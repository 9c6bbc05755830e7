"""The bundle: the self-contained folder that holds the shim with its interpreter and tools.

It is made from this machine's own programs, kept in the user's cache under a digest, and valid only at
`sqncshim.paths.BUNDLE`, where containers see it. Its heavy part (interpreter, git, node) and its light part
(our own packages) have digests of their own, so that a changed source file copies no interpreter.

    elf        which libraries a program needs, and giving it the bundle's
    python     the interpreter and its standard library
    tools      git, ssh, zstd, node, certificates, launchers
    modules    our own packages and those that they need

BundleError    something that the bundle is made of is not on this machine, or cannot be patched
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen
from sqncshim.locks import lock_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Bundle", "BundleError", "ensure_bundle"]

_UNFINISHED: Final = ".making-"
_KEPT_FOR_S: Final = 7 * 24 * 3600


class BundleError(Exception):
    """The bundle cannot be made here; the message says what is missing and how to get it."""


@frozen
class Bundle:
    """A finished bundle; *path* ends with *digest*."""

    path: Path
    digest: str


def ensure_bundle(*, cache: Path, progress: Callable[[str], None] | None = None) -> Bundle:
    """Return the bundle for what is installed here, made now where *cache* has none. Raise BundleError.

    A second call costs a few milliseconds. Processes may call this at once; a kill leaves nothing that is
    taken for whole.
    """
    from sqnc.bundle.modules import modules_key  # noqa: PLC0415  (the Bundle type needs none of it)
    from sqnc.bundle.sources import find_sources  # noqa: PLC0415  (as above)

    sources = find_sources()
    heavy = _digest(sources.key())
    digest = _digest(f"{heavy}\n{modules_key()}")
    folder = cache / "bundles"
    path = folder / digest
    if not _in_use(path):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder):
                if not _in_use(path):
                    _make(folder, heavy, digest, progress or (lambda _: None))
        except (OSError, subprocess.SubprocessError) as error:
            raise BundleError(f"the bundle cannot be made in {folder}: {error}") from error
    return Bundle(path, digest)


def _in_use(path: Path) -> bool:
    """Whether *path* is there; its time then says that it is used, so that it is not swept."""
    try:
        os.utime(path)
    except OSError:
        return path.is_dir()  # a cache that others filled may be read-only for us
    return True


def _make(folder: Path, heavy: str, digest: str, progress: Callable[[str], None]) -> None:
    from sqnc.bundle.modules import copy_modules  # noqa: PLC0415  (only where a bundle is made)
    from sqnc.bundle.sources import copy_sources, find_sources  # noqa: PLC0415  (as above)

    made_before = _in_use(folder / heavy)
    _sweep(folder)
    if not made_before:
        progress("making the bundle: interpreter, git and node for containers (once)")
        with _aside(folder, heavy) as made:
            copy_sources(find_sources(), made)
    with _aside(folder, digest) as made:
        shutil.copytree(folder / heavy, made, symlinks=True, copy_function=_link, dirs_exist_ok=True)
        copy_modules(made)


def _link(source: str, copy: str) -> None:
    try:
        os.link(source, copy)
    except OSError:  # some file systems have no hard links; one where copying fails too says why
        shutil.copy(source, copy)


def _let_all_read(folder: Path) -> None:
    """Whatever this process's umask: in a container it is read by users that are none here."""
    for parent, _, names in os.walk(folder):
        Path(parent).chmod(0o755)
        for path in (Path(parent, name) for name in names):
            mode = path.lstat().st_mode
            wanted = 0o755 if mode & stat.S_IXUSR else 0o644
            if stat.S_ISREG(mode) and stat.S_IMODE(mode) != wanted:
                path.chmod(wanted)


@contextmanager
def _aside(folder: Path, name: str) -> Iterator[Path]:
    """A folder that becomes *name* when the block is done, and goes when it fails."""
    made = folder / f"{_UNFINISHED}{secrets.token_hex(6)}"
    made.mkdir()
    try:
        yield made
        _let_all_read(made)
        made.rename(folder / name)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _sweep(folder: Path) -> None:
    """Remove what a killed process left (nobody else makes anything now) and what nobody used for a week."""
    for path in folder.iterdir():
        unfinished = path.name.startswith(_UNFINISHED)
        unused = time.time() - path.stat().st_mtime > _KEPT_FOR_S
        if path.is_dir() and (unused or unfinished):
            # a kill while it goes must not leave half of it under its name
            going = path if unfinished else path.rename(folder / f"{_UNFINISHED}{secrets.token_hex(6)}")
            shutil.rmtree(going, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as file:
        lock_file(file.fileno(), wait=True)
        yield


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]
