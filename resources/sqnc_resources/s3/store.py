"""A file into the bucket: whole, or not there at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sqnc_resources.errors import ResourceError
from sqnc_resources.s3.answers import text, tree
from sqnc_resources.s3.checksums import ALGORITHMS, written
from sqnc_resources.s3.signature import PAYLOAD
from sqnc_resources.streams import say
from sqnc_resources.web import BodyError, Client, FilePart, StatusError, WebError
from sqnc_resources.web.retries import Attempts
from sqnc_resources.web.settings import Patience

if TYPE_CHECKING:
    from sqnc_resources.s3.bucket import Bucket
    from sqnc_resources.s3.values import Source
    from sqnc_resources.web import Reply

PART_BYTES: Final = 16 << 20
MOST_PARTS: Final = 10_000
_BLOCK: Final = 1 << 20
_SHORT: Final = Patience(connect_s=3, read_s=5, total_s=8, attempts=3)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and what its object is to be."""

    file: FilePart
    key: str
    acl: str = ""
    content_type: str = ""


def store(bucket: Bucket, upload: Upload) -> str:
    """Send the file; return the id of the object's version, empty where the bucket keeps none."""
    if in_parts(bucket, upload):
        return _Parts(bucket, upload).send()
    headers = _headers(bucket, upload) | proof(upload.file, bucket.source)
    reply = bucket.send("PUT", bucket.object_url(upload.key), headers, upload.file)
    return reply.headers.get("x-amz-version-id", "")


def described(source: Source, content_type: str) -> dict[str, str]:
    """What every object is made with."""
    found = {
        "Content-Type": content_type,
        "x-amz-server-side-encryption": source.server_side_encryption,
        "x-amz-server-side-encryption-aws-kms-key-id": source.sse_kms_key_id,
    }
    return {name: value for name, value in found.items() if value}


def _headers(bucket: Bucket, upload: Upload) -> dict[str, str]:
    acl = {"x-amz-acl": upload.acl} if upload.acl else {}
    return described(bucket.source, upload.content_type) | acl


def proof(body: bytes | FilePart, source: Source) -> dict[str, str]:
    """The headers by which the service knows that it has got *body*; another one is refused."""
    digest, algorithm = hashlib.sha256(), algorithm_of(source)
    checksum = ALGORITHMS[algorithm]() if algorithm else None
    for block in [body] if isinstance(body, bytes) else _blocks(body):
        digest.update(block)
        if checksum is not None:
            checksum.update(block)
    found = {PAYLOAD: digest.hexdigest()}
    if checksum is not None:
        found |= {
            "x-amz-sdk-checksum-algorithm": algorithm,
            f"x-amz-checksum-{algorithm.lower()}": written(checksum),
        }
    return found


def algorithm_of(source: Source) -> str:
    """Empty where there is to be no checksum."""
    return "" if source.skip_s3_checksums else source.checksum_algorithm or "CRC32"


def in_parts(bucket: Bucket, upload: Upload) -> bool:
    """Google's service knows no parts in S3's protocol."""
    is_google = (urlsplit(bucket.place.root).hostname or "").endswith("storage.googleapis.com")
    return not bucket.source.disable_multipart and not is_google and upload.file.length > PART_BYTES


def _blocks(part: FilePart) -> Iterator[bytes]:
    left = part.length
    try:
        with open(part.path, "rb") as file:
            file.seek(part.offset)
            while left > 0 and (block := file.read(min(left, _BLOCK))):
                left -= len(block)
                yield block
    except OSError as error:
        raise ResourceError(f"cannot read {part.path}: {error.strerror}") from error


class _Parts:
    """A file that is sent in parts; the service makes the object of them when all are there."""

    def __init__(self, bucket: Bucket, upload: Upload) -> None:
        self._bucket = bucket
        self._upload = upload
        self._id = ""
        self._done: list[Mapping[str, str]] = []

    def send(self) -> str:
        self._begin()
        try:
            for part in self._parts():
                self._send(part)
            return self._complete()
        except BaseException:  # SIGTERM too
            self._abort()
            raise

    def _parts(self) -> Iterator[FilePart]:
        size = self._upload.file.length
        length = max(PART_BYTES, -(-size // MOST_PARTS))
        for offset in range(0, size, length):
            yield FilePart(self._upload.file.path, offset, min(length, size - offset))

    def _url(self, **query: str) -> str:
        return self._bucket.place.url(self._upload.key, **query)

    def _begin(self) -> None:
        headers = _headers(self._bucket, self._upload)
        if algorithm := algorithm_of(self._bucket.source):
            headers["x-amz-checksum-algorithm"] = algorithm
        # twice is no harm: what has no parts takes no room
        reply = self._bucket.send("POST", self._url(uploads=""), headers, idempotent=True)
        self._id = text(tree(reply), "UploadId")
        if not self._id:
            raise BodyError(f"{self._url()}: expected an UploadId from the service")

    def _send(self, part: FilePart) -> None:
        number, headers = len(self._done) + 1, proof(part, self._bucket.source)
        reply = self._bucket.send("PUT", self._url(partNumber=str(number), uploadId=self._id), headers, part)
        checksums = {
            f"Checksum{name}": headers[f"x-amz-checksum-{name.lower()}"]
            for name in ALGORITHMS
            if f"x-amz-checksum-{name.lower()}" in headers
        }
        self._done.append({"ETag": reply.headers.get("ETag", ""), "PartNumber": str(number), **checksums})

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
        from xml.sax.saxutils import escape  # noqa: PLC0415  (few files are so long)

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
        settings = replace(self._bucket.client.settings, patience=_SHORT)
        client = Client(settings, authorizer=self._bucket.signer)
        try:
            client.request("DELETE", self._url(uploadId=self._id), expected=(204, 200, 404))
        except WebError as error:
            say(f"parts of {self._upload.key} stay at the service, upload {self._id}: {error}")
