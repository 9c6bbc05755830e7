"""A page into a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError
from sqnc_resources.http.answers import FileBody
from sqnc_resources.http.requests import client, outgoing
from sqnc_resources.http.rules import versions
from sqnc_resources.outputs import write_files
from sqnc_resources.result import Result
from sqnc_resources.streams import say
from sqnc_resources.web import shown

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.http.values import GetParams, Source, Version


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Write `body`, `headers`, `status` and `version`; nothing, where the source is `out_only`."""
    if source.out_only:
        return Result(version)
    asked = outgoing(source, params, "GET")
    got = client(source, params).download(asked, folder / "body")
    found = versions(source.version, got.headers, FileBody(folder / "body"))
    current = version.version if version.version in found or not found else found[-1]
    if version.version not in found:
        _tell_of_another(version.version, found, strict=params.strict)
    lines = "".join(f"{name}: {value}\n" for name, value in got.headers.items())
    write_files(folder, {"headers": lines, "status": f"{got.status}\n", "version": f"{current}\n"})
    metadata = {"url": shown(asked.url), "status": str(got.status), "size": str(got.size_bytes)}
    if kind := got.headers.get("Content-Type"):
        metadata["content_type"] = kind
    return Result(version, metadata)


def _tell_of_another(asked: str, found: list[str], *, strict: bool) -> None:
    now = f"has version {found[-1]} by now" if found else "has no version by now"
    if strict:
        raise ResourceError(f"version {asked} was asked for, and the server {now}: check again")
    say(f"version {asked} was asked for, and the server {now}; `strict: true` makes this a failure")
