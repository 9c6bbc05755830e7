"""What a get tells of the commit: metadata, and files under `.git`."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.git.files import fill

if TYPE_CHECKING:
    from tests.resources.git.conftest import Get, Repo

ALICE = {
    "GIT_AUTHOR_NAME": "Älice",
    "GIT_AUTHOR_EMAIL": "alice@example.com",
    "GIT_AUTHOR_DATE": "2001-02-03T04:05:06+0100",
    "GIT_COMMITTER_NAME": "Bob",
    "GIT_COMMITTER_EMAIL": "bob@example.com",
    "GIT_COMMITTER_DATE": "2011-12-13T14:15:16-0200",
}


@pytest.fixture
def alice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ALICE.items():
        monkeypatch.setenv(name, value)


def commit_now(repo: Repo, *message: str) -> str:
    """Commit as the environment says."""
    repo.git("commit", "--quiet", "--allow-empty", "-m", "\n\n".join(message))
    return repo.head


@pytest.mark.usefixtures("alice")
def test_writes_every_file_byte_for_byte(origin: Repo, get: Get) -> None:
    ref = commit_now(origin, "a subject", "and a body")
    for tag in ("v1.0.0", "v1.0.0-rc1", "latest"):
        origin.git("tag", tag)
    got = get(origin)
    assert {name: got.file(name) for name in (*FILES, "metadata.json")} == {
        "ref": f"{ref}\n",
        "short_ref": ref[:7],
        "commit": f"{ref}\n",
        "branch": "master\n",
        "tags": "latest,v1.0.0,v1.0.0-rc1\n",
        "author": "Älice\n",
        "author_date": "2001-02-03 04:05:06 +0100\n",
        "committer": "alice@example.com",  # the author, whom scripts mail to
        "committer_name": "Älice",
        "committer_date": "2011-12-13 14:15:16 -0200\n",
        "commit_message": "a subject\n\nand a body\n",
        "commit_timestamp": "2011-12-13 14:15:16 -0200\n",
        "describe_ref": got.file("describe_ref"),
        "url": "",
        "metadata.json": json.dumps(
            [
                {"name": "commit", "value": ref},
                {"name": "author", "value": "Älice"},
                {"name": "author_date", "value": "2001-02-03 04:05:06 +0100", "type": "time"},
                {"name": "committer", "value": "Bob"},
                {"name": "committer_date", "value": "2011-12-13 14:15:16 -0200", "type": "time"},
                {"name": "branch", "value": "master"},
                {"name": "tags", "value": "latest,v1.0.0,v1.0.0-rc1"},
                {"name": "message", "value": "a subject\n\nand a body\n", "type": "message"},
            ],
            indent=2,
            ensure_ascii=False,
        )
        + "\n",
    }
    assert got.file("describe_ref") == f"{ref[:7]}\n"  # no annotated tag


FILES = (
    *("ref", "short_ref", "commit", "branch", "tags", "author", "author_date"),
    *("committer", "committer_name", "committer_date"),
    *("commit_message", "commit_timestamp", "describe_ref", "url"),
)


def test_answers_with_what_metadata_json_holds(origin: Repo, get: Get) -> None:
    origin.commit()
    got = get(origin)
    assert json.loads(got.file("metadata.json")) == got.result.metadata
    assert [fact.get("type") for fact in map(dict, got.result.metadata) if "type" in fact] == [
        "time",
        "time",
        "message",
    ]


def test_what_is_not_known_is_an_empty_file(origin: Repo, get: Get) -> None:
    first = origin.commit()
    origin.commit()
    got = get(origin, first)
    for name in ("branch", "tags", "url"):
        assert got.file(name) == ""
        assert name not in got.metadata


def test_tells_the_branch_and_the_tags(origin: Repo, get: Get) -> None:
    on_branch, on_master = origin.commit(branch="branch-a"), origin.commit()
    got = get({"uri": str(origin.path), "branch": "branch-a"}, into="branch-a")
    assert got.metadata["commit"] == on_branch
    assert got.metadata["branch"] == "branch-a"
    assert got.file("branch") == "branch-a\n"
    origin.git("tag", "v1.1-pre", on_master)
    origin.git("tag", "v1.1-final", on_master)
    got = get(origin, on_master)
    assert got.metadata["branch"] == "master"
    assert got.file("branch") == "master\n"
    assert got.metadata["tags"] == "v1.1-final,v1.1-pre"


@pytest.mark.parametrize(
    ("fetch_tags", "tags"), [("false", None), ("true", "v1.1-branch-b,v1.1-final,v1.1-pre")]
)
def test_tells_annotated_tags_where_they_are_fetched(
    origin: Repo, get: Get, fetch_tags: str, tags: str | None
) -> None:
    origin.commit(branch="branch-a")
    for tag in ("v1.1-pre", "v1.1-final", "v1.1-branch-b"):
        origin.tag(tag, f"tag {tag}")
    got = get({"uri": str(origin.path), "branch": "branch-a"}, fetch_tags=fetch_tags)
    assert got.metadata.get("tags") == tags


def test_writes_the_ref_of_the_version(origin: Repo, get: Get) -> None:
    ref = origin.commit()
    staging, production = origin.tag("1.0-staging", "other tag"), origin.tag("0.9-production", "a tag")
    origin.commit()
    for version in (ref, staging, production):
        got = get(origin, version, into=version, short_ref_format="test-%s")
        assert got.file("ref") == f"{version}\n"
        assert got.file("short_ref") == f"test-{version[:7]}"
        assert got.file("commit") == f"{ref}\n"
        assert got.file("describe_ref") == "0.9-production\n"


def test_describes_with_the_options_that_are_asked_for(origin: Repo, get: Get) -> None:
    origin.commit()
    origin.tag("v1", "one")
    origin.tag("w2", "two")
    ref = origin.commit()
    for number, (options, described) in enumerate(
        (
            ("--always --dirty --broken", f"w2-1-g{ref[:7]}"),
            ("--long --match 'v*'", f"v1-1-g{ref[:7]}"),
            ("--match none", ""),
        )
    ):
        got = get(origin, into=str(number), describe_ref_options=options)
        assert got.file("describe_ref") == f"{described}\n"
    with pytest.raises(ResourceError, match=r"params\.describe_ref_options: `'`: No closing quotation"):
        get(origin, describe_ref_options="'")


@pytest.mark.parametrize(
    "timestamp_format", ["iso8601", "iso-strict", "rfc", "short", "raw", "unix", "format:%Y at %H"]
)
def test_writes_the_timestamp_as_asked_for(origin: Repo, get: Get, timestamp_format: str) -> None:
    origin.commit()
    got = get(origin, timestamp_format=timestamp_format)
    expected = origin.git("log", "-1", f"--date={timestamp_format}", "--format=%cd")
    assert got.file("commit_timestamp") == f"{expected}\n"


def test_writes_the_whole_message_and_tells_its_beginning(origin: Repo, get: Get) -> None:
    message = "x" * 10239 + "é" + "y" * 5000
    origin.empty_commit(message)
    got = get(origin)
    assert got.file("commit_message") == f"{message}\n"
    assert got.metadata["message"] == "x" * 10239 + "\N{REPLACEMENT CHARACTER}"


def test_a_message_that_is_no_utf_8_is_kept_as_it_is(origin: Repo, get: Get) -> None:
    commit = origin.git("cat-file", "commit", "HEAD").removesuffix("init").encode() + b"caf\xe9\n"
    hashed = subprocess.run(
        ["git", "-C", origin.path, "hash-object", "-t", "commit", "-w", "--stdin"],
        input=commit,
        stdout=subprocess.PIPE,
        check=True,
    )  # `git commit` would make it UTF-8
    origin.git("reset", "--quiet", "--hard", hashed.stdout.decode().strip())
    got = get(origin)
    assert (got.repo.path / ".git" / "commit_message").read_bytes() == b"caf\xe9\n"
    assert got.metadata["message"] == "caf\N{REPLACEMENT CHARACTER}\n"
    assert json.loads(got.file("metadata.json"))[-1]["value"] == got.metadata["message"]


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("%s", "abcdefg"),
        ("", ""),
        ("v%s-%s", "vabcdefg-abcdefg"),
        ("100%%", "100%"),
        ("%.3s", "abc"),
        ("%9s|%-9s|", "  abcdefg|abcdefg  |"),
    ],
)
def test_fills_a_printf_format(template: str, filled: str) -> None:
    assert fill(template, "abcdefg") == filled


@pytest.mark.parametrize("template", ["%", "%d", "%s%", "%*s"])
def test_refuses_other_places_in_a_printf_format(template: str) -> None:
    with pytest.raises(ResourceError, match=r"params\.short_ref_format: .*expected no place but %s"):
        fill(template, "abcdefg")
