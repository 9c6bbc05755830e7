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

    def __str__(self) -> str:
        return "/".join(filter(None, (self.owner, self.repository, self.path))) + f"@{self.ref}"


@frozen
class LocalUses:
    """`./path`: a folder of the workspace, with the leading `./`."""

    path: str

    def __str__(self) -> str:
        return self.path


@frozen
class SelfUses:
    """`$/path`: a folder of the repository that holds the file, at the same commit; '' for its root."""

    path: str

    def within(self, file: RepositoryUses | LocalUses) -> RepositoryUses | LocalUses:
        """Return what is meant in the action of *file*; in a local one, and in a workflow, the workspace."""
        if isinstance(file, RepositoryUses):
            return RepositoryUses(file.owner, file.repository, self.path, file.ref)
        return LocalUses(f"./{self.path}")


@frozen
class DockerUses:
    """`docker://image`."""

    image: str


Uses: TypeAlias = RepositoryUses | LocalUses | SelfUses | DockerUses

_DOCKER = "docker://"
_SELF = "$/"
_SEPARATOR = re.compile(r"[/\\]")


def parse_uses(text: str) -> Uses:
    """Read what a step's `uses` says; raise UsesError where it names no action.

    The rules are GitHub's: the text has exactly one `@`; `/` and `\\` both separate, and several are one.
    """
    if text.startswith(_DOCKER):
        return DockerUses(text.removeprefix(_DOCKER))
    if text.startswith(("./", ".\\")):
        return LocalUses(text)
    if text.startswith(_SELF):
        return SelfUses(text.removeprefix(_SELF).strip("/"))
    name, _, ref = text.partition("@")
    owner, repository, *path = [*filter(None, _SEPARATOR.split(name)), "", ""]
    if not repository or not ref or "@" in ref:
        raise UsesError(f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{text}'", hint=_hint(text))
    return RepositoryUses(owner, repository, "/".join(filter(None, path)), ref)


def _hint(text: str) -> str:
    if text.startswith(("../", "/")):
        return "an action of this repository is `./path`, from its root"
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)+@?", text):
        return f"add its branch, tag or commit, such as `{text.rstrip('@')}@main`"
    return ""
