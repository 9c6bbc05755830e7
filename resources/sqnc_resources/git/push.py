"""Puts a version: pushes what is checked out in a folder, alone or on top of what others have pushed."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources import ResourceError, Result, say
from sqnc_resources.git import lfs
from sqnc_resources.git.access import access
from sqnc_resources.git.metadata import metadata
from sqnc_resources.git.repository import Repository, last_words
from sqnc_resources.git.values import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqnc_resources.git.values import PutParams, Source
    from sqncshim import git

REMOTE: Final = "push-target"
_NOTES: Final = "refs/notes/commits"
_CONFLICT: Final = re.compile(
    r"\[rejected\]|\[remote rejected\].*failed to update ref"
    r"|(?:\[remote rejected\]|^remote: error:).*cannot lock ref",
    re.MULTILINE,
)
_TAKEN: Final = re.compile(r"\[rejected\] +(?P<tag>\S+) .*\(already exists\)")
_NOT_ATOMIC: Final = "does not support --atomic push"


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    """Push HEAD of the repository in *folder*, with its tags; return the commit that is on the branch now."""
    branch = _branch(source, params)
    tag, note = _Tag.read(params, folder), _file(params.notes, folder, "notes")
    if not (place := folder / params.repository).is_dir():
        raise ResourceError(f"params.repository: there is no folder `{params.repository}` among the inputs")
    with access(source, debug=params.debug) as reach:
        repository = lfs.configured(reach.at(str(place)))
        before = repository.head
        with _remote(repository, source.uri):
            push = _Push(repository, params, branch, tag)
            push.run()
            if note and not params.only_tag:
                push.add_note(note)
        unmerged = params.merge and params.returning == "unmerged"
        version = Version(before if unmerged else repository.head, branch=params.branch or None)
        return Result(version, metadata(repository))


def _branch(source: Source, params: PutParams) -> str:
    """The branch to push to; raise ResourceError where the params contradict each other."""
    if not params.branch and not source.branch and not params.only_tag:
        raise ResourceError("invalid payload (missing branch): expected source.branch or params.branch")
    if params.merge and params.rebase:
        raise ResourceError("invalid push strategy (either merge or rebase can be set, but not both)")
    if params.branch:
        say(f"Override {source.branch} with {params.branch}")
    return params.branch or source.branch


def _file(name: str, folder: Path, what: str) -> Path | None:
    """The file *name* among the inputs; None without a name."""
    if not name:
        return None
    if not (file := folder / name).is_file():
        raise ResourceError(f"{what} file '{name}' does not exist")
    return file


@contextmanager
def _remote(repository: Repository, uri: str) -> Iterator[None]:
    """Give the repository a remote for the time of the put; it may hold one of an earlier put."""
    repository.query("remote", "remove", REMOTE)
    repository.ask("remote", "add", "--", REMOTE, uri)
    try:
        yield
    finally:
        repository.query("remote", "remove", REMOTE)


@dataclass(frozen=True, slots=True)
class _Tag:
    """The tag for HEAD; without a name there is none."""

    name: str
    message: Path | None

    @classmethod
    def read(cls, params: PutParams, folder: Path) -> _Tag:
        file = _file(params.tag, folder, "tag")
        message = _file(params.annotate, folder, "annotation")
        name = file.read_text().strip() if file else ""
        return cls(f"{params.tag_prefix}{name}" if name else "", message)

    def make(self, repository: Repository) -> None:
        """Tag HEAD, in place of a tag of the same name."""
        if self.name:
            annotation = ("--annotate", f"--file={self.message}") if self.message else ()
            repository.run("tag", "--force", *annotation, "--", self.name)


@dataclass(frozen=True, slots=True)
class _Push:
    repository: Repository
    params: PutParams
    branch: str
    tag: _Tag

    def run(self) -> None:
        """Push once, or with merge or rebase until nobody was faster; raise ResourceError."""
        if self.params.only_tag:
            self._once("--tags", REMOTE)
        elif self.params.merge:
            before = self.repository.head
            self._until_accepted(lambda: self._merge(before), "merging and trying again...")
        elif self.params.rebase:
            self._until_accepted(self._rebase, "rebasing and trying again...")
        else:
            self._once("--tags", REMOTE, self._target)

    @property
    def _target(self) -> str:
        return f"HEAD:{self.params.refs_prefix}/{self.branch}"

    def _once(self, *arguments: str) -> None:
        self.tag.make(self.repository)
        pushed = self._push(*arguments)
        if pushed.status:
            raise _refused(pushed)

    def _until_accepted(self, integrate: Callable[[], None], again: str) -> None:
        """All or nothing is pushed: else a tag would stay on a commit that the next try replaces."""
        atomic: tuple[str, ...] = ("--atomic",)
        while True:
            integrate()
            self.tag.make(self.repository)
            pushed = self._push(*atomic, "--tags", REMOTE, self._target)
            if atomic and _NOT_ATOMIC in pushed.stderr:
                atomic = ()
                pushed = self._push("--tags", REMOTE, self._target)
            if not pushed.status:
                say("pushed")
                return
            if not _is_conflict(pushed):
                say("failed with non-rebase error")
                raise _refused(pushed)
            say(again)

    def _merge(self, before: str) -> None:
        say("merging...")
        self.repository.run("reset", "--hard", before)
        self._pull("merge", "--no-rebase", "--no-edit")

    def _rebase(self) -> None:
        flags = ["--rebase=merges"]
        flags += [f"--strategy={self.params.rebase_strategy}"] if self.params.rebase_strategy else []
        options = self.params.rebase_strategy_option
        flags += [f"-X{option}" for option in (options.split() if isinstance(options, str) else options)]
        say(f"rebasing using rebase command: git pull {' '.join(flags)} {REMOTE} {self.branch}...")
        self._pull("rebase", *flags)

    def _pull(self, way: str, *flags: str) -> None:
        pulled = self.repository.attempt("pull", *flags, "--", REMOTE, self.branch)
        if pulled.status:
            self.repository.query(way, "--abort")  # the folder is as it was
            raise ResourceError(f"git pull {REMOTE} {self.branch}: {last_words(pulled)}")

    def _push(self, *arguments: str) -> git.Result:
        lfs.push(self.repository, REMOTE)
        return self.repository.attempt("push", *self._flags, *arguments)

    @property
    def _flags(self) -> tuple[str, ...]:
        force = ("--force",) if self.params.force else ()
        return (*force, *self._options)

    @property
    def _options(self) -> tuple[str, ...]:
        return tuple(f"--push-option={option}" for option in self.params.push_options)

    def add_note(self, note: Path) -> None:
        """Add a note to HEAD and push all notes; with merge or rebase, on top of what others have pushed."""
        patient = self.params.merge or self.params.rebase
        before = self.repository.commit_of(_NOTES)
        while True:
            if patient:
                self.repository.run("fetch", REMOTE, "refs/notes/*:refs/notes/*")
            self.repository.run("notes", "add", f"--file={note}")
            pushed = self.repository.attempt("push", *self._options, REMOTE, "refs/notes/*")
            if not pushed.status:
                return
            if not patient or not _is_conflict(pushed):
                raise _refused(pushed)
            say("adding the note and trying again...")
            self._take_note_back(before)

    def _take_note_back(self, before: str | None) -> None:
        if before:
            self.repository.ask("update-ref", _NOTES, before)
        else:
            self.repository.ask("update-ref", "-d", _NOTES)


def _is_conflict(pushed: git.Result) -> bool:
    """Whether somebody else was faster; a tag that lies elsewhere stays where it is however often we try."""
    return bool(_CONFLICT.search(pushed.stderr)) and not _TAKEN.search(pushed.stderr)


def _refused(pushed: git.Result) -> ResourceError:
    if taken := _TAKEN.search(pushed.stderr):
        return ResourceError(
            f"the repository has another tag {taken['tag']}: push under another name, set params.force, "
            "or fetch with clean_tags where the tag is an old one"
        )
    return ResourceError(f"git push: {last_words(pushed)}")
