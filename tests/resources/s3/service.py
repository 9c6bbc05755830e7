"""A service with S3's protocol, and how tests look into it and fill it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import urllib3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POOL = urllib3.PoolManager()
PAGE = 50
"""How many objects a list has at most; S3's own have 1,000."""
PEER = Path(__file__).with_name("moto_peer.py")


@dataclass(frozen=True, slots=True)
class Service:
    """Moto's server at *url*; nothing here goes through the code under test."""

    url: str

    def call(
        self, method: str, path: str = "", body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        # moto knows S3 by the signature, which it believes unless it is told otherwise
        known = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20240101/us-east-1/s3/aws4_request"}
        reply = POOL.request(method, f"{self.url}/{path}", body=body, headers={**known, **(headers or {})})
        assert reply.status < 300, reply.data
        return reply

    def bucket(self, name: str, *, versioned: bool = False) -> None:
        """Make a bucket."""
        self.call("PUT", name)
        if versioned:
            self.bucket_versions(name)

    def bucket_versions(self, name: str) -> None:
        """Let a bucket keep all versions from now on."""
        body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        self.call("PUT", f"{name}?versioning", body)

    def put(self, bucket: str, key: str, body: bytes = b"", **headers: str) -> str:
        """Make an object; its version's id."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("PUT", f"{bucket}/{quote(key)}", body, named).headers.get("x-amz-version-id", "")

    def get(self, bucket: str, key: str, **query: str) -> bytes:
        return self.call("GET", f"{bucket}/{quote(key)}?{urlencode(query)}").data

    def head(self, bucket: str, key: str) -> Mapping[str, str]:
        return self.call("HEAD", f"{bucket}/{quote(key)}").headers

    def keys(self, bucket: str) -> list[str]:
        found = ET.fromstring(self.call("GET", f"{bucket}?list-type=2").data)
        return [str(one.text) for one in found.iterfind(".//{*}Key")]

    def uploads(self, bucket: str) -> list[str]:
        """The uploads in parts that are neither finished nor given up."""
        found = ET.fromstring(self.call("GET", f"{bucket}?uploads").data)
        return [str(one.text) for one in found.iterfind(".//{*}UploadId")]

    def source(self, bucket: str, **keys: Any) -> dict[str, Any]:
        """The keys of a source for this bucket here."""
        return {
            "bucket": bucket, "endpoint": self.url, "access_key_id": "test",
            "secret_access_key": "not-to-be-shown", **keys,
        }  # fmt: skip


@contextmanager
def serving_s3(host: str = "127.0.0.1") -> Iterator[Service]:
    """Moto's server, for as long as the block takes."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(PEER), host],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"MOTO_S3_DEFAULT_MAX_KEYS": str(PAGE)},
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield Service(process.stdout.readline().strip())
        process.stdin.close()
