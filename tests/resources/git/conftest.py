"""Repositories as tests of the git type need them: real ones, made the way users make theirs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from sqnc_resources.git import GetParams, PutParams, Source, Version
from sqnc_resources.git import check as git_check
from sqnc_resources.git import get as git_get
from sqnc_resources.git import put as git_put
from sqnc_resources.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqnc_resources import Result

PEERS = Path(__file__).with_name("peers")
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

    def write_beside(self, file: str, content: str) -> None:
        """Write a file to the folder that holds the repository: another input of a put."""
        path = self.path.parent / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)

    def tip(self, name: str = "refs/heads/master") -> str:
        return self.git("rev-parse", name)

    def commit(
        self,
        message: str = "",
        *,
        file: str = "some-file",
        branch: str = "master",
        content: str | None = None,
        date: str = "",
    ) -> str:
        """Add a line to *file*, or write *content* to it, and commit that on *branch*; return the commit."""
        if self.git("branch", "--list", branch) == "":
            self.git("branch", branch, "master")
        self.git("checkout", "--quiet", branch)
        old = (self.path / file).read_text() if (self.path / file).exists() else ""
        self.write(file, f"{old}x\n" if content is None else content)
        self.git("add", "--", file)
        self.git("commit", "--quiet", "--message", message or f"change {file}", env=_dated(date))
        return self.head

    def empty_commit(self, message: str) -> str:
        self.git("commit", "--quiet", "--allow-empty", "--message", message, env=_dated())
        return self.head

    def add_commits(self, number: int) -> None:
        """Put *number* commits on top of master, quickly."""
        commit = "commit refs/heads/master\ncommitter a <a@example.com> {time} +0000\ndata 1\nx\n"
        commits = [commit.format(time=1_800_000_000 + index) for index in range(number)]
        commits[0] += f"from {self.tip()}\n"
        command = ["git", "-C", self.path, "fast-import", "--quiet"]
        subprocess.run(command, input="".join(commits).encode(), check=True)
        self.git("reset", "--quiet", "--hard")

    def merge(self, branch: str, *flags: str, into: str = "master") -> str:
        """Merge *branch* with a merge commit; return that."""
        self.git("checkout", "--quiet", into)
        self.git("merge", "--no-ff", "--message", f"merge {branch}", *flags, branch, env=_dated())
        return self.head

    def tag(self, name: str, message: str) -> str:
        """Make an annotated tag; return its name."""
        self.git("tag", "--force", "--annotate", "--message", message, name, env=_dated())
        return name

    def detach(self) -> None:
        """Leave the branch, so that others can push to it."""
        self.git("checkout", "--quiet", "--detach")

    def holds(self, commit: str) -> bool:
        """Whether the commit is here; no other repository is asked for it."""
        listed = self.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
        return commit in listed.split()

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


def _dated(date: str = "") -> dict[str, str]:
    date = date or f"{next(_SECONDS)} +0100"
    return {**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test its own HOME, and its own folder for temporary files, where checks keep commits."""
    folders = {"HOME": tmp_path / "users" / "own", "TMPDIR": tmp_path / "tmp"}
    for variable, folder in folders.items():
        folder.mkdir(parents=True)
        monkeypatch.setenv(variable, str(folder))
    return folders["HOME"]


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


class Check(Protocol):
    def __call__(
        self, source: Mapping[str, object] | Repo, since: str | None = None, /, **keys: object
    ) -> Sequence[str | tuple[str, str]]: ...


@pytest.fixture
def check() -> Check:
    """Check with a source as a pipeline has it: a mapping, or a repository, and *keys*.

    The versions come as their refs; where they have a commit, as pairs of both.
    """

    def check_(
        source: Mapping[str, object] | Repo, since: str | None = None, /, **keys: object
    ) -> Sequence[str | tuple[str, str]]:
        given = {"uri": source.uri} if isinstance(source, Repo) else source
        typed = read(Source, {**given, **keys}, "source", [])
        found = git_check(typed, None if since is None else Version(since))
        return [(version.ref, version.commit) if version.commit else version.ref for version in found]

    return check_


@pytest.fixture
def cache(tmp_path: Path) -> Repo:
    """Where checks keep commits; it is there after the first."""
    return Repo(tmp_path / "tmp" / "git-resource-repo-cache")


def facts(result: Result[Version]) -> dict[str, str]:
    """The metadata by its names."""
    return {fact["name"]: fact["value"] for fact in map(dict, result.metadata)}


@dataclass(frozen=True, slots=True)
class Got:
    """What a get left: its answer, the clone, and what it said."""

    result: Result[Version]
    repo: Repo
    stderr: str

    @property
    def metadata(self) -> dict[str, str]:
        return facts(self.result)

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
        folder.mkdir(parents=True)
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
        self, source: Mapping[str, object] | Repo, repo: Repo, /, **params: object
    ) -> Result[Version]: ...


@pytest.fixture
def put() -> Put:
    """Put a repository to `master`, with params as a pipeline has them; beside it lie other inputs."""

    def put_(source: Mapping[str, object] | Repo, repo: Repo, /, **params: object) -> Result[Version]:
        if isinstance(source, Repo):
            source = {"uri": str(source.path), "branch": "master"}
        typed = read(PutParams, {"repository": repo.path.name, **params}, "params", [])
        return git_put(read(Source, source, "source", []), typed, repo.path.parent)

    return put_


@pytest.fixture
def repo(origin: Repo, tmp_path: Path) -> Repo:
    """A clone of the origin, among a put's inputs; the origin has no branch checked out."""
    (tmp_path / "inputs").mkdir()
    clone = origin.clone(tmp_path / "inputs" / "repo")
    origin.detach()
    return clone


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that a test has started."""

    port: int
    output: Path

    def lines(self) -> list[str]:
        """What it has said since, after its port."""
        return self.output.read_text().splitlines()[1:]


class Start(Protocol):
    def __call__(self, program: str, *arguments: object) -> Peer: ...


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start servers of the folder `peers`; they end with the test."""
    with ExitStack() as stack:

        def start_(program: str, *arguments: object) -> Peer:
            output = tmp_path / f"{program}-{len(list(tmp_path.glob(f'{program}-*')))}"
            command = [sys.executable, str(PEERS / program), *map(str, arguments)]
            with output.open("w") as file:
                process = stack.enter_context(subprocess.Popen(command, stdout=file))
            stack.callback(process.kill)
            while not (said := output.read_text()).endswith("\n"):
                assert process.poll() is None, f"{program} does not start"
                time.sleep(0.01)
            return Peer(int(said.splitlines()[0]), output)

        yield start_
