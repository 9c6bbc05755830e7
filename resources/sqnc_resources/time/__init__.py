"""The time type: a version now and then, at an interval or once in each window of time.

It does what Concourse's time resource does, with the same keys, files and versions, in the odd hours of a
zone's year too. A check gives the version that it is asked about, and now if a new one is due: all that was
due while nobody asked is one version.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqnc_resources.moments import Moment
from sqnc_resources.result import NoKeys, Result
from sqnc_resources.time.values import Source, Version
from sqnc_resources.time.windows import is_due
from sqnc_resources.time.zones import offset_s

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]

GetParams = NoKeys
PutParams = NoKeys


def check(source: Source, since: Version | None) -> list[Version]:
    now = _now(source)
    if since is None or since.time.is_zero:
        return [Version(now)] if source.initial_version or is_due(source, now.ns, None) else []
    return [since, Version(now)] if is_due(source, now.ns, since.time.ns) else [since]


def get(source: Source, version: Version, _params: NoKeys, folder: Path) -> Result[Version]:
    """Write `input`, `timestamp` and `epoch`."""
    import json  # noqa: PLC0415  (check needs none)

    request = {"source": source.as_json(), "version": {"time": str(version.time)}}
    (folder / "input").write_text(f"{json.dumps(request, separators=(',', ':'), ensure_ascii=False)}\n")
    (folder / "timestamp").write_text(version.time.in_words())
    (folder / "epoch").write_text(str(version.time.seconds))
    return Result(version)


def put(source: Source, _params: NoKeys, _folder: Path) -> Result[Version]:
    """Make now a version, whether one is due or not."""
    return Result(Version(_now(source)))


def _now(source: Source) -> Moment:
    ns = time.time_ns()
    return Moment(ns, offset_s(ns // 1_000_000_000, source.zone.rules))
