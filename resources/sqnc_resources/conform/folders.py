"""Folders as values: what is in them, by path, so that two can be compared and one can be written down."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

_KEPT_BYTES: Final = 65536
_BOOKKEEPING: Final = (".git/index", ".git/logs/", ".git/objects/", ".git/FETCH_HEAD", ".git/ORIG_HEAD")
"""What git writes for itself, with times and in packs of its own choice; two equal clones differ in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, folder or link. *kind* is `file`, `program`, `folder`, `link` or `other`.

    *digest* stands for the whole content, *data* is its first 64 KiB; for a link, where it leads.
    """

    kind: str
    digest: str = ""
    data: bytes = b""

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:12]}".rstrip()


Tree: TypeAlias = Mapping[str, Entry]
"""By path, `/` between its parts; the folder itself is not in it."""


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder for as long as the block takes, which everybody may read: programs run as other users, too."""
    with TemporaryDirectory(prefix="sqnc-conform-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def read_tree(folder: Path) -> dict[str, Entry]:
    """Return all that is below *folder*; what may not be read is there with its kind alone."""
    found: dict[str, Entry] = {}
    for place, folders, files in os.walk(folder):
        for name in sorted(folders + files):
            path = os.path.join(place, name)
            found[os.path.relpath(path, folder)] = _entry(path)
    return found


def _entry(path: str) -> Entry:
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        target = os.fsencode(os.readlink(path))
        return Entry("link", hashlib.sha256(target).hexdigest(), target)
    if stat.S_ISDIR(status.st_mode):
        return Entry("folder")
    if not stat.S_ISREG(status.st_mode):
        return Entry("other")
    kind = "program" if status.st_mode & 0o111 else "file"
    try:
        with open(path, "rb") as file:
            data = file.read(_KEPT_BYTES)
            digest = hashlib.sha256(data)
            while more := file.read(1 << 20):
                digest.update(more)
    except PermissionError:
        return Entry(kind)
    return Entry(kind, digest.hexdigest(), data)


def write_tree(folder: Path, files: Mapping[str, object]) -> None:
    """Write a dict-shaped folder: a text or bytes are a file, a mapping is a folder. Raise ValueError.

    A name may have slashes. Files that begin with `#!` become programs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        place = Path(os.path.normpath(folder / name))
        if not place.is_relative_to(os.path.normpath(folder)):
            raise ValueError(f"{name}: expected a path that stays in the folder")
        if isinstance(content, Mapping):
            write_tree(place, content)
        elif isinstance(content, str | bytes):
            _write_file(place, content.encode() if isinstance(content, str) else content)
        else:
            raise ValueError(f"{name}: expected a text or a mapping, got {content!r}")  # noqa: TRY004  (a bad value of a file)


def _write_file(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    if data.startswith(b"#!"):
        place.chmod(0o755)


def as_mapping(folder: Path) -> dict[str, object]:
    """Read what `write_tree` writes: a text for each file, bytes for what is no UTF-8, a dict for a folder.

    A link is the text `-> ` and where it leads.
    """
    found: dict[str, object] = {}
    for place in sorted(folder.iterdir()):
        if place.is_symlink():
            found[place.name] = f"-> {place.readlink()}"
        elif place.is_dir():
            found[place.name] = as_mapping(place)
        else:
            data = place.read_bytes()
            try:
                found[place.name] = data.decode()
            except UnicodeDecodeError:
                found[place.name] = data
    return found


def differences(one: Tree, other: Tree, varying: Iterable[str] = ()) -> list[str]:
    """Say of each path where the trees differ how they do; paths like *varying* (globs) may differ."""
    patterns = tuple(varying)
    return [
        f"{path}: {one.get(path, 'absent')}, then {other.get(path, 'absent')}"
        for path in sorted({*one, *other})
        if one.get(path) != other.get(path) and not _may_vary(path, patterns)
    ]


def _may_vary(path: str, patterns: tuple[str, ...]) -> bool:
    if any(f"/{path}".endswith(f"/{own}") or f"/{own}" in f"/{path}" for own in _BOOKKEEPING):
        return True
    return any(fnmatchcase(path, pattern) for pattern in patterns)
