"""The user's repository: where it stands, and which files it holds."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen
from sqncshim.git.process import GitError, finish, run, start

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from sqncshim.git.process import Result

_HEADS: Final = "refs/heads/"
_REMOTE_HEADS: Final = "refs/remotes/origin/"
_SCP_LIKE: Final = re.compile(r"(?:[^@/:]+@)?[^/:]+:(?!//)(?P<path>.+)")


@frozen
class Repository:
    """Where a repository stands.

    *sha* is '' before the first commit. *ref* is `refs/heads/…`, and '' when HEAD is detached (then
    `tags_at_head` may know more). *remote_url* is the url of `origin` after `insteadOf`, '' without one;
    *default_branch* is '' where `origin/HEAD` is not known.
    """

    root: Path
    sha: str
    ref: str
    default_branch: str
    remote_url: str
    is_worktree: bool

    @property
    def branch(self) -> str:
        return self.ref.removeprefix(_HEADS)

    @property
    def slug(self) -> str:
        """`owner/name`, as *remote_url* ends; '' where it has no such end."""
        from urllib.parse import urlsplit  # noqa: PLC0415  (who runs git alone does without its import's time)

        match = _SCP_LIKE.fullmatch(self.remote_url)
        path = match["path"] if match else urlsplit(self.remote_url).path
        whole = posixpath.normpath(path).removesuffix(".git")  # `git clone .` leaves a path that ends with /.
        parts = [part for part in whole.split("/") if part not in {"", ".", ".."}]
        return "/".join(parts[-2:]) if len(parts) > 1 else ""


def describe(path: Path) -> Repository | None:
    """Return where the repository around *path* stands; None where there is none, or only a bare one.

    Raise GitError where git refuses to look, as it does in a folder of another user, and GitMissingError.
    """
    with Describing(path) as describing:
        return describing.answer()


class Describing:
    """`describe` under way: two git processes at once, about as fast as one.

    They are at work when this is made. `answer` waits for them, and so does the end of the block, at which
    nobody may want to know any more.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._answers: tuple[Result, Result] | None = None
        # HEAD may be unborn and origin/HEAD unknown: rev-parse has printed what precedes the one that fails,
        # so each is asked for as late as possible.
        where = ("--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir")
        revisions = ("HEAD", "--symbolic-full-name", "HEAD", f"{_REMOTE_HEADS}HEAD")
        self._asked = start("rev-parse", *where, *revisions, cwd=path)
        try:
            self._remote = start("remote", "get-url", "origin", cwd=path)
        except BaseException:
            finish(self._asked, check=False)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()

    def answer(self) -> Repository | None:
        """What `describe` returns, and raises; the same once more."""
        answer, remote = self._finish()
        lines = answer.stdout.decode(errors="surrogateescape").splitlines()
        if len(lines) < 3:
            if "dubious ownership" in answer.stderr:
                raise GitError(answer.stderr)
            return None
        from pathlib import Path  # noqa: PLC0415  (as above)

        root, git_dir, common_dir, *rest = lines
        sha, ref = _head(rest, self._path)
        default = rest[2] if len(rest) == 3 and answer.status == 0 else ""
        return Repository(
            root=Path(root),
            sha=sha,
            ref=ref,
            default_branch=default.removeprefix(_REMOTE_HEADS),
            remote_url=remote.stdout.decode(errors="surrogateescape").strip(),
            is_worktree=git_dir != common_dir,
        )

    def _finish(self) -> tuple[Result, Result]:
        if self._answers is None:
            try:
                asked = finish(self._asked, check=False)
            finally:
                remote = finish(self._remote, check=False)
            self._answers = asked, remote
        return self._answers


def _head(answers: list[str], path: Path) -> tuple[str, str]:
    if len(answers) < 2:  # unborn: rev-parse repeats the name that it could not resolve, and stops
        unborn = run("symbolic-ref", "--quiet", "HEAD", cwd=path, check=False)
        return "", _text(unborn.stdout).strip()
    sha, ref = answers[:2]
    return sha, "" if ref == "HEAD" else ref


def tags_at_head(root: Path) -> list[str]:
    """Return the names of the tags that point to HEAD, the newest first."""
    arguments = ("--points-at=HEAD", "--sort=-creatordate", "--format=%(refname:short)")
    return _text(run("tag", *arguments, cwd=root).stdout).splitlines()


def ignored(root: Path) -> list[str]:
    """Return what git ignores, relative to *root*; a folder of nothing else is one entry, `folder/`."""
    arguments = ("--others", "--ignored", "--exclude-standard", "--directory")
    return _paths(run("ls-files", "-z", *arguments, cwd=root).stdout)


def tree_files(root: Path) -> list[str]:
    """Return the files of the working tree that git does not ignore, relative to *root*.

    Tracked and untracked ones, those of submodules and of repositories inside it too; without tracked files
    that are deleted.
    """
    listed = start("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", cwd=root)
    try:
        gone = start("ls-files", "-z", "--deleted", cwd=root)
    finally:
        names = _paths(finish(listed).stdout)
    deleted = set(_paths(finish(gone).stdout))
    submodules = _submodules(root)
    files: list[str] = []
    for name in names:
        if name.endswith("/") or name in submodules:
            files += _inner(root, name.rstrip("/"))
        elif name not in deleted:
            files.append(name)
    return files


def _inner(root: Path, name: str) -> Iterable[str]:
    """The files of a repository inside; () where it is not checked out."""
    inner = root / name
    return [f"{name}/{file}" for file in tree_files(inner)] if (inner / ".git").exists() else ()


def _submodules(root: Path) -> set[str]:
    if not (root / ".gitmodules").exists():
        return set()
    from git import Repo  # noqa: PLC0415  (imports for 75 ms, and most repositories have no submodules)

    with Repo(root) as repository:
        return {str(submodule.path) for submodule in repository.submodules}


def _paths(output: bytes) -> list[str]:
    return [_text(path) for path in output.split(b"\0") if path]


def _text(output: bytes) -> str:
    return output.decode(errors="surrogateescape")
