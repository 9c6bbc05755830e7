"""A history that is pushed to, force-pushed and deleted from, and what a check makes of it.

upstream = GitUpstream(folder)
simulation = Simulation(upstream, in_process("git", {"uri": upstream.uri, "branch": "main"}))
simulation.push()
simulation.look()             # a check, as Concourse asks; raises WrongAnswer
simulation.force_push(1)
simulation.look()
print(simulation.table())     # the versions as Concourse now has them
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from sqnc_resources.conform.executor import CHECK, Executor
from sqnc_resources.conform.scenario import Scenario
from sqnc_resources.conform.subject import Subject
from sqnc_resources.emulator.history import History
from sqnc_resources.reading import read
from sqnc_resources.types import load
from sqnc_resources.versions import decode, encode

Version: TypeAlias = dict[str, str]
Check: TypeAlias = Callable[[Version | None], Sequence[Version]]
"""Asks for the versions from one on, None for the newest, as Concourse does."""

_FIRST_SECOND: Final = 1_700_000_000
_AUTHOR: Final = {"NAME": "Ann Author", "EMAIL": "ann@example.com"}


class WrongAnswer(AssertionError):  # noqa: N818  (it is named for what happened)
    """A check did not answer with what there is; the message has the table of versions."""


class Upstream(Protocol):
    """What a type follows, in the hands of a test. Versions are as the type writes them."""

    def versions(self) -> Sequence[Version]:
        """Return all that there are, oldest first."""

    def push(self) -> None:
        """Add a new version at the end."""

    def replace(self, number: int) -> None:
        """Put a new version in the place of the newest *number*, or of as many as there are."""

    def remove(self, number: int) -> None:
        """Take the newest *number* versions away; at least one is left."""


class Simulation:
    """An upstream, a type that follows it, and the versions that Concourse knows of it."""

    def __init__(self, upstream: Upstream, check: Check) -> None:
        self.upstream = upstream
        self.history = History()
        self._check = check
        self._steps: list[str] = []

    def push(self) -> None:
        """Something new appears."""
        self._steps.append("push")
        self.upstream.push()

    def force_push(self, number: int) -> None:
        """The newest *number* versions are replaced by a new one."""
        self._steps.append(f"force-push of {number}")
        self.upstream.replace(number)

    def delete(self, number: int) -> None:
        """The newest *number* versions disappear."""
        self._steps.append(f"deletion of {number}")
        self.upstream.remove(number)

    def look(self) -> Sequence[Version]:
        """Check from the latest version that is known on, and save the answer; raise WrongAnswer."""
        latest, existing = self.history.latest, list(self.upstream.versions())
        since = None if latest is None else dict(latest)
        self._steps.append("check")
        found = list(self._check(since))
        if not _is_right(found, existing, since):
            raise WrongAnswer(
                f"after {', '.join(self._steps)}: from {since} on check answers with {found}, and there are "
                f"{existing}\n{self.table()}"
            )
        self.history = self.history.checked(found)
        return found

    def table(self) -> str:
        """All versions in Concourse's order, the latest first, and whether they still exist."""
        existing = self.upstream.versions()
        rows = [
            f"{known.check_order:>5}  {'yes' if known.version in existing else 'gone':<6}  "
            f"{', '.join(f'{name}: {value}' for name, value in known.version.items())}"
            for known in self.history.ordered()
        ]
        return "\n".join(["order  exists  version", *rows])


def _is_right(found: list[Version], existing: list[Version], since: Version | None) -> bool:
    """Whether *found* is the end of *existing* that it should be; of what replaced *since* any."""
    if since is None:
        return found == existing[-1:]
    if since in existing:
        return found == existing[existing.index(since) :]
    return bool(found) and found == existing[-len(found) :]


def in_process(name: str, source: Mapping[str, object]) -> Check:
    """Ask a type of the toolkit, by its name, within this process."""
    kind = load(name)
    own = read(kind.Source, source, "source", [])

    def check(since: Version | None) -> list[Version]:
        return [encode(version) for version in kind.check(own, since and decode(kind.Version, since))]

    return check


def by_executor(executor: Executor, source: Mapping[str, object]) -> Check:
    """Ask a type in any language, in a process for each check. Raises WrongAnswer where it fails."""
    subject = Subject(executor, Scenario(source))

    def check(since: Version | None) -> list[Version]:
        outcome = subject.ask(CHECK, subject.request(CHECK, since))
        if outcome.status != 0:
            raise WrongAnswer(f"check from {since} on fails: {subject.shown(outcome)}")
        return subject.versions(outcome)

    return check


class ListUpstream:
    """Versions in memory, `{key: "1"}` and so on; *write* gets them all after each change."""

    def __init__(self, write: Callable[[Sequence[Version]], object], key: str = "ref") -> None:
        self._write = write
        self._key = key
        self._numbers = count(1)
        self._versions: list[Version] = []
        self.push()

    def versions(self) -> Sequence[Version]:
        return tuple(self._versions)

    def push(self) -> None:
        self.replace(0)

    def replace(self, number: int) -> None:
        del self._versions[max(0, len(self._versions) - number) :]
        self._versions.append({self._key: str(next(self._numbers))})
        self._write(self.versions())

    def remove(self, number: int) -> None:
        del self._versions[max(1, len(self._versions) - number) :]
        self._write(self.versions())


class GitUpstream:
    """A bare repository in *folder*, one commit after the other on a branch; versions are `{ref: SHA}`.

    With *forgets*, commits that are gone can no longer be fetched; servers give them out for months.
    """

    def __init__(self, folder: Path, branch: str = "main", *, forgets: bool = False) -> None:
        self._folder = folder
        self._forgets = forgets
        self._branch = f"refs/heads/{branch}"
        self._seconds = count(_FIRST_SECOND)  # git sorts by whole seconds
        self._git("init", "--quiet", "--bare", f"--initial-branch={branch}", str(folder))
        self._tree = self._git("hash-object", "-t", "tree", "-w", "--stdin", stdin=b"")
        self.push()

    @property
    def uri(self) -> str:
        return f"file://{self._folder}"

    def versions(self) -> Sequence[Version]:
        return tuple({"ref": commit} for commit in self._commits())

    def push(self) -> None:
        self.replace(0)

    def replace(self, number: int) -> None:
        kept = self._commits()[: -number or None]
        parent = ["-p", kept[-1]] if kept else []
        second = next(self._seconds)
        commit = self._git(
            *("commit-tree", "-m", f"commit {second}", *parent, self._tree),
            variables={
                f"GIT_{role}_{name}": value
                for role in ("AUTHOR", "COMMITTER")
                for name, value in {**_AUTHOR, "DATE": f"{second} +0000"}.items()
            },
        )
        self._point_to(commit)

    def remove(self, number: int) -> None:
        commits = self._commits()
        self._point_to(commits[max(0, len(commits) - 1 - number)])

    def _point_to(self, commit: str) -> None:
        self._git("update-ref", self._branch, commit)
        if self._forgets:
            self._git("prune", "--expire=now")

    def _commits(self) -> list[str]:
        if not self._git("for-each-ref", self._branch):
            return []
        return self._git("rev-list", "--first-parent", "--reverse", self._branch).split()

    def _git(
        self, *arguments: str, stdin: bytes | None = None, variables: Mapping[str, str] | None = None
    ) -> str:
        from sqncshim.git import run  # noqa: PLC0415  (only histories of git run it)

        cwd = self._folder if self._folder.exists() else self._folder.parent
        return run(*arguments, cwd=cwd, stdin=stdin, variables=variables or {}).stdout.decode().strip()
