"""A file that is sent in parts, several at once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from operator import itemgetter
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from sqnc_resources.s3.answers import text, tree
from sqnc_resources.s3.checksums import ALGORITHMS
from sqnc_resources.s3.upload import PART_BYTES, Upload, algorithm_of, proof, upload_headers
from sqnc_resources.streams import say
from sqnc_resources.web import BodyError, Client, FilePart, StatusError, WebError
from sqnc_resources.web.retries import Attempts
from sqnc_resources.web.settings import Patience

if TYPE_CHECKING:
    from sqnc_resources.s3.bucket import Bucket
    from sqnc_resources.web import Reply

AT_ONCE: Final = 4
MOST_PARTS: Final = 10_000
_LAST_S: Final = 30
_SHORT: Final = Patience(connect_s=3, read_s=5, total_s=8, attempts=3)

Part = Mapping[str, str]
"""What S3 wants to know of a part that it has."""


class Parts:
    """A file that is sent in parts; the service makes the object of them when all are there."""

    def __init__(self, bucket: Bucket, upload: Upload) -> None:
        self._bucket = bucket
        self._upload = upload
        self._id = ""
        self._waiting: SimpleQueue[tuple[int, FilePart]] = SimpleQueue()
        self._sent: SimpleQueue[tuple[int, Part] | Exception] = SimpleQueue()
        self._done: list[Part] = []

    def send(self) -> str:
        """Return the id of the object's version, empty where the bucket keeps none; raise WebError."""
        self._begin()
        try:
            self._send_all()
            return self._complete()
        except BaseException:  # SIGTERM too
            self._abort()
            raise

    def _send_all(self) -> None:
        """Send several at once: one connection alone is slow. A thread that is cut off does no harm."""
        parts = list(enumerate(parts_of(self._upload.file), 1))
        for part in parts:
            self._waiting.put(part)
        workers = [Thread(target=self._work, daemon=True) for _ in parts[:AT_ONCE]]
        for worker in workers:
            worker.start()
        try:
            self._done = [part for _, part in sorted((self._next() for _ in parts), key=itemgetter(0))]
        except BaseException as error:
            self._stop(workers if isinstance(error, Exception) else [])  # SIGTERM leaves no time for them
            raise

    def _next(self) -> tuple[int, Part]:
        found = self._sent.get()
        if isinstance(found, Exception):
            raise found
        return found

    def _stop(self, workers: list[Thread]) -> None:
        """Let what is on its way arrive: what arrives after the others were removed would stay."""
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()
        deadline = time.monotonic() + _LAST_S
        for worker in workers:
            worker.join(max(deadline - time.monotonic(), 0))

    def _work(self) -> None:
        bucket = replace(self._bucket, client=self._new_client(self._bucket.client.settings.patience))
        try:
            while True:
                number, part = self._waiting.get_nowait()
                self._sent.put((number, self._send(bucket, number, part)))
        except Empty:
            return
        except Exception as error:  # noqa: BLE001  (it is raised where all of them are waited for)
            self._sent.put(error)

    def _new_client(self, patience: Patience) -> Client:
        settings = replace(self._bucket.client.settings, patience=patience)
        return Client(settings, authorizer=self._bucket.signer)

    def _url(self, **query: str) -> str:
        return self._bucket.place.url(self._upload.key, **query)

    def _begin(self) -> None:
        headers = upload_headers(self._bucket, self._upload)
        if algorithm := algorithm_of(self._bucket.source):
            headers["x-amz-checksum-algorithm"] = algorithm
        # twice is no harm: what has no parts takes no room
        reply = self._bucket.send("POST", self._url(uploads=""), headers, idempotent=True)
        self._id = text(tree(reply), "UploadId")
        if not self._id:
            raise BodyError(f"{self._url()}: expected an UploadId from the service")

    def _send(self, bucket: Bucket, number: int, part: FilePart) -> Part:
        headers = proof(part, bucket.source)
        reply = bucket.send("PUT", self._url(partNumber=str(number), uploadId=self._id), headers, part)
        checksums = {
            f"Checksum{name}": headers[f"x-amz-checksum-{name.lower()}"]
            for name in ALGORITHMS
            if f"x-amz-checksum-{name.lower()}" in headers
        }
        return {"ETag": reply.headers.get("ETag", ""), "PartNumber": str(number), **checksums}

    def _complete(self) -> str:
        """S3 answers 200 before it knows whether it can put the parts together, and says later that not."""
        attempts = Attempts(self._bucket.client.settings.patience, idempotent=True)
        while True:
            try:
                reply = self._ask_to_complete()
            except StatusError as error:
                if error.status == 404 and (version_id := self._completed()) is not None:
                    return version_id
                raise
            found = tree(reply)
            if found.tag.endswith("CompleteMultipartUploadResult"):
                return reply.headers.get("x-amz-version-id", "")
            why = f"{text(found, 'Code')} {text(found, 'Message')}"
            attempts.wait_or_raise(
                BodyError(f"{self._url()}: the service could not put the parts together: {why}")
            )

    def _ask_to_complete(self) -> Reply:
        parts = "".join(
            f"<Part>{''.join(f'<{name}>{escape(value)}</{name}>' for name, value in part.items())}</Part>"
            for part in self._done
        )
        space = "http://s3.amazonaws.com/doc/2006-03-01/"
        body = f'<CompleteMultipartUpload xmlns="{space}">{parts}</CompleteMultipartUpload>'
        headers = {"Content-Type": "application/xml"}
        return self._bucket.send(
            "POST", self._url(uploadId=self._id), headers, body.encode(), idempotent=True
        )

    def _completed(self) -> str | None:
        """The version's id where an attempt whose answer was lost has made the object; None where it has not.

        The object of our parts has an ETag that is made of theirs.
        """
        digests = "".join(part["ETag"].strip('"') for part in self._done)
        try:
            joined = hashlib.md5(bytes.fromhex(digests), usedforsecurity=False).hexdigest()
            reply = self._bucket.send("HEAD", self._url())
        except (ValueError, WebError):  # parts whose ETags are no digests
            return None
        is_ours = reply.headers.get("ETag", "").strip('"') == f"{joined}-{len(self._done)}"
        return reply.headers.get("x-amz-version-id", "") if is_ours else None

    def _abort(self) -> None:
        """Let nothing stay of the parts, which somebody pays for; soon, as after SIGTERM there are 10 s."""
        client = self._new_client(_SHORT)
        try:
            client.request("DELETE", self._url(uploadId=self._id), expected=(204, 200, 404))
        except WebError as error:
            say(f"parts of {self._upload.key} stay at the service, upload {self._id}: {error}")


def parts_of(file: FilePart) -> Iterator[FilePart]:
    """The parts: S3 takes 10,000 at most, each of them 5 MiB at least but for the last one."""
    length = max(PART_BYTES, -(-file.length // MOST_PARTS))
    for offset in range(0, file.length, length):
        yield FilePart(file.path, offset, min(length, file.length - offset))
