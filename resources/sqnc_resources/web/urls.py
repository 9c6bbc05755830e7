"""Origins, and URLs as they may be shown."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from sqnc_resources.web.errors import WebError

PORTS: Final = {"http": 80, "https": 443}
_SECRET_NAME: Final = re.compile(
    r"auth|code|cred|jwt|key|pass|policy|secret|sig|token|x-amz-|x-goog-|^s[eiprvtk]{1,2}$", re.IGNORECASE
)  # the last are those of Azure's signed URLs
_LONGEST_VALUE: Final = 40


class Origin(NamedTuple):
    """Whom a request is for; what is secret with one is not for another."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Raise WebError for what is no URL of HTTP."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise WebError(f"{shown(url)}: expected a URL: {error}") from error
        if parts.scheme not in PORTS or not host:
            raise WebError(f"{shown(url)}: expected a URL such as https://host/path")
        return cls(parts.scheme, host, port or PORTS[parts.scheme])

    def trusts(self, other: Origin) -> bool:
        """Whether *other* may see what was meant for this one: itself, or its own https."""
        return other == self or (self, other) == (("http", self.host, 80), ("https", self.host, 443))


def without_userinfo(url: str) -> tuple[str, tuple[str, str] | None]:
    """*url* without `user:password@`, and these two; the password is empty where there is none."""
    parts = urlsplit(url)
    userinfo, at, place = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = userinfo.partition(":")
    return parts._replace(netloc=place).geturl(), (unquote(user), unquote(password))


def shown(url: str) -> str:
    """*url* as people may see it: no user, no password, no fragment, no secret in its query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the URL"
    query = "&".join(_shown_pair(pair) for pair in parts.query.split("&"))
    return SplitResult(parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, "").geturl()


def _shown_pair(pair: str) -> str:
    name, sign, value = pair.partition("=")
    if not sign:
        return name if len(name) <= _LONGEST_VALUE else "***"
    return f"{name}=***" if _SECRET_NAME.search(unquote(name)) or len(value) > _LONGEST_VALUE else pair
