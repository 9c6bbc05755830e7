"""A put of a file that is so long that it is sent in parts."""

from __future__ import annotations

import hashlib
import threading
import zlib
from base64 import b64encode
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from tests.resources.faults import interrupted
from tests.resources.faulty_server import Answer, FaultyServer
from tests.resources.s3.conftest import PATTERN, TestBucket, described, of

from sqnc_resources import ResourceError
from sqnc_resources.s3 import PutParams, Version, put
from sqnc_resources.s3.bucket import open_bucket
from sqnc_resources.s3.parts import MOST_PARTS, parts_of
from sqnc_resources.s3.publish import in_parts
from sqnc_resources.s3.upload import PART_BYTES, Upload
from sqnc_resources.web import FilePart

LONG = 2 * PART_BYTES + 1


@pytest.fixture
def long_inputs(inputs: Path) -> Path:
    """The same, with a file that is sent in three parts."""
    with (inputs / "built" / "app-1.2.tgz").open("wb") as file:
        file.truncate(LONG)
        file.write(b"begin")
        file.seek(LONG - 3)
        file.write(b"end")
    return inputs


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
