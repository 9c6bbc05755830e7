"""The s3 type: objects of a bucket, found, fetched and stored.

It takes the keys of Concourse's s3 resource, at AWS and at services that speak S3's protocol. The versions
are objects whose keys match `regexp`, or the versions of one object, `versioned_file`, in a bucket that keeps
them.

A **check** lists folder by folder what `regexp` can match, and orders it by the versions in the keys: numbers
as numbers, pre-releases before their releases. It answers with all from the given one on, also where that one
is gone. What has no version in its key is left out, and told.

A **get** writes these files, and one with the object itself, under the last part of its key:

| file | holds |
|---|---|
| `version` | the version in the key, or the version's id |
| `url` | the object's URL; with `private` one that is signed and works for a day |
| `s3_uri` | `s3://BUCKET/KEY` |
| `tags.json` | with `download_tags`: the object's tags, an object of JSON |

The object is compared with its length, and with its checksum or its ETag where these are of the whole; a
download that breaks goes on where it was. With `unpack` what is in the archive is written in its place. Of
the initial version there are the file and `version` alone, and nothing is asked of the service.

A **put** sends one file, under its own name to the folder of `regexp`, or as a version of `versioned_file`. A
file of more than 16 MiB goes in parts: the object is there when all of them are, and where one fails, the
others are removed. The service gets digests, and refuses what came to it otherwise.

Requests are tried again for minutes where the service is slow, full or out of reach.

Differences from Concourse's own: `use_path_style` and `skip_s3_checksums` count without an `endpoint` too; a
URL has its key encoded; no ACL is sent where `acl` is not given; `use_v2_signing` is refused; and an
expression may have a group around slashes, as in `(a/b)/app-(?P<version>.*)`.
"""

# values       the keys of source, version and params
# pattern      the expression for keys
# check        the versions; listing: the objects that a pattern matches
# fetch        an object into a folder
# publish      a file into the bucket; parts: a long one; upload: what is sent with it, checksums
# bucket       what is asked of the service; place: its URLs; answers: its XML
# signature    who asks; credentials: where that is found, in environment, profiles, metadata, roles

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
