"""Another repository: its refs, and one commit of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqncshim.git.process import NO_LOGIN, GitError, Login, Result, run

if TYPE_CHECKING:
    from pathlib import Path

_FSCK: Final = (
    "-c",
    "fetch.fsckObjects=true",  # refuses a .gitmodules or a tree that is made to trick git
    *(
        argument
        for harmless in ("badTimezone", "missingSpaceBeforeDate", "zeroPaddedFilemode")
        for argument in ("-c", f"fetch.fsck.{harmless}=ignore")
    ),
)
_FETCH: Final = (*_FSCK, "fetch", "--quiet", "--no-tags", "--no-auto-gc")
_ALL: Final = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")
_UNADVERTISED: Final = "unadvertised object"
_SHA: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class RemoteError(GitError):
    """The repository is not there, or not for us, or its server does not answer."""


def is_sha(text: str) -> bool:
    """Whether *text* is a whole commit id, in lower case."""
    return _SHA.fullmatch(text) is not None


def ls_remote(url: str, *names: str, login: Login = NO_LOGIN) -> dict[str, str]:
    """Return the commit of each ref of the repository at *url*, by full name.

    *names* restricts that to refs that end with one of them, at a `/`. An annotated tag is the commit that it
    names. Raise RemoteError.
    """
    peeled = [f"{name}^{{}}" for name in names]
    refs: dict[str, str] = {}
    for line in _ask(
        url, "ls-remote", "--quiet", "--", url, *names, *peeled, login=login
    ).stdout.splitlines():
        sha, _, name = line.decode(errors="surrogateescape").partition("\t")
        refs[name.removesuffix("^{}")] = sha  # a tag's `^{}` comes right after it
    return refs


def fetch_commit(url: str, commit: str, into: Path, *, login: Login = NO_LOGIN) -> None:
    """Make a clone at *into*, a folder that is not there or empty, with *commit* alone checked out.

    Submodules are not followed. Raise RemoteError, or GitError where there is no such commit.
    """
    run("init", "--quiet", "--template=", "--", str(into))
    fetched = run(*_FETCH, "--depth=1", "--", url, commit, cwd=into, login=login, check=False)
    if _UNADVERTISED in fetched.stderr:  # an old server gives whole branches only
        fetched = run(*_FETCH, "--", url, *_ALL, cwd=into, login=login, check=False)
        if not _resolve(commit, into):
            raise _missing(url, commit)
    if fetched.status:
        raise _explain(fetched, url, commit)
    run("-c", "core.autocrlf=false", "checkout", "--quiet", "--detach", f"{commit}^{{commit}}", cwd=into)


def full_sha(url: str, short: str, scratch: Path, *, login: Login = NO_LOGIN) -> str:
    """Return the whole id of the one commit that begins with *short*; '' for none or several.

    The history is fetched into *scratch*, without files where the server can do that: this is slow, and meant
    for error messages.
    """
    run("init", "--quiet", "--bare", "--template=", "--", str(scratch))
    arguments = ("fetch", "--quiet", "--no-tags", "--filter=tree:0", "--", url, *_ALL)
    _ask(url, *arguments, login=login, cwd=scratch)
    return _resolve(short, scratch)


def _ask(url: str, *arguments: str, login: Login, cwd: Path | None = None) -> Result:
    result = run(*arguments, cwd=cwd, login=login, check=False)
    if result.status:
        raise RemoteError(f"{url}: {_last_words(result)}")
    return result


def _resolve(commit: str, repository: Path) -> str:
    """The whole id of *commit* in a repository of this machine; '' where it has none, or several."""
    arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    return run(*arguments, cwd=repository, check=False).stdout.decode().strip()


def _missing(url: str, commit: str) -> GitError:
    return GitError(f"{url}: there is no commit {commit}")


def _explain(result: Result, url: str, commit: str) -> GitError:
    if any(text in result.stderr for text in ("not our ref", "couldn't find remote ref")):
        return _missing(url, commit)
    if "fsck error" in result.stderr or "gitmodules" in result.stderr:
        return GitError(f"{url}: commit {commit} is refused: {_last_words(result)}")
    return RemoteError(f"{url}: {_last_words(result)}")


def _last_words(result: Result) -> str:
    """git's own message on one line, without the advice that follows it."""
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "ssh:"))]
    told = [line for line in told if line != "fatal: Could not read from remote repository."] or told
    return "; ".join(told or lines) or f"git ended with {result.status}"
