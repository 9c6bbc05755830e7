"""What people are shown of the commit that is checked out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


def metadata(repository: Repository) -> Sequence[Mapping[str, str]]:
    """Return what is known of HEAD: each fact's `name` and `value`, and for times and the message its `type`.

    branch, tags and url are left out where there is none.
    """
    log = repository.ask_bytes("log", "-1", "--no-show-signature", f"--format=format:{_FORMAT}")
    commit, author, author_date, committer, committer_date, message = log.split(b"\0", 5)
    refs = repository.ask("for-each-ref", "--points-at=HEAD", "--format=%(refname)", _HEADS, _TAGS)
    facts = (
        _fact("commit", _text(commit)),
        _fact("author", _text(author)),
        _fact("author_date", _text(author_date), type="time"),
        _fact("committer", _text(committer)),
        _fact("committer_date", _text(committer_date), type="time"),
        _fact("branch", _names(refs, _HEADS)),
        _fact("tags", _names(refs, _TAGS)),
        _fact("message", _text(message[:MESSAGE_BYTES]), type="message"),
        _fact("url", commit_url(_origin(repository), _text(commit))),
    )
    return [fact for fact in facts if fact["value"] or fact["name"] not in _OPTIONAL]


def _fact(name: str, value: str, **more: str) -> Mapping[str, str]:
    return {"name": name, "value": value, **more}


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
