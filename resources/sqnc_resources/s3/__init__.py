"""The s3 type: objects of a bucket, found, fetched and stored.

It does what Concourse's s3 resource does, with the same keys, versions and files, at AWS and at services that
speak S3's protocol.
"""

from sqnc_resources.s3.check import check
from sqnc_resources.s3.values import GetParams, PutParams, Source, Version

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.result import Result

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]


def get(source: Source, version: Version, params: GetParams, folder: "Path") -> "Result[Version]":
    from sqnc_resources.s3.fetch import get as fetch  # noqa: PLC0415  (check needs none of it)

    return fetch(source, version, params, folder)


def put(source: Source, params: PutParams, folder: "Path") -> "Result[Version]":
    from sqnc_resources.s3.publish import put as publish  # noqa: PLC0415  (as above)

    return publish(source, params, folder)
