"""A put sends one file: it is whole in the bucket afterwards, or not there at all."""

from __future__ import annotations

import hashlib
import os
import threading
import zlib
from base64 import b64encode
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from tests.resources.conftest import Run
from tests.resources.faults import interrupted, on_a_full_disk
from tests.resources.faulty_server import Answer, FaultyServer
from tests.resources.s3.conftest import TestBucket

from sqnc_resources import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.s3 import PutParams, Source, Version, put
from sqnc_resources.s3.bucket import open_bucket
from sqnc_resources.s3.parts import MOST_PARTS, parts_of
from sqnc_resources.s3.store import PART_BYTES, Upload, in_parts, proof
from sqnc_resources.web import FilePart

DATA = os.urandom(100_000)
PATTERN = "rel/app-(.*).tgz"
LONG = 2 * PART_BYTES + 1


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with one release in it."""
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "app-1.2.tgz").write_bytes(DATA)
    (tmp_path / "built" / "notes").write_text("notes")
    return tmp_path


@pytest.fixture
def long_inputs(inputs: Path) -> Path:
    """The same, with a file that is sent in three parts."""
    with (inputs / "built" / "app-1.2.tgz").open("wb") as file:
        file.truncate(LONG)
        file.write(b"begin")
        file.seek(LONG - 3)
        file.write(b"end")
    return inputs


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


def described(server: FaultyServer, **keys: Any) -> Source:
    return read(Source, of(server, **keys), "source", [])


def of(server: FaultyServer, **keys: Any) -> dict[str, Any]:
    given = {"bucket": "bbb", "endpoint": server.url, "access_key_id": "a", "secret_access_key": "b"}
    return {**given, "regexp": PATTERN, **keys}


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


def test_a_long_file_is_sent_in_parts(versioned: TestBucket, long_inputs: Path) -> None:
    source = versioned.source(regexp=PATTERN, checksum_algorithm="SHA1")
    put(source, PutParams("built/app-*", content_type="text/x"), long_inputs)
    key = "rel/app-1.2.tgz"
    assert versioned.get(key) == (long_inputs / "built" / "app-1.2.tgz").read_bytes()
    assert versioned.head(key)["Content-Type"] == "text/x"
    assert versioned.head(key)["ETag"].endswith('-3"')
    assert versioned.service.uploads(versioned.name) == []


def test_a_long_file_may_be_a_version(versioned: TestBucket, long_inputs: Path) -> None:
    result = put(versioned.source(versioned_file="file"), PutParams("built/app-*"), long_inputs)
    assert len(versioned.get("file", versionId=str(result.version.version_id))) == LONG


@pytest.mark.parametrize(
    "size", [PART_BYTES + 1, PART_BYTES * MOST_PARTS, PART_BYTES * MOST_PARTS + 1, 1 << 42]
)
def test_a_file_of_any_size_has_parts_enough(size: int, tmp_path: Path) -> None:
    parts = list(parts_of(FilePart(tmp_path, 0, size)))
    assert 1 < len(parts) <= MOST_PARTS
    assert [part.offset for part in parts[1:]] == list(accumulate(part.length for part in parts))[:-1]
    assert sum(part.length for part in parts) == size
    assert min(part.length for part in parts[:-1]) >= PART_BYTES


def test_parts_are_sent_at_once(server: FaultyServer, long_inputs: Path) -> None:
    parts, both = Parts(server), threading.Barrier(2, timeout=20)

    def together(asked: Any) -> Answer:
        if asked.query.get("partNumber") in {"1", "2"}:
            both.wait()
        return parts.answer(asked)

    server.otherwise(together)
    put(described(server), PutParams("built/app-*"), long_inputs)
    assert server.asked("POST")[0].headers["x-amz-checksum-algorithm"] == "CRC32"
    found = ET.fromstring(server.asked("POST")[-1].body)
    assert [one.text for one in found.iterfind(".//{*}PartNumber")] == ["1", "2", "3"]
    sums = [one.text for one in found.iterfind(".//{*}ChecksumCRC32")]
    assert sums == [
        b64encode(zlib.crc32(parts.bodies[number]).to_bytes(4, "big")).decode() for number in "123"
    ]


@pytest.mark.parametrize("endpoint", ["", "https://storage.googleapis.com"])
def test_a_long_file_may_be_sent_in_one_piece(endpoint: str, server: FaultyServer, long_inputs: Path) -> None:
    upload = Upload(FilePart(long_inputs / "built" / "app-1.2.tgz"), "key")
    one_piece = {"endpoint": endpoint} if endpoint else {"disable_multipart": True}
    assert not in_parts(open_bucket(described(server, **one_piece)), upload)
    assert in_parts(open_bucket(described(server)), upload)


# what goes wrong


@pytest.fixture
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


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


class Parts:
    """A service that takes parts, and does wrong what it is told to."""

    def __init__(self, server: FaultyServer, **faults: Answer) -> None:
        self.server = server
        self.bodies: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.faults = faults
        server.otherwise(self.answer)

    def answer(self, asked: Any) -> Answer:
        query = asked.query
        kind = (
            f"{asked.method} {query.get('partNumber') or next(iter(urlsplit(asked.target).query.split('=')))}"
        )
        self.calls.append(kind)
        name = kind.lower().replace(" ", "_")
        if name in self.faults:
            return self.faults[name]
        if asked.method == "PUT":
            self.bodies[query["partNumber"]] = asked.body
            return Answer(headers={"ETag": f'"{hashlib.md5(asked.body).hexdigest()}"'})
        if asked.method == "DELETE":
            return Answer(204)
        if kind == "POST uploads":
            return Answer(body=b"<R><UploadId>id/1</UploadId></R>")
        return Answer(body=b"<CompleteMultipartUploadResult/>")


@pytest.mark.usefixtures("in_no_time")
@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"put_2": Answer(500)}, "500 Internal Server Error"),
        ({"put_3": Answer(drop=True)}, "no answer"),
        ({"post_uploadid": Answer(400, b"<Error><Code>InvalidPart</Code></Error>")}, "InvalidPart"),
        (
            {"post_uploadid": Answer(body=b"<Error><Code>InternalError</Code></Error>")},
            "could not put the parts together: InternalError",
        ),
        ({"post_uploadid": Answer(drop=True)}, "no answer"),
    ],
    ids=["part", "connection", "refused", "error in 200", "unknown"],
)
def test_parts_that_make_no_object_are_removed(
    faults: dict[str, Answer], words: str, server: FaultyServer, long_inputs: Path
) -> None:
    parts = Parts(server, **faults)
    with pytest.raises(ResourceError, match=words):
        put(described(server), PutParams("built/app-*"), long_inputs)
    assert parts.calls[-1] == "DELETE uploadId"
    assert server.asked("DELETE")[0].query == {"uploadId": "id/1"}


def test_parts_are_removed_when_none_is_on_its_way_any_more(server: FaultyServer, long_inputs: Path) -> None:
    parts, removed_before = Parts(server, put_2=Answer(400)), []

    def late(asked: Any) -> Answer:
        if asked.query.get("partNumber") == "1":
            server.stopped.wait(0.3)
            removed_before.append("DELETE uploadId" in parts.calls)
        return parts.answer(asked)

    server.otherwise(late)
    with pytest.raises(ResourceError, match="400 Bad Request"):
        put(described(server), PutParams("built/app-*"), long_inputs)
    assert (removed_before, parts.calls[-1]) == ([False], "DELETE uploadId")


def etag_of_parts(file: Path) -> str:
    content = file.read_bytes()
    parts = [content[start : start + PART_BYTES] for start in range(0, LONG, PART_BYTES)]
    return f'"{hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()}-3"'


@pytest.mark.usefixtures("in_no_time")
@pytest.mark.parametrize("is_ours", [True, False])
def test_parts_are_together_where_only_the_answer_was_lost(
    is_ours: bool, server: FaultyServer, long_inputs: Path
) -> None:
    Parts(server, post_uploadid=Answer(404, b"<Error><Code>NoSuchUpload</Code></Error>"))
    entity = etag_of_parts(long_inputs / "built" / "app-1.2.tgz") if is_ours else '"another-3"'
    server.on("HEAD", "/bbb/file", Answer(headers={"ETag": entity, "x-amz-version-id": "v1"}))
    source = described(server, regexp=None, versioned_file="file")
    if is_ours:
        assert put(source, PutParams("built/app-*"), long_inputs).version == Version(version_id="v1")
        return
    with pytest.raises(ResourceError, match="NoSuchUpload"):
        put(source, PutParams("built/app-*"), long_inputs)
    assert server.asked("DELETE")


@pytest.mark.usefixtures("in_no_time")
def test_parts_that_cannot_be_put_together_at_once_are_later(server: FaultyServer, long_inputs: Path) -> None:
    faults = {"post_uploadid": Answer(body=b"<Error><Code>InternalError</Code></Error>")}
    parts = Parts(server, **faults)

    def once(asked: Any) -> Answer:
        found = parts.answer(asked)
        if parts.calls[-1] == "POST uploadId":
            parts.faults.clear()
        return found

    server.otherwise(once)
    put(described(server), PutParams("built/app-*"), long_inputs)
    assert parts.calls[-2:] == ["POST uploadId", "POST uploadId"]


@pytest.mark.usefixtures("in_no_time")
def test_parts_that_cannot_be_removed_are_told(
    server: FaultyServer, long_inputs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    Parts(server, put_2=Answer(400), delete_uploadid=Answer(403))
    with pytest.raises(ResourceError, match="400 Bad Request"):
        put(described(server), PutParams("built/app-*"), long_inputs)
    assert "parts of rel/app-1.2.tgz stay at the service, upload id/1: " in capfd.readouterr().err


def test_no_upload_is_begun_without_an_id(server: FaultyServer, long_inputs: Path) -> None:
    parts = Parts(server, post_uploads=Answer(body=b"<R/>"))
    with pytest.raises(ResourceError, match="expected an UploadId"):
        put(described(server), PutParams("built/app-*"), long_inputs)
    assert parts.calls == ["POST uploads"]


def test_sigterm_in_the_middle_of_parts_removes_them(server: FaultyServer, long_inputs: Path) -> None:
    parts = Parts(server, put_3=Answer(late_s=30))
    request = {"source": of(server), "params": {"file": "built/app-*"}}
    answer = interrupted("out", "s3", request, long_inputs, when=lambda: "PUT 3" in parts.calls)
    assert (answer.status, answer.stdout) == (143, "")
    assert "DELETE uploadId" in parts.calls


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
        patch.setattr("sqnc_resources.s3.store.proof", proof_and_change)
        with pytest.raises(ResourceError, match="BadDigest"):
            put(source, PutParams("built/app-*"), inputs)
