"""Finds new versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError
from sqnc_resources.git.access import access
from sqnc_resources.git.cache import fetched
from sqnc_resources.git.filters import matching
from sqnc_resources.git.history import TIP, History
from sqnc_resources.git.values import Source, Version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqnc_resources.git.access import Access


def check(source: Source, since: Version | None) -> Sequence[Version]:
    """Return the versions from *since* on, oldest first; those alone that the source's filters leave.

    Where nothing is known of *since*, the newest `version_depth` versions. After a force-push, while the
    cache still holds *since*: what the branch holds and the parent of *since* does not.
    """
    with access(source) as reach:
        if _is_plain(source):
            newest = _newest(source, reach)
            if since is None or since.ref == newest:
                return [Version(newest)]
        with fetched(source, reach) as repository:
            if repository is None:
                return []
            find = _tagged if source.follows_tags else _commits
            return find(source, since, History(repository, reach.at(reach.folder)))


def _is_plain(source: Source) -> bool:
    """Whether the newest commit counts, whatever it is: then the server is asked, and nothing is fetched."""
    is_filtered = source.follows_tags or source.commit_filter.include or source.commit_filter.exclude
    return source.disable_ci_skip and source.version_depth == 1 and source.any_path and not is_filtered


def _newest(source: Source, reach: Access) -> str:
    branch, tag = f"refs/heads/{source.branch}", f"refs/tags/{source.branch}"
    wanted = (branch, f"{tag}^{{}}", tag) if source.branch else ("HEAD",)
    listed = reach.at(reach.folder).ask("ls-remote", "--", source.uri, *wanted)
    refs = {name: sha for sha, name in (line.split("\t", 1) for line in listed.splitlines())}
    for name in wanted:
        if name in refs:
            return refs[name]
    raise ResourceError("No commit returned. Invalid branch?")


def _commits(source: Source, since: Version | None, history: History) -> Sequence[Version]:
    """The commits of a branch."""
    known = history.find(since)
    if known and not known.parent and not history.is_root_of(known, TIP):
        known = None  # all that is there now came after it, or nothing did: nobody can say
    if known is None:
        found = history.commits(source, TIP, newest=source.version_depth)
    else:
        found = history.commits(source, TIP, *known.before)
    return [Version(sha) for sha in reversed(found)]


def _tagged(source: Source, since: Version | None, history: History) -> Sequence[Version]:
    """The tags that match; or the commits that these contain."""
    known = history.find(since)
    tags = _matching_tags(source, since if known else None, history)
    if not tags:
        return []
    listed = history.commits(source, "--all", *(known.before if known else []))
    if source.tag_behaviour == "match_tagged":
        kept = set(listed)
        found = [Version(name, commit) for name, commit in tags if commit in kept]
    else:
        contained = history.ancestors([commit for _, commit in tags])
        found = [Version(sha) for sha in reversed(listed) if sha in contained]
    return found[-source.version_depth :]


def _matching_tags(source: Source, since: Version | None, history: History) -> Sequence[tuple[str, str]]:
    """Name and commit of each tag that matches, the oldest first; with *since*, from there on."""
    options = ["--merged", _branch(source, history)] if source.branch else []
    if source.branch and since:
        options += ["--contains", since.ref]
    tags = history.tags(*options, *(["--", source.tag_filter] if source.tag_filter else []))
    if source.tag_regex:
        matched = matching([name for name, _ in tags], source.tag_regex, history.scratch)
        tags = [tag for tag in tags if tag[0] in matched]
    names = [name for name, _ in tags]
    if since and not source.branch and since.ref in names:
        return tags[names.index(since.ref) :]
    return tags


def _branch(source: Source, history: History) -> str:
    for ref in (f"refs/heads/{source.branch}", f"refs/tags/{source.branch}"):
        if history.find(Version(ref)):
            return ref
    raise ResourceError(f"No commit returned. Invalid branch? There is no `{source.branch}`.")
