"""The commits in a cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.git.filters import message_filters, pathspecs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import Source, Version


TIP: Final = "refs/checked"
"""Where the branch lies that a check follows; with tags, all branches and tags lie where they always do."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit's SHA, and that of its first parent; a root has none."""

    sha: str
    parent: str | None

    @property
    def before(self) -> Sequence[str]:
        """The revision for `git rev-list` that leaves out all older commits; none for a root."""
        return [f"^{self.parent}"] if self.parent else []


@dataclass(frozen=True, slots=True)
class History:
    """What the repository holds; *scratch* is a folder for files of this run."""

    repository: Repository
    scratch: Repository

    def find(self, version: Version | None) -> Commit | None:
        """The commit that *version* names; None where there is none, or this repository does not have it."""
        if version is None:
            return None
        revision = ("--end-of-options", f"{version.ref}^0")
        listed = self.repository.query("rev-list", "--parents", "-1", *revision)
        sha, *parents = (listed or "").split() or [""]
        return Commit(sha, parents[0] if parents else None) if sha else None

    def is_root_of(self, commit: Commit, tip: str) -> bool:
        """Whether *tip*'s history begins with *commit*, or one of its merged histories does."""
        return commit.sha in self.repository.ask("rev-list", "--max-parents=0", tip).split()

    def commits(self, source: Source, *revisions: str, newest: int = 0) -> list[str]:
        """The commits that *source*'s filters leave, newest first, of merged branches only the merge.

        *newest* is how many to list; 0 means all.
        """
        first, *rest = message_filters(source)
        limit = [f"--max-count={newest}"] if newest and not rest else []
        walk = ("rev-list", "--first-parent", *first.options, *limit, *revisions, "--", *pathspecs(source))
        found = self.repository.ask(*walk).split()
        for one in rest:
            stdin = "\n".join(found)
            matched = set(
                self.repository.ask("rev-list", *one.greps, "--no-walk", "--stdin", stdin=stdin).split()
            )
            found = [sha for sha in found if (sha in matched) is not one.excludes]
        return found[: newest or None]

    def ancestors(self, tips: Sequence[str]) -> set[str]:
        """All commits that *tips* contain, themselves too."""
        return (
            set(self.repository.ask("rev-list", "--stdin", stdin="\n".join(tips)).split()) if tips else set()
        )

    def tags(self, *options: str) -> Sequence[tuple[str, str]]:
        """The tags that *options* of `git tag` choose, and their commits, the oldest tag first."""
        form = (
            "--format=%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00%(refname:lstrip=2)"
        )
        listed = self.repository.ask("tag", "--list", "--no-column", "--sort=creatordate", form, *options)
        return [(name, sha) for line in listed.splitlines() for name, sha in self._peeled(line)]

    def _peeled(self, line: str) -> list[tuple[str, str]]:
        """The name and commit of one tag; nothing where it names no commit."""
        kind, sha, peeled_kind, peeled, name = line.split("\0", 4)
        if kind == "commit":
            return [(name, sha)]
        if peeled_kind == "commit":
            return [(name, peeled)]
        if peeled_kind == "tag":  # a tag of a tag
            commit = self.repository.commit_of(sha)
            return [(name, commit)] if commit else []
        return []
