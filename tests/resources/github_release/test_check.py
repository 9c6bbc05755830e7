"""A check finds the releases that count, in their order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faulty_server import Answer, FaultyServer
from tests.resources.github_release.fake_github import REPOSITORY, FakeGitHub

from sqnc_resources import RequestError
from sqnc_resources.github_release import Version, check
from sqnc_resources.moments import Moment
from sqnc_resources.web import BodyError, StatusError

if TYPE_CHECKING:
    from tests.resources.conftest import Run
    from tests.resources.github_release.conftest import Described, Made

ALL = Version(tag="0")


@pytest.fixture(autouse=True)
def releases(github: FakeGitHub) -> None:
    github.add("v1.0.0")
    github.add("v2.0.0-rc.1", prerelease=True)
    github.add("v1.10.0")
    github.add("v3.0.0", draft=True, published_at=None)
    github.add("v1.9.0")
    github.add("not-a-version/1")


def tags(made: Made, since: Version | None = ALL, **keys: Any) -> list[str | None]:
    return [version.tag for version in check(made(**keys), since)]


def test_the_first_check_finds_the_newest(made: Made) -> None:
    assert check(made(), None) == [Version("v1.10.0", "3", Moment.parse("2024-01-01T00:00:03Z"))]


def test_releases_come_from_the_version_on_in_order(made: Made) -> None:
    assert tags(made) == ["v1.0.0", "v1.9.0", "v1.10.0"]
    assert tags(made, Version("v1.9.0", "5")) == ["v1.9.0", "v1.10.0"]
    assert tags(made, Version("v1.2.0")) == ["v1.9.0", "v1.10.0"]
    assert tags(made, Version("v9.0.0")) == ["v1.10.0"]
    assert tags(made, Version("/")) == ["v1.10.0"]


@pytest.mark.parametrize(
    ("release", "pre_release", "found"),
    [
        (True, False, ["v1.0.0", "v1.9.0", "v1.10.0"]),
        (True, True, ["v1.0.0", "v1.9.0", "v1.10.0", "v2.0.0-rc.1"]),
        (False, True, ["v2.0.0-rc.1"]),
        (False, False, ["v1.0.0", "v1.9.0", "v1.10.0", "v2.0.0-rc.1"]),
    ],
)
def test_finals_and_pre_releases_count_as_in_concourse(
    release: bool, pre_release: bool, found: list[str], made: Made
) -> None:
    assert tags(made, release=release, pre_release=pre_release) == found


def test_drafts_are_found_alone_and_with_the_time_they_were_made(made: Made) -> None:
    (draft,) = check(made(drafts=True), None)
    assert (draft.tag, str(draft.timestamp)) == ("v3.0.0", "2024-01-01T00:00:04Z")
    assert tags(made, drafts=True, access_token=None) == []  # GitHub shows them to nobody else


def test_a_constraint_chooses_versions(made: Made, github: FakeGitHub) -> None:
    github.add("v1.9")
    assert tags(made, semver_constraint="~1.9") == ["v1.9.0", "v1.9"]
    assert tags(made, semver_constraint=">= 1, < 1.10") == ["v1.0.0", "v1.9.0", "v1.9"]
    assert tags(made, semver_constraint=">= 2.0.0-0", pre_release=True) == ["v2.0.0-rc.1"]
    assert tags(made, semver_constraint="^7") == []


def test_a_filter_finds_the_version_in_the_tag(made: Made, github: FakeGitHub) -> None:
    github.add("chart-1.2.0")
    github.add("chart-1.11.0")
    charts = ["chart-1.2.0", "chart-1.11.0"]
    assert tags(made, Version("chart-1.0"), tag_filter="^chart-(.*)") == charts
    assert tags(made, tag_filter="1[.]9[.]0") == ["v1.9.0"]
    every = ["v1.0.0", "v1.9.0", "v1.10.0"]
    assert tags(made, Version("v1.0.0"), tag_filter=r"v(\d+)\.(\d+)\.0\z") == every  # the last group: minor


def test_time_orders_what_the_filter_matches(made: Made, github: FakeGitHub) -> None:
    assert tags(made, None, order_by="time") == ["not-a-version/1"]
    assert tags(made, None, order_by="time", tag_filter="^v") == ["v1.9.0"]
    since = Version("gone", "99", Moment.parse("2024-01-01T00:00:02Z"))
    assert tags(made, since, order_by="time", tag_filter="^v") == ["v1.10.0", "v1.9.0"]
    late = Version("gone", "99", Moment.parse("2030-01-01T00:00:00Z"))
    assert tags(made, late, order_by="time", tag_filter="^v") == ["v1.9.0"]
    assert tags(made, Version("v1.0.0"), order_by="time", tag_filter="^v") == ["v1.9.0"]


def test_of_two_tags_with_one_version_the_newer_one_is_last(made: Made, github: FakeGitHub) -> None:
    github.add("1.10")
    assert tags(made, None) == ["1.10"]


def test_every_page_is_read(made: Made, github: FakeGitHub) -> None:
    github.page = 2
    assert tags(made) == ["v1.0.0", "v1.9.0", "v1.10.0"]
    assert [one.query.get("page") for one in github.server.received] == [None, "2", "3"]


def test_what_has_not_changed_is_not_sent_again(made: Made, github: FakeGitHub) -> None:
    github.etags, github.page = True, 4
    first = check(made(), ALL)
    github.releases[-1]["body"] = "other words"  # on the second page
    assert check(made(), ALL) == first
    github.add("v1.11.0")
    assert [version.tag for version in check(made(), ALL)] == [*(one.tag for one in first), "v1.11.0"]
    asked = [(one.query.get("page"), "if-none-match" in one.headers) for one in github.server.received]
    assert asked == [(None, False), ("2", False), *[(None, True), ("2", True)] * 2]


def test_what_has_no_etag_is_asked_for_as_at_first(made: Made, github: FakeGitHub) -> None:
    assert check(made(), ALL) == check(made(), ALL)
    assert [one.headers.get("if-none-match") for one in github.server.received] == [None, None]


def test_what_one_may_see_is_kept_from_another(made: Made, github: FakeGitHub, temporary: Path) -> None:
    github.etags = True
    assert tags(made, drafts=True) == ["v3.0.0"]
    assert tags(made, drafts=True, access_token=None) == []
    assert tags(made, drafts=True) == ["v3.0.0"]
    assert len(list(temporary.rglob("pages.json"))) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"x": 1}', '{"x": [1, 2, 3]}'])
def test_what_is_kept_and_makes_no_sense_is_forgotten(
    text: str, made: Made, github: FakeGitHub, temporary: Path
) -> None:
    github.etags = True
    first = check(made(), ALL)
    (pages,) = temporary.rglob("pages.json")
    pages.write_text(text.replace('"x"', f'"{github.server.url}{REPOSITORY}/releases?per_page=100"'))
    assert check(made(), ALL) == first


def test_where_nothing_can_be_kept_all_is_asked_for(
    made: Made, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr("tempfile.gettempdir", fail)
    assert tags(made) == ["v1.0.0", "v1.9.0", "v1.10.0"]


def test_an_enterprise_server_and_an_older_name_of_owner(
    described: Described, server: FaultyServer, run: Run
) -> None:
    server.on("GET", f"/api/v3{REPOSITORY}/releases", Answer(body=b"[]"))
    source = {
        **described(github_api_url=f"{server.url}/api/v3"),
        "github_v4_api_url": "https://unused.test/graphql",
    }
    source["user"] = source.pop("owner")
    answer = run("check", "github-release", {"source": source})
    assert (answer.status, answer.value) == (0, [])
    assert server.received[0].headers["authorization"] == "Bearer the-token"


def test_the_whole_program_answers_as_concourse_does(described: Described, run: Run) -> None:
    request = {
        "source": described(),
        "version": {"id": "5", "tag": "v1.9.0", "timestamp": "2024-01-01T00:00:05Z"},
    }
    answer = run("check", "github-release", request)
    assert answer.value == [
        {"tag": "v1.9.0", "id": "5", "timestamp": "2024-01-01T00:00:05Z"},
        {"tag": "v1.10.0", "id": "3", "timestamp": "2024-01-01T00:00:03Z"},
    ]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            Answer(
                403,
                b'{"message": "API rate limit exceeded for 192.0.2.1."}',
                {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"},
            ),
            r"exceeded for 192.0.2.1. .*asks to wait for \d+ s: try again after .* UTC; source.access_token",
        ),
        (Answer(404, b'{"message": "Not Found"}'), "404 Not Found: Not Found .*; source.access_token is not"),
    ],
    ids=["limit", "private"],
)
def test_who_has_no_token_is_told_so(fault: Answer, words: str, made: Made, server: FaultyServer) -> None:
    server.on("GET", f"{REPOSITORY}/releases", fault)
    with pytest.raises(StatusError, match=words):
        check(made(access_token=None), None)
    assert len(server.received) == 1


def test_limits_and_failures_are_waited_out(
    made: Made, server: FaultyServer, in_no_time: list[float]
) -> None:
    secondary = b'{"message": "You have exceeded a secondary rate limit. Please wait."}'
    whole = Answer(
        body=json.dumps([{"id": 7, "tag_name": "v7", "draft": False, "prerelease": False}]).encode()
    )
    server.on(
        "GET", f"{REPOSITORY}/releases",
        Answer(403, secondary), Answer(429, headers={"Retry-After": "30"}), Answer(502), Answer(drop=True),
        Answer(body=whole.body, cut_after=9), whole,
    )  # fmt: skip
    assert check(made(), None) == [Version("v7", "7")]
    assert in_no_time[:2] == [60, 30]


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[1]",
        b'[{"tag_name": "v1"}]',
        b'[{"id": 1, "tag_name": 1}]',
        b'[{"id": 1, "created_at": "now"}]',
        b"<p>",
    ],
)
def test_what_is_no_list_of_releases_is_no_defect(body: bytes, made: Made, server: FaultyServer) -> None:
    server.on("GET", f"{REPOSITORY}/releases", Answer(body=body))
    with pytest.raises(BodyError, match="expected"):
        check(made(), None)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"tag_filter": "("}, r"source.tag_filter: expected a regular expression, got `\(`"),
        ({"semver_constraint": "newest"}, "source.semver_constraint: expected a constraint"),
        ({"order_by": "name"}, "source.order_by: expected one of `version`, `time`"),
        ({"owner": None}, "source.owner: expected a string, and it is missing"),
    ],
)
def test_what_does_not_fit_is_named(keys: dict[str, object], message: str, made: Made) -> None:
    with pytest.raises(RequestError, match=message):
        made(**keys)
