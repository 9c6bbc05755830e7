"""What can go wrong with a request; the package's docstring draws the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sqnc_resources.errors import ResourceError

SHOWN: Final = 240
"""How many characters of a body a message has."""
_HINTS: Final[Mapping[int, str]] = {
    401: "check the credentials",
    403: "check what the credentials permit",
    404: "check the address; some servers answer so where the credentials permit too little",
    407: "the proxy wants a user and a password, as in http://user:password@host:port",
    413: "it is larger than the server takes",
    429: "it gets too many requests: make fewer, or log in",
}


class WebError(ResourceError):
    """A request did not do what it was for."""


class UnreachableError(WebError):
    """There is no answer. *sent* is False where the server certainly saw nothing of the request."""

    def __init__(self, message: str, *, sent: bool = True, final: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.final = final
        """Whether it would be so again: a certificate that is not trusted, say."""


class BodyError(WebError):
    """The body is not whole, or not the one that was promised."""


class StatusError(WebError):
    """The server answered with a status that was not expected."""

    def __init__(
        self,
        what: str,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        *,
        at_home: bool = True,
        sensitive: bool = False,
    ) -> None:
        self.what = what
        """Method and URL, as they may be shown."""
        self.status = status
        self.headers = headers
        self.body = body
        """Its first bytes, 64 KiB at most."""
        self.at_home = at_home
        """Whether the server that was asked says so; not another one, to which it redirected."""
        super().__init__(self._message("" if sensitive else excerpt(body)))

    def _message(self, said: str) -> str:
        from http import HTTPStatus  # noqa: PLC0415  (only an error needs the words)

        try:
            phrase = f" {HTTPStatus(self.status).phrase}"
        except ValueError:  # a status of the server's own
            phrase = ""
        parts = [f"{self.what}: {self.status}{phrase}", said]
        hint = _HINTS.get(self.status) or ("the server failed: try again later" if self.status >= 500 else "")
        return ": ".join(part for part in parts if part) + (f" ({hint})" if hint else "")


def excerpt(body: bytes) -> str:
    """What people need of *body*: the message of a JSON object, else the beginning of its text."""
    text = _json_message(body) or re.sub(r"<[^>]*>", " ", body[:4096].decode(errors="replace"))
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _json_message(body: bytes) -> str:
    """What is called `message` in *body* and in its `errors`, as servers of JSON usually have it."""
    import json  # noqa: PLC0415  (only an error needs it)

    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(value, dict):
        return ""
    errors = value.get("errors")
    found = [value, *(errors if isinstance(errors, list) else [])]
    parts = (
        str(one.get("message") or one.get("error_description") or one.get("code") or one.get("error") or "")
        for one in found
        if isinstance(one, dict)
    )
    return "; ".join(dict.fromkeys(part for part in parts if part))
