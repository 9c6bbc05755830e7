"""Repositories as tests of the git type need them: real ones, made the way users make theirs."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Protocol

import pytest

from sqnc_resources.git import GetParams, PutParams, Source, Version
from sqnc_resources.git import get as git_get
from sqnc_resources.git import put as git_put
from sqnc_resources.reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqnc_resources import Result

_SECONDS = count(1_700_000_000)  # each commit and tag one second after the last: git sorts by whole seconds


@dataclass(frozen=True, slots=True)
class Repo:
    """A repository with a working tree, which others clone from and push to."""

    path: Path

    @property
    def uri(self) -> str:
        """Its address for git's own transport; a bare path is copied instead."""
        return f"file://{self.path}"

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        """Run git here; return what it printed, without the last newline."""
        return git("-C", str(self.path), *arguments, env=env)

    def write(self, file: str, content: str) -> None:
        (self.path / file).parent.mkdir(parents=True, exist_ok=True)
        (self.path / file).write_text(content)

    def commit(
        self,
        message: str = "",
        *,
        file: str = "some-file",
        branch: str = "master",
        content: str | None = None,
    ) -> str:
        """Add a line to *file*, or write *content* to it, and commit that on *branch*; return the commit."""
        if self.git("branch", "--list", branch) == "":
            self.git("branch", branch, "master")
        self.git("checkout", "--quiet", branch)
        old = (self.path / file).read_text() if (self.path / file).exists() else ""
        self.write(file, f"{old}x\n" if content is None else content)
        self.git("add", "--", file)
        return self._commit(message or f"change {file}")

    def empty_commit(self, message: str) -> str:
        return self._commit(message, "--allow-empty")

    def _commit(self, message: str, *flags: str) -> str:
        self.git("commit", "--quiet", "--message", message, *flags, env=_at_next_second())
        return self.head

    def tag(self, name: str, message: str) -> str:
        """Make an annotated tag; return its name."""
        self.git("tag", "--force", "--annotate", "--message", message, name, env=_at_next_second())
        return name

    def detach(self) -> None:
        """Leave the branch, so that others can push to it."""
        self.git("checkout", "--quiet", "--detach")

    def clone(self, path: Path) -> Repo:
        git("clone", "--quiet", str(self.path), str(path))
        return Repo(path)


def git(*arguments: str, env: dict[str, str] | None = None) -> str:
    command = ("git", "-c", "protocol.file.allow=always", *arguments)
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, errors="surrogateescape", check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.removesuffix("\n")


def _at_next_second() -> dict[str, str]:
    now = f"{next(_SECONDS)} +0100"
    return {**os.environ, "GIT_AUTHOR_DATE": now, "GIT_COMMITTER_DATE": now}


class MakeRepo(Protocol):
    def __call__(self, name: str = "origin") -> Repo: ...


@pytest.fixture
def make_repo(tmp_path: Path) -> MakeRepo:
    """Make a repository with a commit on `master`, and another on a branch `bogus`."""

    def make(name: str = "origin") -> Repo:
        repo = Repo(tmp_path / name)
        git("init", "--quiet", "--initial-branch=master", str(repo.path))
        repo.empty_commit("init")
        repo.git("checkout", "--quiet", "-b", "bogus")
        repo.empty_commit("commit on another branch")
        repo.git("checkout", "--quiet", "master")
        return repo

    return make


@pytest.fixture
def origin(make_repo: MakeRepo) -> Repo:
    return make_repo()


@dataclass(frozen=True, slots=True)
class Got:
    """What a get left: its answer, the clone, and what it said."""

    result: Result[Version]
    repo: Repo
    stderr: str

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self.result.metadata)

    def file(self, name: str) -> str:
        """The content of a file under `.git`."""
        return (self.repo.path / ".git" / name).read_bytes().decode()


class Get(Protocol):
    def __call__(
        self,
        source: Mapping[str, object] | Repo,
        ref: str = "HEAD",
        /,
        *,
        branch: str | None = None,
        into: str = "destination",
        **params: object,
    ) -> Got: ...


@pytest.fixture
def get(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Get:
    """Get *ref*, with source and params as a pipeline has them."""

    def get_(
        source: Mapping[str, object] | Repo,
        ref: str = "HEAD",
        /,
        *,
        branch: str | None = None,
        into: str = "destination",
        **params: object,
    ) -> Got:
        if isinstance(source, Repo):
            source = {"uri": str(source.path)}
        folder = tmp_path / into
        folder.mkdir()
        typed = (
            read(Source, source, "source", []),
            Version(ref, branch=branch),
            read(GetParams, params, "params", []),
        )
        result = git_get(*typed, folder)
        shown = capfd.readouterr()
        assert not shown.out
        return Got(result, Repo(folder), shown.err)

    return get_


class Put(Protocol):
    def __call__(
        self, source: Mapping[str, object] | Repo, folder: Path, /, **params: object
    ) -> Result[Version]: ...


@pytest.fixture
def put() -> Put:
    """Put from *folder*, whose `repo` is pushed, to `master`, with params as a pipeline has them."""

    def put_(source: Mapping[str, object] | Repo, folder: Path, /, **params: object) -> Result[Version]:
        if isinstance(source, Repo):
            source = {"uri": str(source.path), "branch": "master"}
        params = {"repository": "repo", **params}
        return git_put(read(Source, source, "source", []), read(PutParams, params, "params", []), folder)

    return put_
