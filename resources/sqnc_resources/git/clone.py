"""Gets a version: a clone of the repository, with the commit checked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources import ResourceError, Result, say
from sqnc_resources.git import lfs, submodules
from sqnc_resources.git.access import access
from sqnc_resources.git.deepening import deepen
from sqnc_resources.git.encryption import unlock
from sqnc_resources.git.files import write_files
from sqnc_resources.git.metadata import metadata
from sqnc_resources.git.values import Version
from sqnc_resources.git.verification import verify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqnc_resources.git.repository import Repository
    from sqnc_resources.git.values import GetParams, Source


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Clone into *folder*, check the version out, and tell of it in files under `.git`.

    `metadata.json` and the answer come last: a get that is ended before has none.
    """
    if version.ref.startswith("-"):
        raise ResourceError(f"version.ref: `{version.ref}`: expected a commit, not an option of git")
    with access(source, debug=params.debug) as reach:
        repository = lfs.configured(reach.at(str(folder)), skip=params.disable_git_lfs)
        _clone(repository, source, version, params)
        _find(repository, source, version, params)
        verify(repository, _resolved(repository, version.ref), source, reach)
        _check_out(repository, source, version.ref)
        unlock(repository, source.git_crypt_key, reach)
        lfs.finish(repository, skip=params.disable_git_lfs)
        submodules.update(repository, source, params, reach)
        _fetch_branches(repository, params.fetch)
        return _answer(repository, version.ref, params)


def _clone(repository: Repository, source: Source, version: Version, params: GetParams) -> None:
    """Clone without a working tree: the branch's tip need not be what is wanted."""
    branch = version.branch or source.branch
    if version.branch:
        say(f"Override {source.branch} with {version.branch}")
    flags = ["--no-single-branch" if params.all_branches else "--single-branch"]
    flags += [f"--depth={params.depth}"] if params.depth > 0 else []
    flags += [f"--branch={branch}"] if branch else []
    flags += _tag_flags(source, params)
    repository.run("clone", "--progress", "--no-checkout", *flags, "--", source.uri, repository.folder)
    for setting in source.git_config:
        repository.ask("config", "--", setting.name, setting.value)


def _find(repository: Repository, source: Source, version: Version, params: GetParams) -> None:
    """Fetch what the clone has not brought, until the version's commit is there or nobody has it."""
    tags = _tag_flags(source, params)
    repository.run("fetch", "origin", "refs/notes/*:refs/notes/*", *tags)
    if params.depth > 0:
        deepen(repository, version.ref, params.depth, *tags)
    elif source.search_remote_refs and (version.branch or source.branch):
        _search_remote_refs(repository, version.ref)


def _search_remote_refs(repository: Repository, ref: str) -> None:
    """Fetch *ref* by the names that the server has for it, as Gerrit has `refs/changes/…` for each change."""
    if repository.commit_of(ref):
        return
    listed = [line.split("\t") for line in repository.run("ls-remote", "origin").splitlines()]
    names = [name for sha, name in listed if ref in {sha, name}]
    if not names:
        say(f"WARNING: couldn't find a ref for {ref} listed on the remote")
        return
    name = names[0]
    say(f"{ref} not found locally, but search_remote_refs is enabled. Attempting to fetch {name} first.")
    repository.run("fetch", "origin", name)


def _resolved(repository: Repository, ref: str) -> str:
    """The commit that *ref* names, or *ref* itself, of which git will say that it is not there."""
    return repository.commit_of(ref) or ref


def _check_out(repository: Repository, source: Source, ref: str) -> None:
    sparse = [path for path in source.sparse_paths if path]
    if sparse and sparse != ["."]:
        repository.ask("config", "core.sparseCheckout", "true")
        patterns = repository.path / ".git" / "info" / "sparse-checkout"
        patterns.parent.mkdir(exist_ok=True)
        with patterns.open("a") as file:
            file.write("".join(f"{path}\n" for path in sparse))
    repository.run("checkout", "--force", "--quiet", ref, "--")
    repository.run("log", "-1", "--oneline")


def _fetch_branches(repository: Repository, branches: Sequence[str]) -> None:
    """Fetch further branches, and make each a local one where there is none yet."""
    for branch in branches:
        repository.run("fetch", "--", "origin", branch)
        if repository.query("show-ref", "--verify", "--quiet", "--", f"refs/heads/{branch}") is None:
            repository.run("branch", "--", branch, "FETCH_HEAD")


def _answer(repository: Repository, ref: str, params: GetParams) -> Result[Version]:
    """Tell of the commit. A version is answered by its ref alone, as the git resource does."""
    found = repository.head if ref == "HEAD" else ref
    facts = metadata(repository)
    write_files(repository, found, facts, params)
    if params.clean_tags and (tags := repository.ask("tag").split()):
        repository.ask("tag", "--delete", "--", *tags)
    return Result(Version(found), facts)


def _tag_flags(source: Source, params: GetParams) -> tuple[str, ...]:
    wanted = source.fetch_tags if params.fetch_tags is None else params.fetch_tags
    if wanted is None:
        wanted = source.follows_tags or None
    return {None: (), True: ("--tags",), False: ("--no-tags",)}[wanted]
