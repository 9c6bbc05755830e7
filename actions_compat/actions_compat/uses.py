"""What `uses` names: an action in a repository, in the workspace, or a container image."""

from __future__ import annotations

import re
from typing import TypeAlias

from actions_compat.frozen import frozen


class UsesError(ValueError):
    """The text names no action; the message is GitHub's, `hint` ours or empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@frozen
class RepositoryUses:
    """`owner/repository[/path]@ref`; *path* is '' for the repository's root, *ref* a branch, tag or sha."""

    owner: str
    repository: str
    path: str
    ref: str


@frozen
class LocalUses:
    """`./path`: a folder of the workspace, with the leading `./`."""

    path: str


@frozen
class DockerUses:
    """`docker://image`."""

    image: str


Uses: TypeAlias = RepositoryUses | LocalUses | DockerUses

_DOCKER = "docker://"
_SEPARATOR = re.compile(r"[/\\]")


def parse_uses(text: str) -> Uses:
    """Read what a step's `uses` says; raise UsesError where it names no action.

    The rules are GitHub's: the text has exactly one `@`, and `/` and `\\` both separate.
    """
    if text.startswith(_DOCKER):
        return DockerUses(text.removeprefix(_DOCKER))
    if text.startswith(("./", ".\\")):
        return LocalUses(text)
    name, _, ref = text.partition("@")
    segments = _SEPARATOR.split(name)
    if len(segments) < 2 or not all(segments[:2]) or not ref or "@" in ref or segments[0] == "$":
        message = f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{text}'"
        raise UsesError(message, hint="`$/path` is not supported: use `./path`" if segments[0] == "$" else "")
    owner, repository, *path = segments
    return RepositoryUses(owner, repository, "/".join(filter(None, path)), ref)
