"""What a put finds among its inputs: files by their path, and by patterns as Go's filepath.Match has them.

    read_text(folder, "version/number")        # the whole text of one file
    find(folder, "built/*.tgz")                # every match, in order of their names
    find_one(folder, "built/*.tgz", "image")   # the one match

All raise ResourceError, and none leads out of the folder, by `..` or by a link.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN: Final = 10


def path_in(folder: str | os.PathLike[str], path: str) -> str:
    """The place of *path* in *folder*; a leading `/` is the folder's own."""
    root = os.path.abspath(folder)
    place = os.path.normpath(f"{root}/{path}")
    if not _is_in(root, place):
        raise ResourceError(f"{path}: expected a path inside the inputs")
    return _followed(root, place)


def _followed(root: str, place: str) -> str:
    """*place*, where no link on the way leads out of *root*: inputs are other people's work."""
    told = os.path.relpath(place, root)
    try:
        is_in = _is_in(os.path.realpath(root), os.path.realpath(place))
    except ValueError as error:  # a NUL, or half of a character
        raise ResourceError(f"{told!r}: expected a path inside the inputs: {error}") from error
    if not is_in:
        raise ResourceError(f"{told}: expected a path inside the inputs, and a link leads out of them")
    return place


def _is_in(root: str, place: str) -> bool:
    return os.path.commonpath((root, place)) == root


def read_text(folder: str | os.PathLike[str], path: str) -> str:
    """The text of a file, whitespace included."""
    try:
        with open(path_in(folder, path), encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise ResourceError(f"{path}: expected text in UTF-8: {error}") from error
    except OSError as error:
        raise ResourceError(f"{path}: {error.strerror}: expected a file among the inputs") from error


def find(folder: str | os.PathLike[str], pattern: str) -> list[str]:
    """What *pattern* matches in *folder*, files and folders, in order; empty where nothing does."""
    path_in(folder, pattern)  # nothing outside
    parts = [part for part in pattern.split("/") if part not in {"", "."}]
    root = os.path.abspath(folder)
    return sorted(_followed(root, place) for place in _below(root, parts))


def find_one(folder: str | os.PathLike[str], pattern: str, key: str) -> str:
    """The one file that *pattern*, a key's value, matches; an error names the others, or what is there."""
    found = [place for place in find(folder, pattern) if os.path.isfile(place)]
    if len(found) == 1:
        return found[0]
    what = _listed([os.path.relpath(place, folder) for place in found]) or _nothing(folder, pattern)
    raise ResourceError(f"{key}: `{pattern}` matches {what}: expected exactly one file")


def _nothing(folder: str | os.PathLike[str], pattern: str) -> str:
    """What the last folder on the way of *pattern* holds, for who has mistyped the rest."""
    place = os.path.abspath(folder)
    for part in pattern.split("/"):
        if not os.path.isdir(f"{place}/{part}"):
            break
        place = os.path.normpath(f"{place}/{part}")
    inside = os.path.relpath(place, folder)
    names = _listed(sorted(os.listdir(place)))
    return f"nothing; {'the inputs are' if inside == '.' else f'{inside} holds'} {names or 'nothing'}"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def matches(pattern: str, name: str) -> bool:
    """Whether *pattern* matches the whole of *name*: `*`, `?`, `[a-z]`, `[^a-z]`, `\\x`; none of them `/`.

    https://pkg.go.dev/path/filepath#Match; a name that begins with a dot is like any other.
    """
    return _compiled(pattern).fullmatch(name) is not None


def _below(place: str, parts: list[str]) -> Iterator[str]:
    if not parts:
        yield place
        return
    first, rest = parts[0], parts[1:]
    if not re.search(r"[*?\[\\]", first):
        if os.path.lexists(f"{place}/{first}"):
            yield from _below(f"{place}/{first}", rest)
        return
    try:
        names = os.listdir(place)
    except OSError:  # no folder, so nothing is below it
        return
    for name in names:
        if matches(first, name):
            yield from _below(f"{place}/{name}", rest)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile("".join(_expressions(pattern)), re.DOTALL)
    except (re.error, ValueError) as error:
        raise ResourceError(f"{pattern}: expected a pattern such as built/*.tgz: {error}") from error


def _expressions(pattern: str) -> Iterator[str]:
    """The regular expression for each part of *pattern*; raise ValueError for one that does not end."""
    rest = pattern
    while rest:
        found = re.match(r"\[(\^?+)((?:\\.|[^\]\\])+)\]|\\(.)|([^\[\\])", rest, re.DOTALL)
        if found is None:
            raise ValueError("a [ or \\ in it does not end")
        rest = rest[found.end() :]
        negated, members, escaped, plain = found.groups()
        if members is not None:
            chosen = "".join(
                one[-1] if one == "-" else re.escape(one[-1])
                for one in re.findall(r"\\.|.", members, re.DOTALL)
            )
            yield f"(?!/)[{negated}{chosen}]"
        elif escaped is not None:
            yield re.escape(escaped)
        else:
            yield {"*": "[^/]*", "?": "[^/]"}.get(plain) or re.escape(plain)
