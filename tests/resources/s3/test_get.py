"""A get writes the object whole, and what there is to say about it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from tests.resources.conftest import Run
from tests.resources.faults import interrupted, on_a_full_disk
from tests.resources.faulty_server import Answer, FaultyServer
from tests.resources.s3.conftest import TestBucket
from tests.resources.s3.service import POOL

from sqnc_resources import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.s3 import GetParams, Source, Version, get
from sqnc_resources.web import BodyError

DATA = os.urandom(300_000)
KEY = "rel/app-1.2.tgz"
PATTERN = "rel/app-(.*).tgz"
AT = Version(path=KEY)


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_everything_is_written(bucket: TestBucket, run: Run, tmp_path: Path) -> None:
    bucket.put(KEY, DATA)
    request = {"source": bucket.described(regexp=PATTERN), "version": {"path": KEY}}
    answer = run("in", "s3", request, tmp_path / "got")
    url = f"{bucket.service.url}/{bucket.name}/{KEY}"
    assert files(tmp_path / "got") == {
        "app-1.2.tgz": DATA, "version": b"1.2", "url": url.encode(),
        "s3_uri": f"s3://{bucket.name}/{KEY}".encode(),
    }  # fmt: skip
    assert answer.value == {
        "version": {"path": KEY},
        "metadata": [{"name": "filename", "value": "app-1.2.tgz"}, {"name": "url", "value": url}],
    }
    assert answer.stderr == ""


def test_a_version_of_one_object_is_fetched(versioned: TestBucket, tmp_path: Path) -> None:
    first, second = versioned.put("dir/file", b"first"), versioned.put("dir/file", b"second")
    source = versioned.source(versioned_file="dir/file")
    for found, content in ((first, b"first"), (second, b"second")):
        get(source, Version(version_id=found), GetParams(), tmp_path)
        url = f"{versioned.service.url}/{versioned.name}/dir/file?versionId={found}"
        assert files(tmp_path) == {
            "file": content, "version": found.encode(), "url": url.encode(),
            "s3_uri": f"s3://{versioned.name}/dir/file".encode(),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "params", "there"),
    [
        ({}, GetParams(), True),
        ({"skip_download": True}, GetParams(), False),
        ({"skip_download": True}, GetParams(skip_download=False), True),
        ({}, GetParams(skip_download=True), False),
    ],
)
def test_a_download_may_be_left_out(
    keys: dict[str, Any], params: GetParams, there: bool, request: pytest.FixtureRequest
) -> None:
    bucket, folder = request.getfixturevalue("bucket"), request.getfixturevalue("tmp_path")
    bucket.put(KEY, DATA)
    get(bucket.source(regexp=PATTERN, **keys), AT, params, folder)
    assert set(files(folder)) == {"version", "url", "s3_uri"} | ({"app-1.2.tgz"} if there else set())


def test_tags_are_written_where_they_are_asked_for(bucket: TestBucket, tmp_path: Path) -> None:
    bucket.put(KEY, DATA, **{"x-amz-tagging": "team=a%20b&env=%C3%BC"})
    get(bucket.source(regexp=PATTERN), AT, GetParams(download_tags=True), tmp_path)
    assert (tmp_path / "tags.json").read_text() == '{"env":"ü","team":"a b"}'


def test_the_tags_of_a_version_are_its_own(versioned: TestBucket, tmp_path: Path) -> None:
    first = versioned.put("file", b"", **{"x-amz-tagging": "n=1"})
    versioned.put("file", b"", **{"x-amz-tagging": "n=2"})
    source = versioned.source(versioned_file="file")
    get(source, Version(version_id=first), GetParams(download_tags=True), tmp_path)
    assert json.loads((tmp_path / "tags.json").read_text()) == {"n": "1"}


def test_a_private_bucket_has_a_signed_url_and_tells_nobody(bucket: TestBucket, tmp_path: Path) -> None:
    bucket.put(KEY, DATA)
    result = get(bucket.source(regexp=PATTERN, private=True), AT, GetParams(), tmp_path)
    assert result.metadata == {"filename": "app-1.2.tgz"}
    url = (tmp_path / "url").read_text()
    assert url.startswith(f"{bucket.service.url}/{bucket.name}/{KEY}?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "&X-Amz-Expires=86400&" in url
    assert POOL.request("GET", url).data == DATA


def test_a_url_cannot_be_signed_by_nobody(bucket: TestBucket, tmp_path: Path) -> None:
    bucket.put(KEY, DATA)
    keys = {"access_key_id": None, "secret_access_key": None, "private": True}
    with pytest.raises(
        ResourceError, match=r"source\.private: a URL is signed, and there are no credentials"
    ):
        get(bucket.source(regexp=PATTERN, **keys), AT, GetParams(), tmp_path)


def test_a_version_is_what_the_source_has_versions_of(versioned: TestBucket, tmp_path: Path) -> None:
    found = versioned.put("file", b"content")
    both = Version(path="file", version_id=found)
    assert get(versioned.source(versioned_file="file"), both, GetParams(), tmp_path).version == Version(
        version_id=found
    )
    assert get(versioned.source(regexp="(file)"), both, GetParams(), tmp_path).version == Version(path="file")
    assert (tmp_path / "version").read_text() == "file"


# the initial version


@pytest.mark.parametrize(
    ("keys", "content"),
    [
        ({}, b""),
        ({"initial_content_text": "ä\n"}, "ä\n".encode()),
        ({"initial_content_binary": base64.b64encode(b"\0\xff").decode() + "\n"}, b"\0\xff"),
    ],
)
def test_the_initial_version_is_written_and_never_asked_for(
    keys: dict[str, str], content: bytes, server: FaultyServer, tmp_path: Path
) -> None:
    for more, version, number in (
        ({"regexp": PATTERN, "initial_path": KEY}, AT, b"1.2"),
        ({"versioned_file": KEY, "initial_version": "v0"}, Version(version_id="v0"), b"v0"),
    ):
        source = read(Source, {"bucket": "bbb", "endpoint": server.url, **more, **keys}, "source", [])
        result = get(source, version, GetParams(unpack=True), tmp_path)
        assert files(tmp_path) == {"app-1.2.tgz": content, "version": number}
        assert (result.version, result.metadata) == (version, {"filename": "app-1.2.tgz"})
    assert not server.received


def test_initial_content_that_is_no_base64_is_refused(bucket: TestBucket, tmp_path: Path) -> None:
    source = bucket.source(regexp=PATTERN, initial_path=KEY, initial_content_binary="!")
    with pytest.raises(ResourceError, match="failed to decode initial_content_binary"):
        get(source, AT, GetParams(), tmp_path)


# archives


def packed(**contents: bytes) -> bytes:
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w:gz") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return found.getvalue()


def test_an_archive_is_unpacked_in_its_place(bucket: TestBucket, tmp_path: Path) -> None:
    bucket.put(KEY, packed(**{"a": b"1", "app-1.2.tgz": b"inside", "version": b"theirs"}))
    get(bucket.source(regexp=PATTERN), AT, GetParams(unpack=True), tmp_path)
    found = files(tmp_path)
    assert {name: found[name] for name in ("a", "app-1.2.tgz", "version")} == {
        "a": b"1", "app-1.2.tgz": b"inside", "version": b"1.2",
    }  # fmt: skip
    assert set(found) == {"a", "app-1.2.tgz", "version", "url", "s3_uri"}
    assert {path.name for path in tmp_path.iterdir()} == set(found)


def test_what_is_no_archive_is_not_unpacked(bucket: TestBucket, tmp_path: Path) -> None:
    bucket.put(KEY, b"text")
    with pytest.raises(ResourceError, match=r"app-1.2.tgz: expected a tar or zip archive"):
        get(bucket.source(regexp=PATTERN), AT, GetParams(unpack=True), tmp_path)
    assert files(tmp_path) == {}


# what goes wrong


def test_an_object_that_is_not_there_is_an_error(bucket: TestBucket, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=rf"there is no s3://{bucket.name}/{KEY}"):
        get(bucket.source(regexp=PATTERN), AT, GetParams(), tmp_path)


@pytest.mark.parametrize(
    ("keys", "version", "words"),
    [
        ({"regexp": PATTERN}, Version(), "missing path in request"),
        ({"regexp": PATTERN}, Version(path="other"), "regex does not match provided version: other"),
        ({"versioned_file": "f"}, Version(path="f"), r"version\.version_id: missing"),
        ({"regexp": r"(.*)"}, Version(path="a/.."), "whose end is the name of a file"),
    ],
)
def test_a_version_of_something_else_is_refused(
    keys: dict[str, str], version: Version, words: str, tmp_path: Path
) -> None:
    source = read(Source, {"bucket": "bbb", **keys}, "source", [])
    with pytest.raises(ResourceError, match=words):
        get(source, version, GetParams(), tmp_path)


@pytest.fixture
def faulty(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> FaultyServer:
    """A service of one object, whose HEAD is right; nobody waits."""
    server.on("HEAD", f"/bbb/{KEY}", whole())
    monkeypatch.setattr("time.sleep", lambda _: None)
    return server


def whole(**faults: Any) -> Answer:
    headers = {"ETag": f'"{hashlib.md5(DATA).hexdigest()}"', "Content-Length": str(len(DATA))}
    return Answer(**{"body": DATA, "headers": headers, "ranges": True, **faults})


def described(server: FaultyServer, **keys: Any) -> dict[str, Any]:
    return {"bucket": "bbb", "endpoint": server.url, "regexp": PATTERN, **keys}


def fetched(server: FaultyServer, folder: Path, **keys: Any) -> bytes:
    get(read(Source, described(server, **keys), "source", []), AT, GetParams(), folder)
    return (folder / "app-1.2.tgz").read_bytes()


def test_a_download_that_breaks_is_resumed(faulty: FaultyServer, tmp_path: Path) -> None:
    headers = {"ETag": f'"{hashlib.md5(DATA).hexdigest()}"'}
    broken = Answer(body=DATA, headers=headers, cut_after=100_000)
    slow_down = Answer(503, b"<Error><Code>SlowDown</Code></Error>")
    faulty.on("GET", f"/bbb/{KEY}", broken, slow_down, Answer(body=DATA, headers=headers, ranges=True))
    assert fetched(faulty, tmp_path, access_key_id="a", secret_access_key="b") == DATA
    asked = faulty.asked("GET")
    assert [one.headers.get("range") for one in asked] == [None, "bytes=100000-", "bytes=100000-"]
    assert {one.headers["if-match"] for one in asked} == {headers["ETag"]}
    assert all(one.headers["authorization"].startswith("AWS4-HMAC-SHA256 ") for one in asked)


ETAG = {"ETag": f'"{hashlib.md5(DATA).hexdigest()}"'}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Answer(body=DATA, headers=ETAG, cut_after=9), "the connection broke after 9 of 300000 bytes"),
        (Answer(body=DATA[:-1], headers=ETAG), "expected 300000 bytes, and the server has 299999"),
        (Answer(body=b"x" + DATA[1:], headers=ETAG), "expected the digest md5:"),
        (Answer(body=DATA[:-1], unsized=True), "expected 300000 bytes, got 299999"),
        (Answer(412, b"<Error><Code>PreconditionFailed</Code></Error>"), "changed while it was fetched"),
        (Answer(503, b"<Error><Code>SlowDown</Code></Error>"), "503 Service Unavailable: SlowDown"),
        (Answer(drop=True), "no answer"),
    ],
    ids=["cut", "short", "other bytes", "unsized", "changed", "slow down", "dropped"],
)
def test_an_object_that_is_not_whole_is_not_there(
    fault: Answer, words: str, faulty: FaultyServer, tmp_path: Path
) -> None:
    faulty.on("GET", f"/bbb/{KEY}", fault)
    with pytest.raises(ResourceError, match=words):
        fetched(faulty, tmp_path)
    assert files(tmp_path) == {}


def checksum(data: bytes, name: str) -> str:
    made = zlib.crc32(data).to_bytes(4, "big") if name == "crc32" else hashlib.new(name, data).digest()
    return base64.b64encode(made).decode()


@pytest.mark.parametrize("name", ["crc32", "sha1", "sha256"])
@pytest.mark.parametrize("good", [True, False])
def test_a_checksum_of_the_whole_is_compared(
    good: bool, name: str, faulty: FaultyServer, tmp_path: Path
) -> None:
    headers = {f"x-amz-checksum-{name}": checksum(DATA if good else b"", name), "ETag": '"encrypted"'}
    if name == "crc32":
        headers |= {"x-amz-checksum-type": "FULL_OBJECT", "ETag": '"of-parts-2"'}
    faulty.on("HEAD", f"/bbb/{KEY}", Answer(body=DATA, headers=headers))
    faulty.on("GET", f"/bbb/{KEY}", Answer(body=DATA))
    if good:
        assert fetched(faulty, tmp_path) == DATA
        assert faulty.asked("HEAD")[0].headers["x-amz-checksum-mode"] == "ENABLED"
        return
    with pytest.raises(BodyError, match=r"expected the (digest|CRC32) "):
        fetched(faulty, tmp_path)
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-amz-checksum-sha256": "abcd-2"},
        {"x-amz-checksum-crc32": "abcd", "ETag": '"of-parts-2"'},
        {"x-amz-checksum-crc32": "abcd", "x-amz-checksum-type": "COMPOSITE"},
        {"x-amz-checksum-crc64nvme": "abcd", "x-amz-checksum-type": "FULL_OBJECT"},
        {"ETag": f'"{"0" * 32}"', "x-amz-server-side-encryption": "aws:kms"},
        {"ETag": f'"{"0" * 32}"', "x-amz-server-side-encryption-customer-algorithm": "AES256"},
        {},
    ],
)
def test_what_is_no_digest_of_the_whole_is_not_compared(
    headers: dict[str, str], faulty: FaultyServer, tmp_path: Path
) -> None:
    faulty.on("HEAD", f"/bbb/{KEY}", Answer(body=DATA, headers=headers))
    faulty.on("GET", f"/bbb/{KEY}", Answer(body=DATA))
    assert fetched(faulty, tmp_path) == DATA


def test_checksums_can_be_left_out(faulty: FaultyServer, tmp_path: Path) -> None:
    faulty.on("HEAD", f"/bbb/{KEY}", Answer(body=DATA, headers={"ETag": f'"{"0" * 32}"'}))
    faulty.on("GET", f"/bbb/{KEY}", Answer(body=DATA))
    assert fetched(faulty, tmp_path, skip_s3_checksums=True) == DATA
    assert "x-amz-checksum-mode" not in faulty.asked("HEAD")[0].headers


@pytest.mark.parametrize("params", [{}, {"unpack": True}])
def test_a_full_disk_is_a_failure(params: dict[str, Any], faulty: FaultyServer, tmp_path: Path) -> None:
    faulty.on("GET", f"/bbb/{KEY}", whole())
    request = {"source": described(faulty), "version": {"path": KEY}, "params": params}
    answer = on_a_full_disk("in", "s3", request, tmp_path, room_bytes=100_000)
    assert (answer.status, answer.stdout) == (1, "")
    assert "/app-1.2.tgz: File too large" in answer.stderr
    assert files(tmp_path) == {}


def test_a_disk_that_an_archive_fills_is_a_failure(bucket: TestBucket, tmp_path: Path) -> None:
    bucket.put(KEY, packed(zeros=bytes(1_000_000)))
    request = {
        "source": bucket.described(regexp=PATTERN),
        "version": {"path": KEY},
        "params": {"unpack": True},
    }
    answer = on_a_full_disk("in", "s3", request, tmp_path, room_bytes=100_000)
    assert (answer.status, answer.stdout) == (1, "")
    assert "app-1.2.tgz: File too large" in answer.stderr


@pytest.mark.parametrize("params", [{}, {"unpack": True}])
def test_sigterm_in_the_middle_is_no_answer(
    params: dict[str, Any], faulty: FaultyServer, tmp_path: Path
) -> None:
    faulty.on("GET", f"/bbb/{KEY}", whole(piece=20_000, slow_s=0.2))
    request = {"source": described(faulty), "version": {"path": KEY}, "params": params}
    answer = interrupted("in", "s3", request, tmp_path, when=lambda: list(tmp_path.rglob(".app*")))
    assert (answer.status, answer.stdout) == (143, "")
    assert list(tmp_path.iterdir()) == []
