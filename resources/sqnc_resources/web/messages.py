"""What is sent, and what comes back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.keys import Secret
from sqnc_resources.web.errors import BodyError, excerpt
from sqnc_resources.web.library import exceptions
from sqnc_resources.web.urls import shown

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

CHUNK_BYTES: Final = 1 << 17
IDEMPOTENT: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file, or *size* bytes of it from *offset* on, as a body: read while it is sent, for each attempt."""

    path: str | os.PathLike[str]
    offset: int = 0
    size: int | None = None
    """None means up to its end."""

    @property
    def length(self) -> int:
        """How many bytes are to be sent; raise ResourceError where there is no such file."""
        try:
            whole = os.stat(self.path).st_size
        except OSError as error:
            raise ResourceError(f"cannot read {self.path}: {error.strerror}") from error
        return whole - self.offset if self.size is None else self.size


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request. A header that is a Secret goes to the URL's own origin alone."""

    method: str
    url: str
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    body: bytes | FilePart | None = None
    expected: tuple[int, ...] = ()
    """The statuses that are good; none given means 2xx."""
    idempotent: bool | None = None
    """Whether to send it twice does no more than once; None means what the method says."""

    @property
    def what(self) -> str:
        """What messages call it."""
        return f"{self.method} {shown(self.url)}"

    @property
    def is_idempotent(self) -> bool:
        return self.method in IDEMPOTENT if self.idempotent is None else self.idempotent

    def expects(self, status: int) -> bool:
        return status in self.expected if self.expected else 200 <= status < 300


class Incoming:
    """An answer whose body is still to be read; use it within the `with` of `Client.send`."""

    def __init__(self, response: BaseHTTPResponse, what: str, url: str, deadline: float | None) -> None:
        self._response = response
        self._what = what
        self._deadline = deadline
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        """By name, in any case; several of one name are one text, with commas."""
        self.url = url
        """Where it came from in the end."""

    @property
    def length(self) -> int | None:
        """How long the body as it is sent is, where the server said so."""
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isdecimal() else None

    def chunks(self, *, decode: bool = False) -> Iterator[bytes]:
        """The body as it comes, at most 128 KiB at a time; raise BodyError where it ends too early.

        *decode* unpacks a Content-Encoding. Without Content-Length and without chunks nobody can tell a whole
        body from one that was cut: compare its length or digest.
        """
        got = 0
        while True:
            try:
                chunk = self._response.read1(CHUNK_BYTES, decode_content=decode)
            except exceptions.ReadTimeoutError as error:
                raise BodyError(f"{self._what}: nothing more came after {got} bytes") from error
            except exceptions.HTTPError as error:
                length = f" of {self.length}" if self.length is not None else ""
                raise BodyError(f"{self._what}: the connection broke after {got}{length} bytes") from error
            if not chunk:
                return
            got += len(chunk)
            if self._deadline is not None and time.monotonic() > self._deadline:
                raise BodyError(f"{self._what}: the body came too slowly: only {got} bytes were here in time")
            yield chunk

    def close(self) -> None:
        """Give up what is left of the body; the connection is kept only where nothing is."""
        self._response.close()

    def read(self, limit_bytes: int) -> bytes:
        """The whole body, unpacked; raise BodyError where it is longer than *limit_bytes*."""
        parts, size = [], 0
        for chunk in self.chunks(decode=True):
            size += len(chunk)
            if size > limit_bytes:
                raise BodyError(f"{self._what}: the body is longer than {limit_bytes} bytes")
            parts.append(chunk)
        return b"".join(parts)

    def begin(self, limit_bytes: int) -> bytes:
        """The beginning of the body, as far as it can be had: for a message."""
        found = b""
        try:
            for chunk in self.chunks(decode=True):
                found += chunk
                if len(found) >= limit_bytes:
                    break
        except BodyError:
            return found
        return found[:limit_bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    url: str
    """Where it came from in the end, redirects followed."""
    headers: Mapping[str, str]
    """By name, in any case."""
    body: bytes
    sensitive: bool = False
    """Whether no message shows anything of it."""

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    def json(self) -> object:
        """The body as JSON; raise BodyError where it is none."""
        import json  # noqa: PLC0415  (a download needs none)

        try:
            value: object = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            got = "what is none" if self.sensitive else excerpt(self.body) or "nothing"
            raise BodyError(f"{shown(self.url)}: expected JSON, got {got}: {error}") from error
        return value

    @property
    def next_url(self) -> str | None:
        """The page after this one: `Link: <…>; rel="next"`, RFC 8288."""
        import re  # noqa: PLC0415  (only lists have pages)
        from urllib.parse import urljoin  # noqa: PLC0415  (as above)

        for target, parameters in re.findall(r"<([^>]*)>([^<]*)", self.headers.get("Link", "")):
            if re.search(r';\s*rel\s*=\s*"?(?:[^";]*\s)?next[\s";,]?', f"{parameters};", re.IGNORECASE):
                return urljoin(self.url, str(target))
        return None
