"""A check finds the objects that count, in the order of their versions, or the versions of one object."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.resources.conftest import Run
from tests.resources.faulty_server import Answer, FaultyServer
from tests.resources.s3.conftest import TestBucket

from sqnc_resources import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.s3 import Source, Version, check
from sqnc_resources.web import StatusError


def paths(source: Source, since: str | None = None) -> list[str | None]:
    return [version.path for version in check(source, since and Version(path=since))]  # type: ignore[arg-type]  # '' is none


def ids(source: Source, since: str | None = None) -> list[str | None]:
    return [version.version_id for version in check(source, Version(version_id=since) if since else None)]


# by regexp


@pytest.fixture
def releases(bucket: TestBucket) -> TestBucket:
    """Four releases, and what is none."""
    for key in (
        "app-1.9.tgz",
        "app-1.10.tgz",
        "app-1.10-rc.1.tgz",
        "app-1.2.0.tgz",
        "app-x_y.tgz.sig",
        "other",
    ):
        bucket.put(f"rel/{key}")
    bucket.put("rel/deep/app-9.tgz")
    bucket.put("app-8.tgz")
    return bucket


PATTERN = "rel/app-(.*).tgz"
ORDERED = ["rel/app-1.2.0.tgz", "rel/app-1.9.tgz", "rel/app-1.10-rc.1.tgz", "rel/app-1.10.tgz"]


def test_the_first_check_answers_with_the_newest(releases: TestBucket) -> None:
    assert paths(releases.source(regexp=PATTERN)) == ORDERED[-1:]


def test_a_check_answers_with_all_from_a_version_on(releases: TestBucket) -> None:
    source = releases.source(regexp=PATTERN)
    assert paths(source, ORDERED[1]) == ORDERED[1:]
    assert paths(source, ORDERED[3]) == ORDERED[3:]


def test_a_version_that_is_gone_still_has_its_place(releases: TestBucket) -> None:
    source = releases.source(regexp=PATTERN)
    assert paths(source, "rel/app-1.9.5.tgz") == ORDERED[2:]
    assert paths(source, "rel/app-7.tgz") == ORDERED[-1:]  # nothing comes after it
    assert paths(source, "no/app") == ORDERED[-1:]


def test_versions_that_are_equal_all_count(bucket: TestBucket) -> None:
    for key in ("a-1.0", "b-1", "c-1.0.0", "d-2"):
        bucket.put(key)
    source = bucket.source(regexp="[a-z]-(.*)")
    assert paths(source, "c-1.0.0") == ["a-1.0", "b-1", "c-1.0.0", "d-2"]


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ("^rel/app-(.*).tgz$", ORDERED),
        (r"rel/app-(\d+\.\d+).tgz", ["rel/app-1.9.tgz", "rel/app-1.10.tgz"]),
        ("r.l/app-(1.*).tgz", ORDERED),
        ("(r)el/app-(?P<version>.*)[.]tgz", ORDERED),
        ("(r)el/app-(?<version>1.*).tgz", ORDERED),
        ("(rel|lib)/app-(?P<version>1.[[:digit:]]+).tgz", ["rel/app-1.9.tgz", "rel/app-1.10.tgz"]),
        ("(?:(rel)|(lib)/deep)/app-(?P<version>1.9).tgz", ["rel/app-1.9.tgz"]),
        ("rel/de+p/app-(.*).tgz", ["rel/deep/app-9.tgz"]),
        ("app-(.*).tgz", ["app-8.tgz"]),
        ("rel/(other)", ["rel/other"]),
        ("rel/app-(.*)", [*ORDERED, "rel/app-x_y.tgz.sig"]),
        ("nothing/(.*)", []),
        ("/rel/(.*)", []),
    ],
)
def test_a_pattern_matches_whole_keys(pattern: str, keys: list[str], releases: TestBucket) -> None:
    found = paths(releases.source(regexp=pattern), keys[0] if keys else None)
    assert {re.sub(r"\.tgz(\.sig)?$", "", str(key)) for key in found} == {
        re.sub(r"\.tgz(\.sig)?$", "", key) for key in keys
    }


def test_a_pattern_without_a_group_finds_nothing_and_is_told(
    releases: TestBucket, capfd: pytest.CaptureFixture[str]
) -> None:
    assert paths(releases.source(regexp="rel/other")) == []
    assert "source.regexp: rel/other: no group finds a version" in capfd.readouterr().err


def test_what_has_no_version_is_left_out_and_told(
    bucket: TestBucket, capfd: pytest.CaptureFixture[str]
) -> None:
    for key in ("a-1", "a- x", "a-"):
        bucket.put(key)
    assert paths(bucket.source(regexp="a-(.*)")) == ["a-1"]
    assert "a- x does not count: expected a version such as" in capfd.readouterr().err


def test_nothing_is_no_version(bucket: TestBucket) -> None:
    assert paths(bucket.source(regexp="a-(.*)")) == []


def test_more_objects_than_a_page_holds_are_all_found(bucket: TestBucket) -> None:
    for number in range(105):
        bucket.put(f"n/{number}")
    source = bucket.source(regexp="n/(.*)")
    assert paths(source, "n/0") == [f"n/{number}" for number in range(105)]


def test_odd_keys_are_found(bucket: TestBucket) -> None:
    keys = ["ä ö/1+2%/<&>-1", "ä ö/1+2%/<&>-2"]
    for key in keys:
        bucket.put(key)
    assert paths(bucket.source(regexp=r"ä ö/1\+2%/<&>-(.*)"), keys[0]) == keys


def test_the_initial_path_comes_before_all_others(bucket: TestBucket) -> None:
    source = bucket.source(regexp="a-(.*)", initial_path="a-5")
    assert paths(source) == ["a-5"]
    bucket.put("a-1")
    assert paths(source) == ["a-1"]
    assert paths(source, "a-0") == ["a-5", "a-1"]
    bucket.put("a-5")
    assert paths(source, "a-0") == ["a-1", "a-5"]


def page(*names: str, outer: str = "CommonPrefixes", inner: str = "Prefix") -> Answer:
    body = "".join(f"<{outer}><{inner}>{name}</{inner}></{outer}>" for name in names)
    return Answer(body=f"<R><IsTruncated>false</IsTruncated>{body}</R>".encode())


def test_folders_that_do_not_match_are_not_listed(server: FaultyServer) -> None:
    found = page("rel/1/sub/a-1", outer="Contents", inner="Key")
    server.on("GET", "/some-bucket/", page("lib/", "rel/"), page("rel/1/", "rel/x/"), found)
    keys = {"bucket": "some-bucket", "endpoint": server.url, "regexp": r"r\w+/\d/sub/a-(.*)"}
    assert paths(read(Source, keys, "source", [])) == ["rel/1/sub/a-1"]
    assert [one.query.get("prefix", "") for one in server.received] == ["", "rel/", "rel/1/sub/"]
    assert all(one.query["delimiter"] == "/" for one in server.received)


# by version


def test_versions_of_one_object_are_found(versioned: TestBucket) -> None:
    found = [versioned.put("dir/file", b"%d" % number) for number in range(4)]
    versioned.put("dir/file2")
    source = versioned.source(versioned_file="dir/file")
    assert ids(source) == found[-1:]
    assert ids(source, found[1]) == found[1:]
    assert ids(source, "gone") == found[-1:]


def test_an_object_that_was_deleted_still_has_its_versions(versioned: TestBucket) -> None:
    found = [versioned.put("file"), versioned.put("file")]
    versioned.service.call("DELETE", f"{versioned.name}/file")
    assert ids(versioned.source(versioned_file="file"), found[0]) == found


def test_an_object_that_is_not_there_has_none(versioned: TestBucket) -> None:
    versioned.put("file2")
    assert ids(versioned.source(versioned_file="file")) == []


def test_a_bucket_that_keeps_no_versions_is_refused(bucket: TestBucket) -> None:
    source = bucket.source(versioned_file="file")
    with pytest.raises(ResourceError, match="bucket is not versioned"):
        ids(source)
    bucket.put("file")
    with pytest.raises(ResourceError, match="bucket is not versioned"):
        ids(source)


def test_what_was_there_before_the_bucket_kept_versions_is_one(bucket: TestBucket) -> None:
    bucket.put("file")
    bucket.service.bucket_versions(bucket.name)
    source = bucket.source(versioned_file="file")
    assert ids(source) == ["null"]
    second = bucket.put("file")
    assert ids(source, "null") == ["null", second]


def test_the_initial_version_comes_before_all_others(versioned: TestBucket) -> None:
    source = versioned.source(versioned_file="file", initial_version="first")
    assert ids(source) == ["first"]
    found = versioned.put("file")
    assert ids(source) == [found]
    assert ids(source, "first") == ["first", found]


def test_more_versions_than_a_page_holds_are_all_found(versioned: TestBucket) -> None:
    found = [versioned.put("file") for _ in range(103)]
    assert ids(versioned.source(versioned_file="file"), found[0]) == found


# what goes wrong


def test_a_bucket_that_is_not_there_is_an_error(bucket: TestBucket) -> None:
    with pytest.raises(StatusError, match="404 Not Found: NoSuchBucket"):
        check(replace(bucket.source(regexp="(.*)"), bucket="nowhere"), None)


def described(server: FaultyServer, **keys: Any) -> Source:
    return read(Source, {"bucket": "bbb", "endpoint": server.url, "regexp": "(.*)", **keys}, "source", [])


def test_the_wrong_region_is_told(server: FaultyServer) -> None:
    body = b"<Error><Code>PermanentRedirect</Code><Message>Use the endpoint.</Message></Error>"
    server.on("GET", "/bbb/", Answer(301, body, {"x-amz-bucket-region": "eu-west-1"}))
    with pytest.raises(
        StatusError, match=r"the bucket is in eu-west-1: expected this as source\.region_name"
    ):
        check(described(server), None)


@pytest.mark.parametrize(
    ("keys", "words"),
    [({}, "source.access_key_id is not given"), ({"access_key_id": "a", "secret_access_key": "b"}, "permit")],
)
def test_who_may_not_is_told_so(keys: dict[str, str], words: str, server: FaultyServer) -> None:
    server.on("GET", "/bbb/", Answer(403, b"<Error><Code>AccessDenied</Code></Error>"))
    with pytest.raises(StatusError, match=words):
        check(described(server, **keys), None)


@pytest.mark.parametrize(
    "first",
    [
        Answer(503, b"<Error><Code>SlowDown</Code></Error>"),
        Answer(429),
        Answer(500),
        Answer(drop=True),
        Answer(body=b"<R", cut_after=1),
    ],
)
def test_a_service_in_trouble_is_asked_again(
    first: Answer, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.on("GET", "/bbb/", first, Answer(body=b"<R><Contents><Key>1</Key></Contents></R>"))
    assert paths(described(server)) == ["1"]


def test_an_answer_that_is_no_xml_is_an_error(server: FaultyServer) -> None:
    server.on("GET", "/bbb/", Answer(body=b"<html><br>Log in"))
    with pytest.raises(ResourceError, match="expected XML from S3"):
        check(described(server), None)


def test_secrets_are_not_shown(run: Run, server: FaultyServer) -> None:
    server.on("GET", "/bbb/", Answer(403, b"<Error>not-to-be-shown</Error>"))
    source = {
        "bucket": "bbb",
        "endpoint": server.url,
        "regexp": "(.*)",
        "access_key_id": "a",
        "secret_access_key": "not-to-be-shown",
    }
    answer = run("check", "s3", {"source": source})
    assert (answer.status, answer.stdout) == (1, "")
    assert "not-to-be-shown" not in answer.stderr
