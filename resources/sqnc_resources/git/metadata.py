"""What people are shown of the commit that is checked out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqnc_resources.git.repository import Repository

MESSAGE_BYTES: Final = 10240
_FORMAT: Final = "%H%x00%an%x00%ai%x00%cn%x00%ci%x00%B"
_HEADS: Final = "refs/heads/"
_TAGS: Final = "refs/tags/"
_OPTIONAL: Final = {"branch", "tags", "url"}
_ORIGIN: Final = re.compile(r"(?P<scheme>https?://|ssh://git@|git@)(?P<host>[^/]+)/(?P<path>.*)")
_COMMIT_PAGES: Final = (  # where hosts show a commit, by what their names hold
    ("github", "commit"),
    ("gogs", "commit"),
    ("gitlab", "-/commit"),
    ("bitbucket", "commits"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact; *type* is what the git resource calls it in `metadata.json`: '', `time` or `message`."""

    name: str
    value: str
    type: str = ""


def metadata(repository: Repository) -> Sequence[Entry]:
    """Return what is known of HEAD. branch, tags and url are left out where there is none."""
    log = repository.ask_bytes("log", "-1", "--no-show-signature", f"--format=format:{_FORMAT}")
    commit, author, author_date, committer, committer_date, message = log.split(b"\0", 5)
    refs = repository.ask("for-each-ref", "--points-at=HEAD", "--format=%(refname)", _HEADS, _TAGS)
    entries = (
        Entry("commit", _text(commit)),
        Entry("author", _text(author)),
        Entry("author_date", _text(author_date), "time"),
        Entry("committer", _text(committer)),
        Entry("committer_date", _text(committer_date), "time"),
        Entry("branch", _names(refs, _HEADS)),
        Entry("tags", _names(refs, _TAGS)),
        Entry("message", _text(message[:MESSAGE_BYTES]), "message"),
        Entry("url", commit_url(_origin(repository), _text(commit))),
    )
    return [entry for entry in entries if entry.value or entry.name not in _OPTIONAL]


def pairs(entries: Sequence[Entry]) -> Sequence[tuple[str, str]]:
    """*entries* as a result holds them."""
    return [(entry.name, entry.value) for entry in entries]


def commit_url(origin: str, commit: str) -> str:
    """The page of *commit* at the host of *origin*, where that is known; else ''."""
    match = _ORIGIN.match(origin)
    if match is None:
        return ""
    host, path = match["host"].rpartition("@")[2], match["path"].removesuffix(".git")
    if match["scheme"] == "git@" and ":" in host:  # git@host:owner/name
        host, _, owner = host.partition(":")
        path = f"{owner}/{path}"
    for name, page in _COMMIT_PAGES:
        if name in host:
            return f"https://{host}/{path}/{page}/{commit}"
    return ""


def _origin(repository: Repository) -> str:
    """The first url of the remote `origin`; '' without one."""
    return (repository.query("remote", "get-url", "--all", "origin") or "").partition("\n")[0]


def _names(refs: str, prefix: str) -> str:
    return ",".join(ref.removeprefix(prefix) for ref in refs.splitlines() if ref.startswith(prefix))


def _text(output: bytes) -> str:
    return output.decode(errors="replace")  # names in another encoding are shown as well as JSON can
