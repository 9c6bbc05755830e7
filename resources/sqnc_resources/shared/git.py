"""Files in a branch of a git repository: each change is a commit, and the server says who was first.

A snapshot is one commit without its history, and files are fetched when they are read, so a change of one
small file in a large repository stays small. A change is pushed with the commit that it was decided on as the
lease; a push whose end nobody saw is made again with the same commit, which does no harm where it had been
made already. No two commits are ever the same one: each holds a random header, which no log shows.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from random import uniform
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.git.access import access
from sqnc_resources.git.repository import last_words
from sqnc_resources.shared.files import Change, ConflictError
from sqnc_resources.streams import say
from sqncshim.git import is_sha

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import Source
    from sqncshim.git import Result

_TIP: Final = "refs/heads/shared"
_FETCH: Final = ("fetch", "--quiet", "--force", "--no-tags", "--no-auto-maintenance", "--filter=blob:none")
_NO_REF: Final = "couldn't find remote ref"
_FEW, _MANY = 8, 256
"""How many earlier contents of a file are fetched at first, and at once after these."""
_PUSHES: Final = 5
"""How often a push is made whose end nobody sees."""
_FASTER: Final = re.compile(
    r"cannot lock ref|failed to (?:update|lock)|incorrect old|already exists|fetch first"
)
_TROUBLE: Final = re.compile(r"^\[remote failure\]|internal|temporar|time-?out|unavailable", re.IGNORECASE)
"""What servers say where they did not get so far as to refuse."""
_REMOTE: Final = "[remote rejected]"
_ROLES: Final = ("AUTHOR", "COMMITTER")
_AUTHOR: Final = re.compile(r"\s*\"?(?P<name>[^<>]*?)\"?\s*<(?P<email>[^<>\s]*)>\s*")


@contextmanager
def git_files(source: Source, *, author: str = "", may_start: bool = False) -> Iterator[GitFiles]:
    """Reach the branch of *source* with all that it says of keys, logins and proxies; raise ResourceError.

    *author* is `Name <address>`, or an address, of the commits, else git's own configuration says it. A
    branch that is not there is an error, unless it *may_start* with the first change.
    """
    if not source.branch:
        raise ResourceError("source.branch: expected the branch that holds the files")
    with access(source) as reach:
        repository = reach.at(f"{reach.folder}/shared").with_variables(_identity(author))
        reach.at(reach.folder).ask("init", "--quiet", "--bare", "--template=", "--", repository.folder)
        repository.ask("remote", "add", "--", "origin", source.uri)
        yield GitFiles(repository, source.branch, may_start)


def _identity(author: str) -> Mapping[str, str]:
    """What makes *author* the author and committer, whatever else is set."""
    parts = _AUTHOR.fullmatch(author)
    facts = {"NAME": parts["name"], "EMAIL": parts["email"]} if parts else {"EMAIL": author.strip()}
    return {f"GIT_{role}_{fact}": text for role in _ROLES for fact, text in facts.items() if text}


@dataclass(frozen=True, slots=True)
class GitSnapshot:
    """One commit."""

    revision: str
    repository: Repository

    def read(self, path: str) -> bytes | None:
        for kind, sha, name in self._entries(path):
            if kind == "blob" and name == path:
                return self.repository.ask_bytes("cat-file", "blob", sha)
        return None

    def names(self, folder: str) -> tuple[str, ...]:
        place = f"{folder.rstrip('/')}/" if folder else ""
        return tuple(
            sorted(name.removeprefix(place) for kind, _, name in self._entries(place) if kind == "blob")
        )

    def _entries(self, path: str) -> Iterator[tuple[str, str, str]]:
        """Kind, id and path of what is at *path*; of what is in it, where it ends with `/` or is ''."""
        if not self.revision:
            return
        where = ("--", path) if path else ()
        listed = self.repository.ask("ls-tree", "-z", "--full-tree", self.revision, *where)
        for line in listed.split("\0")[:-1]:
            facts, _, name = line.partition("\t")
            _, kind, sha = facts.split(" ")
            yield kind, sha, name


@dataclass(frozen=True, slots=True)
class GitFiles:
    """The files of a branch; made by `git_files`."""

    repository: Repository
    branch: str
    may_start: bool

    def snapshot(self) -> GitSnapshot:
        """The branch's last commit, fetched now."""
        fetched = self._fetch("--depth=1", f"+refs/heads/{self.branch}:{_TIP}")
        if fetched.status and _NO_REF in fetched.stderr:
            if self.may_start:
                return GitSnapshot("", self.repository)
            raise ResourceError(f"the repository has no branch `{self.branch}`")
        if fetched.status:
            raise ResourceError(f"git fetch: {last_words(fetched)}")
        return GitSnapshot(_line(self.repository, "rev-parse", "--verify", _TIP), self.repository)

    def at(self, revision: str) -> GitSnapshot:
        """The files as they were at a commit, which the branch holds or held; raise ResourceError."""
        if not is_sha(revision):
            raise ResourceError(f"`{revision}`: expected the whole id of a commit")
        fetched = self._fetch("--depth=1", revision)
        if fetched.status:  # an old server gives whole branches only
            fetched = self._fetch(*self._whole, f"+refs/heads/{self.branch}:{_TIP}")
        commit = f"{revision}^{{commit}}"
        if self.repository.query("rev-parse", "--verify", "--quiet", commit) is None:
            raise ResourceError(f"the branch `{self.branch}` holds no commit {revision}")
        return GitSnapshot(revision, self.repository)

    def history(self, path: str) -> Iterator[bytes]:
        """Yield what the file at *path* held after each commit that changed it, the newest first."""
        fetched = self._fetch(*self._whole, f"+refs/heads/{self.branch}:{_TIP}")
        if fetched.status:
            raise ResourceError(f"git fetch: {last_words(fetched)}")
        blobs = self._changes(path)
        for start, end in pairwise((0, *range(_FEW, len(blobs), _MANY), len(blobs))):
            yield from self._contents(blobs[start:end])

    def _changes(self, path: str) -> list[str]:
        """The ids of what each commit on the branch made of the file, the newest first."""
        form = ("-z", "--format=%H", "--raw", "-m", "--no-abbrev", "--no-renames")
        listed = self.repository.ask("log", *form, _TIP, "--", f":(literal){path}")
        found: dict[str, str] = {}
        commit = change = ""
        for part in map(str.strip, listed.split("\0")):
            if part.startswith(":"):
                change = part
            elif change:
                _, mode, _, blob, _ = change.split(" ")
                if part == path and mode.startswith("100"):
                    found.setdefault(commit, blob)  # a merge is told once for each parent
                change = ""
            else:
                commit = part
        return list(found.values())

    def _contents(self, blobs: Sequence[str]) -> Iterator[bytes]:
        """The content of each. They are fetched together: git itself fetches what is missing one by one."""
        if not blobs:
            return
        self.repository.attempt(*_FETCH, "origin", *blobs, shown=False)  # a server may refuse to
        output = self.repository.ask_bytes("cat-file", "--batch", stdin="\n".join((*blobs, "")))
        for _ in blobs:
            head, _, rest = output.partition(b"\n")
            size = int(head.rpartition(b" ")[2])
            yield rest[:size]
            output = rest[size + 1 :]

    def replace(self, old: GitSnapshot, change: Change[object]) -> str:
        """Push *change* as a commit on top of *old*; see SharedFiles."""
        commit = self._commit(old, change)
        words = ""
        for pushes in range(_PUSHES):
            time.sleep(uniform(0, 0.5 * pushes))  # noqa: S311  (no secret)
            pushed = self._push(old, commit)
            if not pushed.status:
                return commit
            words = last_words(pushed)
            reason = _rejection(pushed)
            if reason is not None and _is_conflict(reason):
                if (pushes or reason.startswith(_REMOTE)) and self._holds(commit):
                    return commit  # an earlier push was made after all; libcurl too makes one again, unasked
                raise ConflictError(f"{self.branch}: {reason}")
            if reason is not None:
                raise ResourceError(
                    f"git push: the server refuses it: {'; '.join((reason, *_remarks(pushed)))}"
                )
            say(f"git push: {words}; trying again")
        raise ResourceError(f"git push: nobody can say whether the change was made: {words}")

    def _commit(self, old: GitSnapshot, change: Change[object]) -> str:
        """Write the tree and the commit; return its id."""
        git = self.repository
        git.ask("read-tree", *([old.revision] if old.revision else ["--empty"]))
        git.ask("update-index", "-z", "--index-info", stdin=self._index(change.files))
        tree = _line(git, "write-tree", "--missing-ok")
        people = [f"{role.lower()} {_line(git, 'var', f'GIT_{role}_IDENT')}" for role in _ROLES]
        parents = [f"parent {old.revision}"] if old.revision else []
        nonce = f"sqnc-change {os.urandom(16).hex()}"
        head = "\n".join((f"tree {tree}", *parents, *people, nonce))
        text = f"{head}\n\n{change.message.strip()}\n"
        data = text.encode(errors="surrogateescape")
        return _line(git, "hash-object", "-t", "commit", "-w", "--stdin", stdin=data)

    def _index(self, files: Mapping[str, bytes | None]) -> bytes:
        lines = []
        for path, content in files.items():
            mode, sha = "0", "0" * 40
            if content is not None:
                mode, sha = "100644", _line(self.repository, "hash-object", "-w", "--stdin", stdin=content)
            lines.append(f"{mode} {sha}\t{path}\0")
        return "".join(lines).encode(errors="surrogateescape")

    def _push(self, old: GitSnapshot, commit: str) -> Result:
        ref = f"refs/heads/{self.branch}"
        lease = f"--force-with-lease={ref}:{old.revision}"
        return self.repository.attempt("push", "--porcelain", lease, "origin", f"{commit}:{ref}", shown=False)

    def _holds(self, commit: str) -> bool:
        """Whether the branch holds *commit*, by now under others; those alone are fetched."""
        fetched = self._fetch(f"+refs/heads/{self.branch}:{_TIP}")
        if fetched.status:
            raise ResourceError(f"git fetch: {last_words(fetched)}")
        return self.repository.query("merge-base", "--is-ancestor", commit, _TIP) is not None

    @property
    def _whole(self) -> tuple[str, ...]:
        """What makes git fetch the rest of the history."""
        return ("--unshallow",) if os.path.exists(f"{self.repository.folder}/shallow") else ()

    def _fetch(self, *arguments: str) -> Result:
        *options, refspec = arguments
        return self.repository.attempt(*_FETCH, *options, "origin", refspec, shown=False)


def _rejection(pushed: Result) -> str | None:
    """Why the server or git itself has not taken the push; None where nobody says, or knows."""
    for line in pushed.stdout.decode(errors="replace").splitlines():
        flag, _, rest = line.partition("\t")
        if flag == "!" and not _TROUBLE.search(reason := rest.partition("\t")[2]):
            return reason
    return None


def _remarks(pushed: Result) -> Iterator[str]:
    """What the server's hooks said."""
    for line in pushed.stderr.splitlines():
        if line.startswith("remote:") and (remark := line.removeprefix("remote:").strip()):
            yield remark


def _is_conflict(reason: str) -> bool:
    return reason.startswith("[rejected]") or bool(_FASTER.search(reason))


def _line(repository: Repository, *arguments: str, stdin: bytes | None = None) -> str:
    return repository.ask(*arguments, stdin=stdin).strip()
