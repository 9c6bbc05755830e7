"""`hashFiles`: one digest over the files that match patterns. It needs the standard library alone.

Patterns, the order of files and the digest are those of GitHub's runner, on Linux and macOS.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Final

from actions_compat.globs import ALL, DIRECTORY, FILE, Glob, GlobError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

TIMEOUT_S: Final = 120
FOLLOW_OPTION: Final = "--follow-symbolic-links"


class HashFilesError(Exception):
    """The files could not be hashed; `str()` is GitHub's message, and the cause says why."""


def hash_files(root: str | Path, patterns: Sequence[str], *, follow_symbolic_links: bool = False) -> str:
    """Return the hex digest for the files below *root* that match, or '' where none does.

    A pattern may hold several lines. Blank ones and comments (`#`) are skipped, `!` excludes what was
    included before it, and a folder stands for all that is below it. Raises HashFilesError.
    """
    # a symbolic link to the workspace counts as what it leads to, as a process's own folder does
    folder = os.path.realpath(root)
    outer = hashlib.sha256()
    found = False
    try:
        for path in find_files(folder, patterns, follow_symbolic_links=follow_symbolic_links):
            if path.startswith(folder.rstrip("/") + "/") and not os.path.isdir(path):  # noqa: PTH112  (strings: speed)
                outer.update(_digest(path))
                found = True
    except (GlobError, OSError) as error:
        raise HashFilesError(
            f"{_shown(patterns)} failed. Fail to hash files under directory '{root}'"
        ) from error
    return outer.hexdigest() if found else ""


def parse_arguments(arguments: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Split an expression's arguments into patterns and whether to follow links; raise HashFilesError."""
    if not arguments or not arguments[0].startswith("--"):
        return tuple(arguments), False
    if arguments[0].lower() != FOLLOW_OPTION:
        # the typo is GitHub's
        raise HashFilesError(f"Invalid glob option {arguments[0]}, avaliable option: '{FOLLOW_OPTION}'.")
    return tuple(arguments[1:]), True


def timeout_message(patterns: Sequence[str]) -> str:
    """Return GitHub's message for a search that took longer than TIMEOUT_S; stopping it is the caller's."""
    return f"{_shown(patterns)} couldn't finish within {TIMEOUT_S} seconds."


def _shown(patterns: Sequence[str]) -> str:
    """The call as GitHub's messages show it: all patterns in one string."""
    shown = ", ".join(patterns).replace("'", "''")
    return f"hashFiles('{shown}')"


def find_files(folder: str, patterns: Sequence[str], *, follow_symbolic_links: bool) -> Iterator[str]:
    """Yield matching files and folders: each pattern's folder in turn, depth first, names in byte order."""
    lines = (line.strip() for pattern in patterns for line in pattern.split("\n"))
    globs = [Glob.parse(line, folder) for line in lines if line and not line.startswith("#")]
    globs = [one for glob in globs for one in glob.with_descendants()]
    search = _Search(globs, follow=follow_symbolic_links)
    for start in _search_paths(globs):
        if _exists(start):
            yield from search.below(start)


class _Search:
    def __init__(self, globs: Sequence[Glob], *, follow: bool) -> None:
        self._globs = globs
        self._follow = follow

    def below(self, start: str) -> Iterator[str]:
        """Walk depth first without recursion; each entry remembers the real folders that lead to it."""
        stack: list[tuple[str, tuple[str, ...]]] = [(start, ())]
        while stack:
            path, chain = stack.pop()
            kinds = self._match(path)
            if not kinds and not any(glob.may_match_below(path) for glob in self._globs if not glob.negated):
                continue
            if not self._is_folder(path):
                if kinds & FILE and not self._is_broken(path):
                    yield path
                continue
            if self._follow:
                real = os.path.realpath(path)
                if real in chain:
                    continue
                chain = (*chain, real)
            if kinds & DIRECTORY:
                yield path
            names = sorted(os.listdir(path), key=os.fsencode, reverse=True)  # noqa: PTH208  (strings: speed)
            stack.extend((f"{path.rstrip('/')}/{name}", chain) for name in names)

    def _match(self, path: str) -> int:
        """Apply all patterns in order: the last one that matches decides."""
        kinds = 0
        for glob in self._globs:
            if glob.negated:
                kinds = kinds & ~glob.match(path) if kinds else kinds
            elif kinds != ALL:
                kinds |= glob.match(path)
        return kinds

    def _is_folder(self, path: str) -> bool:
        try:
            mode = os.stat(path, follow_symlinks=self._follow).st_mode  # noqa: PTH116  (strings: speed)
        except FileNotFoundError:
            return False
        return stat.S_ISDIR(mode)

    def _is_broken(self, path: str) -> bool:
        """Say whether a link that is followed leads nowhere; one that is not fails when it is read."""
        return self._follow and not os.path.exists(path)  # noqa: PTH110  (strings: speed)


def _search_paths(globs: Sequence[Glob]) -> list[str]:
    """Return where to search, in the patterns' order, without folders that lie below another one."""
    starts = dict.fromkeys(glob.search_path for glob in globs if not glob.negated)
    return [start for start in starts if not any(parent in starts for parent in _ancestors(start))]


def _exists(path: str) -> bool:
    """Say whether *path* is there, if only as a link; what is below a file is an error and not a miss."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True


def _ancestors(path: str) -> Iterator[str]:
    while (parent := os.path.dirname(path)) != path:  # noqa: PTH120  (strings: speed)
        yield parent
        path = parent


def _digest(path: str) -> bytes:
    # a pipe would never end, and a device is no file of the workspace
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116  (strings: speed)
        raise OSError(f"{path}: not a regular file")
    with open(path, "rb") as file:  # noqa: PTH123  (strings: speed)
        return hashlib.file_digest(file, "sha256").digest()
