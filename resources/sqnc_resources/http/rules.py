"""The versions that an answer has, by the rule in the source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from sqnc_resources.http.values import VersionRule

VOLATILE: Final = frozenset(
    {"age", "connection", "date", "expires", "keep-alive", "server-timing", "set-cookie", "transfer-encoding"}
)
"""Headers that differ from answer to answer, whatever the page says."""


class Body(Protocol):
    """The body of an answer, wherever it is kept."""

    def json(self) -> object:
        """Its value; raise ResourceError where it is no JSON."""

    def sha256(self) -> str:
        """Its digest in hexadecimal digits."""


def versions(rule: VersionRule, headers: Mapping[str, str], body: Body) -> list[str]:
    """The versions of an answer, the oldest first; none where the rule finds none."""
    if rule.path is not None:
        found = [text for value in rule.path.find(body.json()) if (text := _text(value))]
        if found:
            return list(dict.fromkeys(reversed(found) if rule.newest_first else found))
    if rule.header and (value := headers.get(rule.header)):
        return [value]
    if rule.hash is not None or rule.default == "hash":
        return [_digest(rule.hash or "body", headers, body)]
    return []


def _text(value: object) -> str:
    """*value* as a version: a text as it is, all else as JSON; null is none."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _digest(part: str, headers: Mapping[str, str], body: Body) -> str:
    if part == "body":
        return body.sha256()
    from hashlib import sha256  # noqa: PLC0415  (few rules need it)

    lines = sorted(
        f"{name.lower()}:{value}" for name, value in headers.items() if name.lower() not in VOLATILE
    )
    text = "\n".join(lines if part == "headers" else [*lines, body.sha256()])
    return sha256(text.encode()).hexdigest()
