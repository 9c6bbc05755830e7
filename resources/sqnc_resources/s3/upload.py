"""What is sent with a file: what its object is to be, and what proves that it has arrived whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.s3.checksums import ALGORITHMS, written
from sqnc_resources.s3.signature import PAYLOAD
from sqnc_resources.web import FilePart

if TYPE_CHECKING:
    from sqnc_resources.s3.bucket import Bucket
    from sqnc_resources.s3.values import Source

PART_BYTES: Final = 16 << 20
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and what its object is to be."""

    file: FilePart
    key: str
    acl: str = ""
    content_type: str = ""


def described(source: Source, content_type: str) -> dict[str, str]:
    """What every object is made with."""
    found = {
        "Content-Type": content_type,
        "x-amz-server-side-encryption": source.server_side_encryption,
        "x-amz-server-side-encryption-aws-kms-key-id": source.sse_kms_key_id,
    }
    return {name: value for name, value in found.items() if value}


def upload_headers(bucket: Bucket, upload: Upload) -> dict[str, str]:
    """What the object of a file is made with."""
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
