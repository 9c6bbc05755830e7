"""The versions that a page has now."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqnc_resources.http.values import Source, Version

_CONDITIONS: Final = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
"""The headers whose value makes a request conditional: the answer is 304 where nothing has changed."""


def check(source: Source, since: Version | None) -> list[Version]:
    """The versions from *since* on; where the page does not have it any more, the newest."""
    if source.out_only:
        return [since] if since is not None else []
    from sqnc_resources.http.answers import ReplyBody  # noqa: PLC0415  (a notification needs none)
    from sqnc_resources.http.requests import client, outgoing  # noqa: PLC0415  (as above)
    from sqnc_resources.http.rules import versions  # noqa: PLC0415  (as above)

    asked = outgoing(source, None, "GET")
    if condition := _condition(source, since):
        expected = (*(asked.expected or range(200, 300)), 304)
        asked = replace(asked, headers={**asked.headers, **condition}, expected=expected)
    reply = client(source).exchange(asked)
    if since is not None and condition and reply.status == 304:
        return [since]
    found = versions(source.version, reply.headers, ReplyBody(reply))
    first = found.index(since.version) if since is not None and since.version in found else -1
    return [Version(text) for text in found[first:]]


def _condition(source: Source, since: Version | None) -> dict[str, str]:
    name = _CONDITIONS.get(source.version.header.lower())
    if since is None or name is None or source.version.path is not None:
        return {}
    return {name: since.version}
