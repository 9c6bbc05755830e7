"""Blobs and manifests into a registry.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode, urljoin

from sqnc_resources.errors import ResourceError
from sqnc_resources.registry_image.manifests import short
from sqnc_resources.registry_image.registry import PATIENCE
from sqnc_resources.streams import say
from sqnc_resources.web import FilePart, Outgoing, StatusError, WebError
from sqnc_resources.web.retries import Attempts

if TYPE_CHECKING:
    from sqnc_resources.registry_image.manifests import Manifest
    from sqnc_resources.registry_image.names import Repository
    from sqnc_resources.registry_image.registry import RemoteRepository

PIECE_BYTES: Final = 32 << 20
"""How much is sent at once, where a blob is too long for what stands before the registry."""
_SMALLEST_PIECE: Final = 1 << 20
_BYTES: Final = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Uploads:
    """What is pushed to *remote*."""

    remote: RemoteRepository
    origin: Repository | None = None
    """A repository of the same registry that may have the blobs: they need not be sent then."""

    def push_blob(self, digest: str, part: FilePart) -> None:
        """See to it that the registry has a blob; raise ResourceError."""
        if self.remote.has_blob(digest):
            say(f"{short(digest)} is there")
            return
        say(f"pushing {short(digest)}, {part.length:,} bytes")
        attempts = Attempts(PATIENCE, idempotent=True)  # one that was not finished is nothing
        while True:
            try:
                place = self._begin(digest)
                if place is not None:
                    self._send(place, digest, part)
            except WebError as error:
                attempts.extend()
                attempts.wait_or_raise(error)
            else:
                return

    def push_manifest(self, manifest: Manifest, reference: str) -> None:
        """Push a manifest by its digest or to a tag; raise ResourceError where another is there then."""
        reply = self.remote.client.request(
            "PUT",
            self.remote.url(f"manifests/{quote(reference, safe=':')}"),
            headers={"Content-Type": manifest.media_type},
            body=manifest.body,
        )
        digest = reply.headers.get("Docker-Content-Digest") or manifest.digest
        if digest.startswith("sha256:") and digest != manifest.digest:
            raise ResourceError(f"{reference}: pushed {manifest.digest}, and the registry has {digest}")

    def _begin(self, digest: str) -> str | None:
        """Where to send the blob; None where the registry has found it in the other repository."""
        if self.origin is not None:
            query = urlencode({"mount": digest, "from": self.origin.path})
            try:
                return self._begin_at(f"blobs/uploads/?{query}")
            except StatusError as error:
                if error.status == 429 or error.status >= 500:
                    raise
        return self._begin_at("blobs/uploads/")

    def _begin_at(self, path: str) -> str | None:
        url = self.remote.url(path)
        with self.remote.client.send(Outgoing("POST", url, body=b"")) as incoming:
            location = incoming.headers.get("Location", "")
            if incoming.status == 201:
                return None
            if not location:
                raise ResourceError(f"POST {url}: expected to be told where to send the blob")
            return urljoin(incoming.url, location)

    def _send(self, place: str, digest: str, part: FilePart) -> None:
        try:
            self._close(place, digest, part)
        except StatusError as error:
            if error.status != 413 or part.length <= _SMALLEST_PIECE:
                raise
            begun = self._begin_at("blobs/uploads/")
            if begun is not None:
                self._close(self._send_pieces(begun, part), digest, b"")

    def _close(self, place: str, digest: str, body: FilePart | bytes) -> None:
        """Send *body*, the whole or the end, with the digest that all of it has."""
        url = f"{place}{'&' if '?' in place else '?'}{urlencode({'digest': digest})}"
        with self.remote.client.send(Outgoing("PUT", url, _BYTES, body)):
            pass

    def _send_pieces(self, place: str, part: FilePart) -> str:
        """Send all in pieces, and return where to end it; a piece that is too long is halved."""
        sent, size = 0, min(PIECE_BYTES, part.length)
        attempts = Attempts(PATIENCE, idempotent=True)
        while sent < part.length:
            piece = FilePart(part.path, part.offset + sent, min(size, part.length - sent))
            try:
                place = self._patch(place, piece, sent)
                sent += piece.length
                attempts.renew()
            except WebError as error:
                if isinstance(error, StatusError) and error.status == 413 and size > _SMALLEST_PIECE:
                    size //= 2
                    continue
                attempts.wait_or_raise(error)
                place, sent = self._progress(place)
        return place

    def _patch(self, place: str, piece: FilePart, start: int) -> str:
        headers = {**_BYTES, "Content-Range": f"{start}-{start + piece.length - 1}"}
        with self.remote.client.send(Outgoing("PATCH", place, headers, piece)) as incoming:
            return urljoin(incoming.url, incoming.headers.get("Location", place))

    def _progress(self, place: str) -> tuple[str, int]:
        """Where to go on, and how much the registry has."""
        reply = self.remote.client.request("GET", place)
        _, _, last = reply.headers.get("Range", "").partition("-")
        sent = int(last) + 1 if last.isdecimal() else 0
        return urljoin(reply.url, reply.headers.get("Location", place)), sent
