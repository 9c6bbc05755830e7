"""A request with each put."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqnc_resources.http.answers import ReplyBody
from sqnc_resources.http.requests import client, outgoing
from sqnc_resources.http.rules import versions
from sqnc_resources.http.values import Version
from sqnc_resources.result import Result
from sqnc_resources.web import shown
from sqnc_resources.web.errors import excerpt

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.http.values import PutParams, Source
    from sqnc_resources.web import Reply


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    """Send the request, whole and answered with a status that is expected, or fail."""
    asked = outgoing(source, params, "POST", str(folder))
    reply = client(source, params).exchange(asked)
    metadata = {"url": shown(asked.url), "method": asked.method, "status": str(reply.status)}
    if not reply.sensitive and (answer := excerpt(reply.body)):
        metadata["answer"] = answer
    return Result(_version(source, reply), metadata)


def _version(source: Source, reply: Reply) -> Version:
    """What the answer says; where it says nothing, or nobody will ask for it, the time: never empty."""
    found = [] if source.out_only else versions(source.version, reply.headers, ReplyBody(reply))
    return Version(found[-1] if found else datetime.now(UTC).isoformat(timespec="microseconds"))
