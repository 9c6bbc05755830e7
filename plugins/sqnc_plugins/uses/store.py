"""Clones of actions, each at one commit, kept between runs and never written again.

A store is a folder that any number of processes use at once:

    <server>/<owner>/<repository>/<commit>/     a clone, there only when it is whole
    <server>/<owner>/<repository>/refs/<ref>    the commit that a branch or tag named last: for `offline`
    tmp/<random>/                               a clone that is being made; locked by who makes it
"""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from actions_compat.frozen import frozen
from sqnc_plugins.uses.errors import ActionRefError
from sqncshim import git
from sqncshim.locks import lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from actions_compat.uses import RepositoryUses

LEFTOVER_AGE_S: Final = 600
"""From what age a temporary folder without a lock is swept: git may outlive its killed caller a little."""

_NAME: Final = re.compile(r"(?!\.{1,2}$)(?!-)[A-Za-z0-9._-]+", re.ASCII)
_BAD_REF: Final = re.compile(r"^[-/.]|[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|[/.]$")
_SHORT_SHA: Final = re.compile(r"[0-9a-f]{4,63}", re.ASCII)
_NO_ANSWER: Final = re.compile(
    "resolve host|[Cc]ould(n't| not) connect|Failed to connect|[Cc]onnection (refused|reset|timed out)|"
    "timed out|unreachable|Empty reply"
)
"""In the words of git, curl and ssh."""
_SCHEMES: Final = frozenset({"https", "http", "ssh", "file"})


@frozen
class StoredAction:
    """A clone in the store: its whole repository lies at *path*, which nobody writes to."""

    path: Path
    commit: str


class ActionStore:
    """The store at *cache*, for one run: a branch or tag is asked for once. Threads may share it.

    *server_url* is where repositories lie, by https, ssh or file, as `GITHUB_SERVER_URL`. *token* is sent to
    that server alone. With *offline* nothing but the store is asked.
    """

    def __init__(self, cache: Path, *, server_url: str, offline: bool = False, token: str = "") -> None:
        self._cache = cache
        self._offline = offline
        self._server = _checked_server(server_url)
        self._login = git.Login(self._server, token)
        self._commits: dict[RepositoryUses, str] = {}
        self._guard = Lock()
        self._locks: defaultdict[object, Lock] = defaultdict(Lock)

    def checkout(self, uses: RepositoryUses) -> StoredAction:
        """Return the clone of what *uses* names, made now where the store has none.

        A full commit id that the store has is answered without the network. Raise ActionRefError, or
        GitMissingError.
        """
        _check(uses)
        try:
            return self._checkout(uses)
        except git.GitMissingError:
            raise
        except git.RemoteError as error:
            raise ActionRefError(f"{_text(uses)}: {_why(error)}") from error
        except git.GitError as error:
            raise ActionRefError(f"{_text(uses)}: {error}") from error

    def _checkout(self, uses: RepositoryUses) -> StoredAction:
        commit = self._resolve(uses)
        path = self._repository(uses) / commit
        if path.is_dir():
            return StoredAction(path, commit)
        if self._offline:
            raise ActionRefError(
                f"{_text(uses)}: commit {commit} is not in the store: run once without --offline"
            )
        with self._alone(path):
            if not path.is_dir():
                self._clone(uses, commit, path)
        return StoredAction(path, commit)

    def _resolve(self, uses: RepositoryUses) -> str:
        if git.is_sha(uses.ref.lower()):
            return uses.ref.lower()
        with self._alone(uses):
            if uses not in self._commits:
                self._commits[uses] = self._recall(uses) if self._offline else self._ask(uses)
            return self._commits[uses]

    def _ask(self, uses: RepositoryUses) -> str:
        url, ref = self._url(uses), uses.ref
        # a tag wins over a branch of the same name, as everywhere in git
        names = (ref,) if ref.startswith("refs/") else (f"refs/tags/{ref}", f"refs/heads/{ref}")
        refs = git.ls_remote(url, *names, login=self._login)
        commit = next((refs[name] for name in names if name in refs), "")
        if not commit:
            raise ActionRefError(self._why_not(uses))
        file = self._ref_file(uses)
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._temporary() as folder:
            (folder / "ref").write_text(commit)
            (folder / "ref").replace(file)
        return commit

    def _recall(self, uses: RepositoryUses) -> str:
        try:
            return self._ref_file(uses).read_text()
        except FileNotFoundError:
            message = f"{_text(uses)}: the store does not know `{uses.ref}`: run once without --offline"
            raise ActionRefError(message) from None

    def _why_not(self, uses: RepositoryUses) -> str:
        """The message for a ref that is not there: a short commit id, a slip of the pen, or neither."""
        url, ref, text = self._url(uses), uses.ref, _text(uses)
        if _SHORT_SHA.fullmatch(ref.lower()):
            with self._temporary() as folder:
                full = git.full_sha(url, ref.lower(), folder / "history", login=self._login)
            if full:
                return f"{text}: `{ref}` is a shortened commit id, which is refused: use the full one, {full}"
        from difflib import get_close_matches  # noqa: PLC0415  (only a mistake needs it)

        names = {
            name.split("/", 2)[2] for name in git.ls_remote(url, login=self._login) if name.count("/") > 1
        }
        near = get_close_matches(ref, sorted(names), n=3)
        hint = (
            f"did you mean {' or '.join(near)}?" if near else "expected a branch, a tag or a full commit id"
        )
        return f"{text}: there is no `{ref}` in {url}: {hint}"

    def _clone(self, uses: RepositoryUses, commit: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._temporary() as folder:
            git.fetch_commit(self._url(uses), commit, folder / "clone", login=self._login)
            try:
                (folder / "clone").rename(path)
            except OSError:
                if not path.is_dir():  # else another process was faster, with the same commit
                    raise

    @contextmanager
    def _temporary(self) -> Iterator[Path]:
        """A folder in the store, locked while it is used; what dead processes left is swept on the way."""
        parent = self._cache / "tmp"
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent)
        folder = Path(tempfile.mkdtemp(dir=parent))
        with (folder / "lock").open("wb") as file:
            lock_file(file.fileno(), wait=False)  # nobody else has it yet
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _alone(self, key: object) -> Iterator[None]:
        """One thread at a time for each *key*."""
        with self._guard:
            lock = self._locks[key]
        with lock:
            yield

    def _url(self, uses: RepositoryUses) -> str:
        return f"{self._server}/{uses.owner}/{uses.repository}"

    def _repository(self, uses: RepositoryUses) -> Path:
        return self._cache / quote(self._server, safe="") / uses.owner / uses.repository

    def _ref_file(self, uses: RepositoryUses) -> Path:
        return self._repository(uses) / "refs" / quote(uses.ref, safe="")


def _checked_server(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        expected = "expected https://…, ssh://… or file://…, such as https://github.com"
        raise ActionRefError(f"GITHUB_SERVER_URL: {url!r}: {expected}")
    if parts.password is not None or (parts.scheme in {"https", "http"} and parts.username is not None):
        raise ActionRefError(
            "GITHUB_SERVER_URL: holds a password: use GITHUB_TOKEN, or a git credential helper"
        )
    return url.rstrip("/")


def _check(uses: RepositoryUses) -> None:
    """Refuse what git, or a file system, could take for something else than a name."""
    for what, name in (("owner", uses.owner), ("repository", uses.repository)):
        if not _NAME.fullmatch(name):
            raise ActionRefError(
                f"{_text(uses)}: the {what} `{name}` is refused: expected letters, digits, - _ ."
            )
    if not {"..", ".", ".git"}.isdisjoint(uses.path.lower().split("/")):
        raise ActionRefError(
            f"{_text(uses)}: the path `{uses.path}` is refused: expected a folder of the action"
        )
    if _BAD_REF.search(uses.ref):
        raise ActionRefError(f"{_text(uses)}: the ref `{uses.ref}` is refused: git allows no such name")


def _why(error: git.RemoteError) -> str:
    if _NO_ANSWER.search(str(error)):
        hint = "check the network and the server's name; --offline asks the store alone"
        return f"its server does not answer: {error} ({hint})"
    hint = "check the name and the server; for a private repository, set GITHUB_TOKEN"
    return f"there is no repository that we may read at {error} ({hint})"


def _text(uses: RepositoryUses) -> str:
    path = f"/{uses.path}" if uses.path else ""
    return f"uses: {uses.owner}/{uses.repository}{path}@{uses.ref}"


def _sweep(parent: Path) -> None:
    """Remove what killed processes left: old enough, and locked by nobody."""
    for folder in parent.iterdir():
        try:
            if time.time() - folder.stat().st_mtime < LEFTOVER_AGE_S:
                continue
            with (folder / "lock").open("wb") as file:
                if lock_file(file.fileno(), wait=False):
                    shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # gone, or never locked at all
            continue
