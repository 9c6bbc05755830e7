"""What people are shown of a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc_resources.git.metadata import commit_url, metadata
from sqnc_resources.git.repository import Repository

if TYPE_CHECKING:
    from tests.resources.git.conftest import Repo


def told(repo: Repo) -> dict[str, str]:
    return {fact["name"]: fact["value"] for fact in metadata(Repository(str(repo.path), {}))}


def test_without_a_remote_there_is_no_url(origin: Repo) -> None:
    assert "url" not in told(origin)


def test_the_url_is_the_commit_s_page_at_the_remote(origin: Repo) -> None:
    ref = origin.commit()
    origin.git("remote", "add", "origin", "git@github.com:myorg/myrepo.git")
    assert told(origin)["url"] == f"https://github.com/myorg/myrepo/commit/{ref}"
    origin.git("remote", "set-url", "--add", "origin", "git@gitlab.com:another/one.git")
    assert told(origin)["url"] == f"https://github.com/myorg/myrepo/commit/{ref}"
    origin.git("remote", "set-url", "--delete", "origin", "github")
    assert told(origin)["url"] == f"https://gitlab.com/another/one/-/commit/{ref}"


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("git@whoknows.com:some/path/repo.git", ""),
        ("git@github.com:myorg/myrepo.git", "https://github.com/myorg/myrepo/commit/SHA"),
        ("ssh://git@github.com/myorg/myrepo.git", "https://github.com/myorg/myrepo/commit/SHA"),
        ("ssh://git@github.com:443/myorg/myrepo.git", "https://github.com:443/myorg/myrepo/commit/SHA"),
        ("https://github.com/myorg/myrepo.git", "https://github.com/myorg/myrepo/commit/SHA"),
        ("https://github.com/myorg/myrepo", "https://github.com/myorg/myrepo/commit/SHA"),
        ("http://gogs.example/a/b.git", "https://gogs.example/a/b/commit/SHA"),
        ("https://github.company.com/myorg/myrepo.git", "https://github.company.com/myorg/myrepo/commit/SHA"),
        (
            "https://gitlab.com/myorg/mygroup/myrepo.git",
            "https://gitlab.com/myorg/mygroup/myrepo/-/commit/SHA",
        ),
        ("ssh://git@bitbucket.com/myteam/myrepo.git", "https://bitbucket.com/myteam/myrepo/commits/SHA"),
        ("https://name:token@github.com/myorg/myrepo.git", "https://github.com/myorg/myrepo/commit/SHA"),
        ("/a/path/to/github.com/x", ""),
        ("file:///github.com/x", ""),
        ("", ""),
    ],
)
def test_knows_the_pages_of_several_hosts(remote: str, page: str) -> None:
    assert commit_url(remote, "SHA") == page


def test_a_long_message_is_cut(origin: Repo) -> None:
    origin.empty_commit("X" * 20000)
    assert told(origin)["message"] == "X" * 10240


def test_tells_who_committed_where_that_is_somebody_else_too(origin: Repo) -> None:
    origin.git(
        "-c", "user.name=x", "commit", "--allow-empty", "-m", "x", "--author=A <a@b>", "--date=@1 +0000"
    )
    shown = told(origin)
    assert (shown["author"], shown["committer"]) == ("A", "Tester")
    assert shown["author_date"] == "1970-01-01 00:00:01 +0000"
    assert shown["committer_date"] != shown["author_date"]
