"""The bare repository that checks of one source keep, `$TMPDIR/git-resource-repo-cache`.

It holds commits, and no files: a check needs none. A first check fetches into a repository that is made here,
four files without a process; that way a check that was killed leaves nothing worse than an empty repository.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.git.access import quoted, temporary_folder
from sqnc_resources.git.history import TIP
from sqnc_resources.git.repository import last_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqnc_resources.git.access import Access
    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import Source
    from sqncshim.git import Result

_NAME: Final = "git-resource-repo-cache"
_CONFIG: Final = """\
[core]
\trepositoryformatversion = 0
\tbare = true
[remote "origin"]
\turl = {url}
[gc]
\tautoDetach = false
[maintenance]
\tautoDetach = false
"""
"""What a fetch starts to tidy up must end with it: nothing of a check lives on."""
_RECORD: Final = "git-resource-source"
_LOCK: Final = "git-resource-lock"
_MANY_PACKS: Final = 50
_SPOILED: Final = (
    ".lock': File exists",
    "bad config",
    "not a git repository",
    "bad object",
    "corrupt",
    "fatal: unable to read",
)
_NO_REF: Final = "couldn't find remote ref"


@contextmanager
def fetched(source: Source, reach: Access) -> Iterator[Repository | None]:
    """Fetch what is new; give the repository, which is ours until the end. Raise ResourceError.

    None where the remote holds no commit at all.
    """
    from sqncshim.locks import lock_file  # noqa: PLC0415  (the quick way of a check needs no lock)

    path = _folder()
    lock = os.open(f"{path}/{_LOCK}", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        lock_file(lock, wait=True)
        repository = reach.at(path)
        is_new = _is_of_another(path, source)
        if is_new:
            _make(path, source)
        result = _fetch(repository, source, "--progress" if is_new else "--no-progress")
        if result.status and not is_new and any(words in result.stderr for words in _SPOILED):
            _make(path, source)
            result = _fetch(repository, source, "--progress")
        yield repository if _has_commits(result, source) else None
    finally:
        os.close(lock)


def _folder() -> str:
    """The cache's folder, made where it is missing; one of our own where somebody else has taken the name."""
    user = _user()
    paths = [f"{temporary_folder()}/{name}" for name in (_NAME, f"{_NAME}-{user}")]
    for path in paths:
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
        if os.lstat(path).st_uid == user and not os.path.islink(path):
            return path
    raise ResourceError(f"{paths[-1]}: expected a folder of this user's, to keep commits in")


def _user() -> int:
    if sys.platform == "win32":
        return 0  # what lstat says there
    return os.geteuid()


def _is_of_another(path: str, source: Source) -> bool:
    try:
        with open(f"{path}/{_RECORD}") as file:
            return file.read() != _record(source)
    except OSError:
        return True


def _record(source: Source) -> str:
    return "\n".join((source.uri, *_refspecs(source), _filter(source), ""))


def _refspecs(source: Source) -> Sequence[str]:
    if source.follows_tags:
        return ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    return (f"+refs/heads/{source.branch}:{TIP}" if source.branch else f"+HEAD:{TIP}",)


def _filter(source: Source) -> str:
    """Commits alone; where paths count, trees too."""
    return "tree:0" if source.any_path else "blob:none"


def _make(path: str, source: Source) -> None:
    """Make an empty repository for *source*, as gitrepository-layout(5) has it."""
    for name in os.listdir(path):
        if name != _LOCK:
            _remove(f"{path}/{name}")
    for folder in ("objects", "refs"):
        os.mkdir(f"{path}/{folder}")
    files = {
        "HEAD": "ref: refs/heads/master\n",  # as git wants it; nothing reads it
        "config": _CONFIG.format(url=quoted(source.uri)),
        _RECORD: _record(source),
    }
    for name, content in files.items():
        with open(f"{path}/{name}", "x") as file:
            file.write(content)


def _remove(path: str) -> None:
    from shutil import rmtree  # noqa: PLC0415  (only where there was another)

    rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)


def _fetch(repository: Repository, source: Source, progress: str) -> Result:
    options = ["--force", "--no-tags", f"--filter={_filter(source)}", progress]
    if source.follows_tags:  # deleted tags are no versions, and a branch `a` would be in the way of `a/b`
        options.append("--prune")
    if not _has_many_packs(repository.folder):
        options.append("--no-auto-maintenance")
    result = repository.attempt("fetch", *options, "origin", *_refspecs(source))
    if source.branch and not source.follows_tags and _NO_REF in result.stderr:
        # `clone --branch` takes a tag too
        result = repository.attempt("fetch", *options, "origin", f"+refs/tags/{source.branch}:{TIP}")
    return result


def _has_many_packs(path: str) -> bool:
    try:
        return len(os.listdir(f"{path}/objects/pack")) > _MANY_PACKS
    except OSError:
        return False


def _has_commits(result: Result, source: Source) -> bool:
    """Whether the remote has the branch; False where its default branch is yet to be made."""
    if result.status and _NO_REF not in result.stderr:
        raise ResourceError(f"git fetch: {last_words(result)}")
    if result.status and source.branch:
        raise ResourceError(f"No commit returned. Invalid branch? There is no `{source.branch}`.")
    return not result.status
