"""A put sends one file: it is whole in the bucket afterwards, or not there at all."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from tests.resources.conftest import Run
from tests.resources.faults import interrupted, on_a_full_disk
from tests.resources.faulty_server import Answer, FaultyServer
from tests.resources.s3.conftest import DATA, PATTERN, TestBucket, described, of

from sqnc_resources import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.s3 import PutParams, Source, Version, put
from sqnc_resources.s3.upload import proof
from sqnc_resources.web import FilePart


def test_a_file_is_sent_to_the_folder_of_the_pattern(bucket: TestBucket, run: Run, inputs: Path) -> None:
    request = {"source": bucket.described(regexp=PATTERN), "params": {"file": "built/app-*.tgz"}}
    answer = run("out", "s3", request, inputs)
    key = "rel/app-1.2.tgz"
    assert answer.value == {
        "version": {"path": key},
        "metadata": [
            {"name": "filename", "value": "app-1.2.tgz"},
            {"name": "url", "value": f"{bucket.service.url}/{bucket.name}/{key}"},
        ],
    }
    assert bucket.get(key) == DATA
    assert bucket.head(key)["Content-Type"] == "application/octet-stream"


def test_a_file_is_sent_as_a_new_version(versioned: TestBucket, inputs: Path) -> None:
    before = versioned.put("dir/file")
    source = versioned.source(versioned_file="dir/file")
    result = put(source, PutParams("built/app-*"), inputs)
    found = str(result.version.version_id)
    assert found not in {before, "", "None"}
    assert versioned.get("dir/file", versionId=found) == DATA
    url = f"{versioned.service.url}/{versioned.name}/dir/file?versionId={found}"
    assert result.metadata == {"filename": "file", "url": url}


def test_a_bucket_that_keeps_no_versions_gives_none(bucket: TestBucket, inputs: Path) -> None:
    with pytest.raises(ResourceError, match="object versioning not enabled"):
        put(bucket.source(versioned_file="file"), PutParams("built/notes"), inputs)


def test_a_private_url_is_not_told(bucket: TestBucket, inputs: Path) -> None:
    result = put(bucket.source(regexp=PATTERN, private=True), PutParams("built/app-*"), inputs)
    assert result.metadata == {"filename": "app-1.2.tgz"}


def test_an_object_that_no_check_will_find_is_told(
    bucket: TestBucket, inputs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(bucket.source(regexp=PATTERN), PutParams("built/app-*"), inputs)
    assert capfd.readouterr().err == ""
    put(bucket.source(regexp=PATTERN), PutParams("built/notes"), inputs)
    assert "rel/notes: source.regexp does not match it: no check finds it" in capfd.readouterr().err
    assert bucket.get("rel/notes") == b"notes"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("built/*", r"matches built/app-1.2.tgz, built/notes: expected exactly one file"),
        ("other/*", "matches nothing; the inputs are built"),
    ],
)
def test_exactly_one_file_must_match(pattern: str, words: str, server: FaultyServer, inputs: Path) -> None:
    with pytest.raises(ResourceError, match=words):
        put(described(server), PutParams(pattern), inputs)
    assert not server.received


KEY = "/bbb/rel/app-1.2.tgz"


def test_an_object_is_made_with_what_source_and_params_say(server: FaultyServer, inputs: Path) -> None:
    server.on("PUT", KEY, Answer())
    source = described(
        server, server_side_encryption="aws:kms", sse_kms_key_id="key-1", checksum_algorithm="SHA256"
    )
    put(source, PutParams("built/app-*", acl="public-read", content_type="application/gzip"), inputs)
    (asked,) = server.received
    digest = hashlib.sha256(DATA)
    expected = {
        "content-type": "application/gzip", "x-amz-acl": "public-read",
        "x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
        "x-amz-content-sha256": digest.hexdigest(), "x-amz-sdk-checksum-algorithm": "SHA256",
        "x-amz-checksum-sha256": b64encode(digest.digest()).decode(), "content-length": "100000",
    }  # fmt: skip
    assert {name: asked.headers[name] for name in expected} == expected
    assert asked.body == DATA


def test_what_nothing_is_said_of_is_left_to_the_service(server: FaultyServer, inputs: Path) -> None:
    server.on("PUT", KEY, Answer())
    put(described(server), PutParams("built/app-*"), inputs)
    put(described(server, skip_s3_checksums=True), PutParams("built/app-*"), inputs)
    usual, skipped = ({name for name in one.headers if name.startswith("x-amz-")} for one in server.received)
    crc = b64encode(zlib.crc32(DATA).to_bytes(4, "big")).decode()
    assert server.received[0].headers["x-amz-checksum-crc32"] == crc
    assert usual - skipped == {"x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm"}
    assert skipped == {"x-amz-content-sha256", "x-amz-date"}


def test_nothing_is_signed_by_nobody(server: FaultyServer, inputs: Path) -> None:
    server.on("PUT", KEY, Answer())
    keys = {"access_key_id": None, "secret_access_key": None}
    put(described(server, **keys), PutParams("built/app-*"), inputs)
    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize(
    ("params", "key"),
    [
        ({"from": "built/(.*)-(.*).tgz", "to": "out/$1/${2}.tgz"}, "out/app/1.2.tgz"),
        ({"from": "built/(?P<name>no.*)", "to": "${name}-$0-$$-$1x$9"}, "notes-built/notes-$-"),
        ({"from": "notes", "to": "texts/"}, "texts/notes"),
        ({"from": "app"}, "app-1.2.tgz"),
        ({"from": "notes", "to": "/texts/"}, "/texts/notes"),
        ({"file": "built/notes", "to": "texts/"}, "texts/notes"),
        ({"file": "built/notes", "to": "texts/other"}, "texts/other"),
    ],
)
def test_the_older_params_still_work(
    params: dict[str, str], key: str, bucket: TestBucket, inputs: Path
) -> None:
    found = read(PutParams, params, "params", [])
    assert put(bucket.source(regexp=r"(\d)"), found, inputs).version == Version(path=key)
    assert bucket.service.keys(bucket.name) == [key]


def test_neither_key_takes_what_a_link_leads_out_to(bucket: TestBucket, inputs: Path) -> None:
    (inputs / "built/link-9").symlink_to(__file__)
    for params in (PutParams(from_="link"), PutParams(file="built/link*")):
        with pytest.raises(ResourceError, match=r"^built/link-9: .* a link leads out of them"):
            put(bucket.source(regexp=r"link-(\d)"), params, inputs)


def test_from_matches_exactly_one_file(bucket: TestBucket, inputs: Path) -> None:
    with pytest.raises(ResourceError, match=r"params\.from: `built` matches built/app-1.2.tgz, built/notes:"):
        put(bucket.source(regexp=r"(\d)"), PutParams(from_="built"), inputs)


# in parts


# what goes wrong


@pytest.mark.usefixtures("in_no_time")
def test_a_service_in_trouble_is_asked_again(server: FaultyServer, inputs: Path) -> None:
    slow_down = Answer(503, b"<Error><Code>SlowDown</Code></Error>")
    server.on("PUT", KEY, slow_down, Answer(take=1000), Answer(429), Answer())
    put(described(server), PutParams("built/app-*"), inputs)
    assert server.asked("PUT")[-1].body == DATA


@pytest.mark.usefixtures("in_no_time")
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Answer(take=1000), "no answer"),
        (Answer(drop=True), "no answer"),
        (Answer(503, b"<Error><Code>SlowDown</Code></Error>"), "503 Service Unavailable: SlowDown"),
        (Answer(400, b"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>"), "XAmzContentSHA256Mismatch"),
        (Answer(403, b"<Error><Code>AccessDenied</Code></Error>"), "403 Forbidden: AccessDenied"),
    ],
    ids=["cut", "dropped", "slow down", "other bytes", "forbidden"],
)
def test_what_is_not_taken_is_not_reported_as_done(
    fault: Answer, words: str, server: FaultyServer, inputs: Path
) -> None:
    server.on("PUT", KEY, fault)
    with pytest.raises(ResourceError, match=words):
        put(described(server), PutParams("built/app-*"), inputs)


def test_sigterm_in_the_middle_is_no_answer(server: FaultyServer, inputs: Path) -> None:
    server.on("PUT", KEY, Answer(late_s=30))
    request = {"source": of(server), "params": {"file": "built/app-*"}}
    answer = interrupted("out", "s3", request, inputs, when=lambda: server.asked("PUT"))
    assert (answer.status, answer.stdout) == (143, "")


def test_a_put_needs_no_room_on_the_disk(bucket: TestBucket, inputs: Path) -> None:
    request = {"source": bucket.described(regexp=PATTERN), "params": {"file": "built/app-*"}}
    answer = on_a_full_disk("out", "s3", request, inputs, room_bytes=0)
    assert answer.status == 0, answer.stderr
    assert bucket.get("rel/app-1.2.tgz") == DATA


def test_a_file_that_changes_while_it_is_sent_is_refused_by_its_digest(
    server: FaultyServer, inputs: Path
) -> None:
    file = inputs / "built" / "app-1.2.tgz"

    def taken(asked: Any) -> Answer:
        same = hashlib.sha256(asked.body).hexdigest() == asked.headers["x-amz-content-sha256"]
        return Answer(200 if same else 400, b"" if same else b"<Error><Code>BadDigest</Code></Error>")

    server.otherwise(taken)
    source = described(server)
    put(source, PutParams("built/app-*"), inputs)

    def proof_and_change(part: FilePart, source: Source) -> dict[str, str]:
        headers = proof(part, source)
        file.write_bytes(DATA[::-1])
        return headers

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sqnc_resources.s3.publish.proof", proof_and_change)
        with pytest.raises(ResourceError, match="BadDigest"):
            put(source, PutParams("built/app-*"), inputs)
