"""Who a client says it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqnc_resources.keys import Secret

if TYPE_CHECKING:
    from sqnc_resources.web.errors import StatusError
    from sqnc_resources.web.messages import Outgoing


class Authorizer(Protocol):
    """Gives the headers that prove who asks: a token, or a signature of the request."""

    def headers(self, outgoing: Outgoing, /) -> Mapping[str, str]:
        """The headers for one attempt; made anew for each, and for no origin that redirects lead to."""

    def refused(self, error: StatusError, /) -> bool:
        """Whether to try again, with other headers, after a 401; asked once in each call."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token."""

    token: Secret

    def headers(self, _outgoing: Outgoing) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def refused(self, _error: StatusError) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Basic:
    """A user and a password."""

    username: str
    password: Secret

    def headers(self, _outgoing: Outgoing) -> Mapping[str, str]:
        return {"Authorization": basic(self.username, self.password.reveal())}

    def refused(self, _error: StatusError) -> bool:
        return False


def basic(username: str, password: str) -> str:
    """The value of `Authorization`, RFC 7617."""
    from base64 import b64encode  # noqa: PLC0415  (few clients need it)

    return f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"
