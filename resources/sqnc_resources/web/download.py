"""A body into a file: whole, or not there at all."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, Self

from sqnc_resources.errors import ResourceError
from sqnc_resources.web.errors import BodyError, StatusError, WebError
from sqnc_resources.web.retries import Attempts

if TYPE_CHECKING:
    from sqnc_resources.web.client import Client
    from sqnc_resources.web.messages import Incoming, Outgoing

_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(?:(\d+)|\*)")

_SLOWEST_BYTES_PER_S: Final = 100
"""What comes more slowly, as long as `read_s`, is taken for broken; it does not count as progress either."""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What was downloaded."""

    size_bytes: int
    status: int
    url: str
    """Where it came from in the end."""
    headers: Mapping[str, str]
    """Those of the answer; of the last one, where it took several."""


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Promise:
    """What a body must be."""

    algorithm: str
    digest: str
    """In hexadecimal digits; empty, as the algorithm, where nothing is known of it."""
    size: int | None

    @classmethod
    def parse(cls, digest: str | None, size: int | None) -> Self:
        """Read `sha256:<hex>`; raise ResourceError."""
        algorithm, _, digits = (digest or "").lower().partition(":")
        if digest and (algorithm not in hashlib.algorithms_available or not digits):
            raise ResourceError(f"digest {digest}: expected sha256:<hex>, or another algorithm of hashlib")
        return cls(algorithm, digits, size)

    def new_hash(self) -> _Hash | None:
        return hashlib.new(self.algorithm, usedforsecurity=False) if self.algorithm else None


class Download:
    """One download: written beside its file under another name, and renamed when all of it is there."""

    def __init__(
        self, client: Client, outgoing: Outgoing, file: str | os.PathLike[str], promise: Promise
    ) -> None:
        self._client = client
        self._outgoing = outgoing
        self._file = os.path.abspath(file)
        self._promise = promise
        self._hash = promise.new_hash()
        self._have = 0
        self._total: int | None = None
        self._validator = ""
        self._status = 0
        self._is_slow = False

    def run(self) -> Downloaded:
        """Raise WebError, or ResourceError where the file cannot be written."""
        folder, name = os.path.split(self._file)
        part = f"{folder}/.{name[:60]}-{os.urandom(6).hex()}.part"
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            try:
                answer = self._fetch(descriptor)
            finally:
                os.close(descriptor)
            os.replace(part, self._file)
        except OSError as error:
            raise ResourceError(f"cannot write {self._file}: {error.strerror}") from error
        finally:
            with suppress(OSError):  # renamed, or never made
                os.unlink(part)
        return answer

    def _fetch(self, descriptor: int) -> Downloaded:
        attempts = Attempts(self._client.settings.patience, idempotent=self._outgoing.is_idempotent)
        while True:
            before = self._have
            try:
                with self._client.send(self._next()) as incoming:
                    self._begin(incoming, descriptor)
                    self._copy(incoming, descriptor)
                self._check(descriptor)
            except WebError as error:
                if self._have > before and not self._is_slow:
                    attempts.renew()
                attempts.wait_or_raise(self._without_range(error, descriptor))
            else:
                return Downloaded(self._have, self._status, incoming.url, incoming.headers)

    def _next(self) -> Outgoing:
        """The request for what is missing: the whole, where nothing tells that it is still the same thing."""
        if not self._have or self._outgoing.method != "GET" or not (self._validator or self._promise.digest):
            return self._outgoing
        headers = {**self._outgoing.headers, "Range": f"bytes={self._have}-"}
        if self._validator:
            headers["If-Range"] = self._validator
        expected = (*self._outgoing.expected, 206) if self._outgoing.expected else ()
        return replace(self._outgoing, headers=headers, expected=expected)

    def _without_range(self, error: WebError, descriptor: int) -> WebError:
        """*error*, or one that may be tried again where the server does not have the part asked for."""
        if not isinstance(error, StatusError) or error.status != 416 or not self._have:
            return error
        self._restart(descriptor)
        return BodyError(f"{error.what}: the server does not have the rest of what it began with")

    def _begin(self, incoming: Incoming, descriptor: int) -> None:
        """Go on where the last answer broke, or begin anew where the server does."""
        if incoming.status == 206:
            found = _CONTENT_RANGE.match(incoming.headers.get("Content-Range", ""))
            if not self._have or not found or int(found[1]) != self._have:
                self._restart(descriptor)
                raise BodyError(f"{self._outgoing.what}: the server sent another part than it was asked for")
            self._total = int(found[2]) if found[2] else None
        else:
            self._restart(descriptor)
            self._status = incoming.status
            entity = incoming.headers.get("ETag", "")
            self._validator = "" if entity.startswith("W/") else entity
            self._total = incoming.length
        size = self._promise.size
        if size is not None and self._total not in {None, size}:
            raise BodyError(f"{self._outgoing.what}: expected {size} bytes, and the server has {self._total}")

    def _copy(self, incoming: Incoming, descriptor: int) -> None:
        size = self._promise.size
        window_s = self._client.settings.patience.read_s
        began, had = time.monotonic(), self._have
        for chunk in incoming.chunks():
            if size is not None and self._have + len(chunk) > size:
                self._restart(descriptor)
                raise BodyError(f"{self._outgoing.what}: expected {size} bytes, and there are more")
            view = memoryview(chunk)
            while view:
                view = view[os.write(descriptor, view) :]
            self._have += len(chunk)
            if self._hash is not None:
                self._hash.update(chunk)
            if time.monotonic() - began > window_s:
                self._is_slow = self._have - had < _SLOWEST_BYTES_PER_S * window_s
                if self._is_slow:
                    raise BodyError(f"{self._outgoing.what}: it comes too slowly: {self._have} bytes so far")
                began, had = time.monotonic(), self._have

    def _check(self, descriptor: int) -> None:
        for size in (self._total, self._promise.size):
            if size is not None and self._have < size:
                raise BodyError(f"{self._outgoing.what}: expected {size} bytes, got {self._have}")
        if self._hash is not None and (got := self._hash.hexdigest()) != self._promise.digest:
            self._restart(descriptor)
            wanted = f"{self._promise.algorithm}:{self._promise.digest}"
            raise BodyError(f"{self._outgoing.what}: expected the digest {wanted}, got {got}")

    def _restart(self, descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        self._have = 0
        self._hash = self._promise.new_hash()
