"""An object into a folder."""

from __future__ import annotations

import os
import re
from binascii import Error as Base64Error
from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError
from sqnc_resources.outputs import make_folder, write_files
from sqnc_resources.result import Result
from sqnc_resources.s3.bucket import Bucket, explain, open_bucket
from sqnc_resources.s3.values import GetParams, Source, Version
from sqnc_resources.web import BodyError, StatusError

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.web import Reply


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Write the object, then what there is to say about it; raise ResourceError."""
    key, number = _wanted(source, version)
    version = Version(path=key) if source.regexp is not None else Version(version_id=number)
    name = key.rstrip("/").rpartition("/")[2]
    if name in {"", ".", ".."} or "\0" in name:
        raise ResourceError(f"{key!r}: expected a key whose end is the name of a file")
    make_folder(folder)
    metadata = {"filename": name}
    if _is_initial(source, version):
        write_files(folder, {name: _initial_content(source), "version": number})
        return Result(version, metadata)
    bucket, version_id = open_bucket(source), version.version_id or ""
    texts = {"url": bucket.url(key, version_id), "s3_uri": f"s3://{source.bucket}/{key}", "version": number}
    if not (source.skip_download if params.skip_download is None else params.skip_download):
        _fetch(bucket, key, version_id, (folder, name, params.unpack))
    if params.download_tags:
        texts["tags.json"] = _json(bucket.tags(key, version_id))
    write_files(folder, texts)
    if not source.private:
        metadata["url"] = texts["url"]
    return Result(version, metadata)


def _wanted(source: Source, version: Version) -> tuple[str, str]:
    """The key of the object, and the version's number."""
    if source.regexp is None:
        if not version.version_id:
            raise ResourceError("version.version_id: missing in the request")
        return source.versioned_file, version.version_id
    if not version.path:
        raise ResourceError("version.path: missing path in request")
    number = source.regexp.version(version.path)
    if number is None:
        raise ResourceError(f"version.path: regex does not match provided version: {version.path}")
    return version.path, number


def _is_initial(source: Source, version: Version) -> bool:
    if source.regexp is None:
        return bool(source.initial_version) and version.version_id == source.initial_version
    return bool(source.initial_path) and version.path == source.initial_path


def _initial_content(source: Source) -> bytes:
    if not source.initial_content_binary:
        return source.initial_content_text.encode()
    from base64 import b64decode  # noqa: PLC0415  (few versions are initial)

    try:
        return b64decode("".join(source.initial_content_binary.split()), validate=True)
    except Base64Error as error:
        raise ResourceError(
            "source.initial_content_binary: failed to decode initial_content_binary, expected Base64"
        ) from error


def _fetch(bucket: Bucket, key: str, version_id: str, target: tuple[Path, str, bool]) -> None:
    folder, name, unpack = target
    if not unpack:
        _download(bucket, key, version_id, folder / name)
        return
    from tempfile import TemporaryDirectory  # noqa: PLC0415  (as below)

    from sqnc_resources.archives import unpack as unpack_archive  # noqa: PLC0415  (few are unpacked)

    # in a folder of its own: it may hold a file of its own name
    with TemporaryDirectory(prefix=".s3-", dir=folder) as place:
        archive = type(folder)(place) / name
        _download(bucket, key, version_id, archive)
        unpack_archive(archive, folder)


def _download(bucket: Bucket, key: str, version_id: str, file: Path) -> None:
    url = bucket.object_url(key, version_id)
    try:
        head = _head(bucket, url)
        entity = head.headers.get("ETag", "")
        size = head.headers.get("Content-Length", "")
        bucket.client.download(
            url,
            file,
            headers={"If-Match": entity} if entity else {},
            digest=_digest(bucket, head),
            size=int(size) if size.isdecimal() else None,
        )
    except StatusError as error:
        if error.status == 404:
            what = f", version {version_id}" if version_id else ""
            raise ResourceError(f"there is no s3://{bucket.place.bucket}/{key}{what}") from error
        if error.status == 412:
            raise ResourceError(f"s3://{bucket.place.bucket}/{key} changed while it was fetched") from error
        explain(error, bucket.source)
        raise
    _compare(bucket, head, file)


def _head(bucket: Bucket, url: str) -> Reply:
    checksums = {} if bucket.source.skip_s3_checksums else {"x-amz-checksum-mode": "ENABLED"}
    return bucket.client.request("HEAD", url, headers={"Accept-Encoding": "identity", **checksums})


def _digest(bucket: Bucket, head: Reply) -> str | None:
    """What the content's digest must be, where the service says one that is of the whole.

    The ETag is the MD5 of what was sent in one piece, and not encrypted with a key of KMS or the client.
    """
    from base64 import b64decode  # noqa: PLC0415  (check needs none)

    if bucket.source.skip_s3_checksums:
        return None
    for name in ("sha256", "sha1"):
        if text := _checksum(head, name):
            return f"{name}:{b64decode(text).hex()}"
    kind = "x-amz-server-side-encryption"
    plain = head.headers.get(kind, "AES256") == "AES256" and f"{kind}-customer-algorithm" not in head.headers
    entity = head.headers.get("ETag", "").strip('"')
    return f"md5:{entity}" if plain and re.fullmatch(r"[0-9a-f]{32}", entity) else None


def _checksum(head: Reply, name: str) -> str:
    """The checksum of the whole; empty where there is none, or one of the checksums of parts."""
    text = head.headers.get(f"x-amz-checksum-{name}", "")
    usual = "COMPOSITE" if "-" in text or "-" in head.headers.get("ETag", "") else "FULL_OBJECT"
    return text if head.headers.get("x-amz-checksum-type", usual) == "FULL_OBJECT" else ""


def _compare(bucket: Bucket, head: Reply, file: Path) -> None:
    """Compare the CRC of the whole, which zlib can make, where there was no digest to compare."""
    wanted = _checksum(head, "crc32")
    if not wanted or bucket.source.skip_s3_checksums or _digest(bucket, head) is not None:
        return
    from sqnc_resources.s3.checksums import checksum  # noqa: PLC0415  (as above)

    with open(file, "rb") as content:
        got = checksum("CRC32", iter(lambda: content.read(1 << 20), b""))
    if got != wanted:
        os.unlink(file)
        raise BodyError(f"s3://{bucket.place.bucket}: {file.name}: expected the CRC32 {wanted}, got {got}")


def _json(tags: dict[str, str]) -> str:
    import json  # noqa: PLC0415  (few ask for tags)

    return json.dumps(tags, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
