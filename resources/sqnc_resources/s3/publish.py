"""One of the inputs' files into the bucket."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqnc_resources.errors import ResourceError
from sqnc_resources.go_regexp import compiled
from sqnc_resources.inputs import find_one, path_in
from sqnc_resources.result import Result
from sqnc_resources.s3.bucket import Bucket, open_bucket
from sqnc_resources.s3.upload import PART_BYTES, Upload, proof, upload_headers
from sqnc_resources.s3.values import PutParams, Source, Version
from sqnc_resources.streams import say
from sqnc_resources.web import FilePart

if TYPE_CHECKING:
    from pathlib import Path


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    """Send the file; raise ResourceError."""
    file = find_one(folder, params.file, "params.file") if params.file else _found(folder, params.from_)
    key = _key(source, params, os.path.relpath(file, folder))
    if source.regexp is not None and source.regexp.version(key) is None:
        say(f"{key}: source.regexp does not match it: no check finds it, and no get takes it")
    bucket = open_bucket(source)
    version_id = store(bucket, Upload(FilePart(file), key, params.acl, params.content_type))
    if source.regexp is None and not version_id:
        raise ResourceError(f"source.bucket: {source.bucket}: object versioning not enabled")
    version = Version(path=key) if source.regexp is not None else Version(version_id=version_id)
    metadata = {"filename": os.path.basename(key)}
    if not source.private:
        metadata["url"] = bucket.url(key, version_id)
    return Result(version, metadata)


def _key(source: Source, params: PutParams, path: str) -> str:
    name = os.path.basename(path)
    if source.regexp is None:
        return source.versioned_file
    if not params.from_ and not params.to:
        return f"{source.regexp.folder}{name}"
    if not params.to or params.to.endswith("/"):
        return f"{params.to}{name}"
    if not params.from_:
        return params.to
    return _expression(params.from_).sub(lambda found: _expanded(params.to, found), path)


def _found(folder: Path, pattern: str) -> str:
    say("params.from and params.to are deprecated: use params.file")
    expression = _expression(pattern)
    paths = sorted(
        os.path.relpath(os.path.join(place, name), folder)
        for place, _, names in os.walk(folder)
        for name in names
    )
    found = [path for path in paths if expression.search(path)]
    if len(found) != 1:
        what = ", ".join(found[:10]) or "nothing"
        raise ResourceError(f"params.from: `{pattern}` matches {what}: expected exactly one file")
    return path_in(folder, found[0])


def _expression(text: str) -> re.Pattern[str]:
    try:
        return compiled(text)
    except ValueError as error:
        raise ResourceError(f"params.from: {error}") from error


def _expanded(template: str, found: re.Match[str]) -> str:
    """*template* with what groups have found in place of `$1`, `${1}` and `${name}`; `$$` is a `$`."""
    groups = {**found.groupdict(), **{str(number): text for number, text in enumerate(found.groups(), 1)}}

    def value(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        return "$" if name is None else found[0] if name == "0" else groups.get(name) or ""

    return re.sub(r"\$(?:\{(\w+)\}|(\w+)|\$)", value, template)


def store(bucket: Bucket, upload: Upload) -> str:
    """Send the file; return the id of the object's version, empty where the bucket keeps none."""
    if in_parts(bucket, upload):
        from sqnc_resources.s3.parts import Parts  # noqa: PLC0415  (few files are so long)

        return Parts(bucket, upload).send()
    headers = upload_headers(bucket, upload) | proof(upload.file, bucket.source)
    reply = bucket.send("PUT", bucket.object_url(upload.key), headers, upload.file)
    return reply.headers.get("x-amz-version-id", "")


def in_parts(bucket: Bucket, upload: Upload) -> bool:
    """Google's service knows no parts in S3's protocol."""
    is_google = (urlsplit(bucket.place.root).hostname or "").endswith("storage.googleapis.com")
    return not bucket.source.disable_multipart and not is_google and upload.file.length > PART_BYTES
