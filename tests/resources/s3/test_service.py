"""Services are reached by host names, over TLS and through proxies, and files of any size pass through."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import trustme
from tests.resources.faulty_server import Answer, FaultyServer, Received, serving

from sqnc_resources import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.s3 import Source, Version, check

LIST = Answer(body=b"<R><Contents><Key>a-1</Key></Contents></R>")
SIGNED = {"access_key_id": "a", "secret_access_key": "b", "regexp": "a-(.*)"}


def checked(**keys: object) -> list[Version]:
    return check(read(Source, {"bucket": "some-bucket", **SIGNED, **keys}, "source", []), None)


@pytest.mark.parametrize(
    ("keys", "target", "region"),
    [
        ({"endpoint": "http://s3.example.com"}, "http://some-bucket.s3.example.com/", "us-east-1"),
        (
            {
                "endpoint": "s3.example.com",
                "disable_ssl": True,
                "region_name": "eu-1",
                "use_path_style": True,
            },
            "http://s3.example.com/some-bucket/",
            "eu-1",
        ),
        (
            {"endpoint": "http://s3.example.com:80", "region_name": ""},
            "http://some-bucket.s3.example.com:80/",
            "us-east-1",
        ),
    ],
)
def test_a_bucket_is_reached_by_its_host_through_a_proxy(
    keys: Mapping[str, object], target: str, region: str, proxied: FaultyServer
) -> None:
    assert checked(**keys) == [Version(path="a-1")]
    (asked,) = proxied.received
    assert asked.target.partition("?")[0] == target
    assert f"/{region}/s3/aws4_request," in asked.headers["authorization"]


@pytest.fixture
def proxied(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> FaultyServer:
    """A server that all requests go through."""
    monkeypatch.setenv("http_proxy", server.url)
    server.otherwise(lambda _: LIST)
    return server


def test_certificates_are_checked_unless_the_source_says_otherwise() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving(context) as server:
        server.on("GET", "/some-bucket/", LIST)
        place = {"endpoint": server.url.removeprefix("https://")}
        with pytest.raises(ResourceError, match="CERTIFICATE_VERIFY_FAILED"):
            checked(**place)
        assert checked(**place, skip_ssl_verification=True) == [Version(path="a-1")]
        assert checked(**place, ca_bundle=authority.cert_pem.bytes().decode()) == [Version(path="a-1")]
        with pytest.raises(ResourceError, match="expected certificates in PEM"):
            checked(**place, ca_bundle="none")


SIZE = 96 << 20
PEAK = """\
import atexit, sys
atexit.register(lambda: sys.stderr.write(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0]))
from sqncshim.entry import main
main()
"""


def peak_bytes(role: str, folder: Path, request: object) -> int:
    """What the program took of the memory at most."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, "resource", role, "s3", str(folder)],
        input=json.dumps(request), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "version" in json.loads(done.stdout)
    return int(done.stderr) << 10


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux' /proc to see the peak")
def test_a_long_object_takes_little_memory_each_way(server: FaultyServer, tmp_path: Path) -> None:
    content = bytes(SIZE)
    sizes: list[int] = []

    def taken(asked: Received) -> Answer:
        sizes.append(len(asked.body))
        return Answer(headers={"ETag": '"1"'})

    server.otherwise(taken)
    server.on(
        "POST",
        "/some-bucket/a-1",
        Answer(body=b"<R><UploadId>1</UploadId></R>"),
        Answer(body=b"<CompleteMultipartUploadResult/>"),
    )
    server.on("GET", "/some-bucket/a-1", Answer(body=content))
    server.on("HEAD", "/some-bucket/a-1", Answer(body=content))
    (tmp_path / "in").mkdir()
    os.truncate(os.open(tmp_path / "in" / "a-1", os.O_CREAT | os.O_WRONLY), SIZE)
    source = {"bucket": "some-bucket", "endpoint": server.url, **SIGNED}
    put = peak_bytes("out", tmp_path / "in", {"source": source, "params": {"file": "a-1"}})
    assert sizes == [16 << 20] * 6
    get = peak_bytes("in", tmp_path / "got", {"source": source, "version": {"path": "a-1"}})
    assert (tmp_path / "got" / "a-1").stat().st_size == SIZE
    assert max(put, get) < 64 << 20
