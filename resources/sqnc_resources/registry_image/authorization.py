"""Who a registry is told asks: a user with a password, or a token that a token server gives for it.

https://distribution.github.io/distribution/spec/auth/token/ is the source of the rules.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqnc_resources.errors import ResourceError
from sqnc_resources.keys import Secret
from sqnc_resources.streams import hide
from sqnc_resources.web.authorization import basic
from sqnc_resources.web.urls import Origin, shown

if TYPE_CHECKING:
    from sqnc_resources.web import Client, Outgoing, StatusError

_CHALLENGE: Final = re.compile(
    r"([A-Za-z]+)\s+((?:[\w-]+\s*=\s*(?:\"(?:\\.|[^\"\\])*\"|[^\s,\"]+)\s*(?:,\s*|$))+)"
)
_PARAMETER: Final = re.compile(r"([\w-]+)\s*=\s*(?:\"((?:\\.|[^\"\\])*)\"|([^\s,\"]+))")
_SHORTEST_S: Final = 60
"""How long a token counts whose server does not say, or says less."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password."""

    username: str
    password: Secret


@dataclass(frozen=True, slots=True)
class _Token:
    """What the token server gave."""

    text: str
    until: float
    """By the monotonic clock."""


class RegistryAuthorizer:
    """Learns from the registry's first refusal what it wants: no password goes where none is wanted."""

    def __init__(self, login: Login | None) -> None:
        self._login = login
        self._basic = basic(login.username, login.password.reveal()) if login else ""
        hide(self._basic.removeprefix("Basic "))
        self._scopes: dict[str, None] = {}
        self._tokens: dict[tuple[str, ...], _Token] = {}
        self._challenge: Mapping[str, str] | None = None
        self._is_basic = False
        self._place: tuple[Client, Origin] | None = None

    def start(self, client: Client, origin: Origin) -> None:
        """Tell *origin*, the registry, who asks from now on; *client* fetches the tokens."""
        self._place = client, origin

    def want(self, *scopes: str) -> None:
        """Ask for *scopes*, `repository:a/b:pull,push`, with the next token, besides all before them."""
        for scope in scopes:
            if not any(_covers(one, scope) for one in self._scopes):
                self._scopes[scope] = None

    def headers(self, outgoing: Outgoing, /) -> Mapping[str, str]:
        if self._place is None or not self._place[1].trusts(Origin.of(outgoing.url)):  # uploads go elsewhere
            return {}
        if self._is_basic:
            return {"Authorization": self._basic}
        if self._challenge is None:
            return {}
        return {"Authorization": f"Bearer {self._token(self._challenge, *self._place).text}"}

    def refused(self, error: StatusError, /) -> bool:
        """Whether the registry has said how to log in, and we have not done just that."""
        challenges = parse_challenges(error.headers.get("WWW-Authenticate", ""))
        if "bearer" in challenges:
            self._challenge = challenges["bearer"]
            self.want(*self._challenge.get("scope", "").split())
            self._tokens.pop(tuple(self._scopes), None)
            return self._place is not None
        if "basic" in challenges and self._login is not None and not self._is_basic:
            self._is_basic = True
            return self._place is not None
        return False

    def _token(self, challenge: Mapping[str, str], client: Client, origin: Origin) -> _Token:
        """The token for all scopes that are wanted; a new one where the last is about to end."""
        scopes = tuple(self._scopes)
        found = self._tokens.get(scopes)
        if found is None or found.until <= time.monotonic():
            realm = challenge["realm"]
            if origin.scheme == "https" and Origin.of(realm).scheme != "https" and self._login is not None:
                raise ResourceError(
                    f"{shown(realm)}: the registry wants the password sent there, where all could read it"
                )
            place, self._place = self._place, None  # the token server may be at the registry's own address
            try:
                found = self._tokens[scopes] = self._fetch(client, challenge, scopes)
            finally:
                self._place = place
        return found

    def _fetch(self, client: Client, challenge: Mapping[str, str], scopes: tuple[str, ...]) -> _Token:
        realm = challenge["realm"]
        service = [("service", challenge["service"])] if challenge.get("service") else []
        query = urlencode([*service, *(("scope", scope) for scope in scopes)])
        url = f"{realm}{'&' if '?' in realm else '?'}{query}"
        headers: dict[str, str | Secret] = {}
        if self._login is not None:
            headers["Authorization"] = Secret(self._basic)
        begin = time.monotonic()
        answer: Any = client.request("GET", url, headers=headers).json()
        text = (answer.get("token") or answer.get("access_token")) if isinstance(answer, dict) else None
        if not isinstance(text, str) or not text:
            raise ResourceError(f"{shown(realm)}: expected a token, and there is none in the answer")
        if self._login is not None:
            hide(text)
        seconds = answer.get("expires_in")
        lasts = seconds if isinstance(seconds, int) and not isinstance(seconds, bool) else 0
        return _Token(text, begin + max(lasts * 0.9, _SHORTEST_S))


def _covers(scope: str, other: str) -> bool:
    """Whether who has *scope* has *other*: `repository:a:pull,push` covers `repository:a:pull`."""
    name, _, actions = scope.rpartition(":")
    other_name, _, other_actions = other.rpartition(":")
    return name == other_name and set(other_actions.split(",")) <= set(actions.split(","))


def parse_challenges(header: str) -> dict[str, Mapping[str, str]]:
    """Read `WWW-Authenticate`: the parameters of each scheme, by its name in lower case."""
    found: dict[str, Mapping[str, str]] = {}
    for scheme, text in _CHALLENGE.findall(header):
        parameters = {
            name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
            for name, quoted, plain in _PARAMETER.findall(text)
        }
        if scheme.lower() == "basic" or "realm" in parameters:
            found[scheme.lower()] = parameters
    return found
