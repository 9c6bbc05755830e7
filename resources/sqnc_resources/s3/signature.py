"""Signatures of version 4: how AWS, and who speaks its protocols, knows who asks.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html is the source of the rules.

botocore has a signer too. Measured, its import takes 25 ms of processor time in every check, 31 ms with its
sources of credentials: over TLS a check would take 118 of the 120 ms that it may. And it brings 31 MB, of
which every bundle would hold 3. So the signature is made here, and botocore, which moto needs anyway, is its
peer in the tests.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote, urlsplit

from sqnc_resources.keys import Secret

if TYPE_CHECKING:
    from sqnc_resources.web import Outgoing, StatusError

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"
PAYLOAD: Final = "x-amz-content-sha256"
"""The header with the digest of the body; who sends a file gives it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks."""

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret | None = None
    expires_s: float | None = None
    """Until when they count, in seconds since 1970; None where they do not expire."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is good for."""

    region: str
    service: str = "s3"

    def of(self, moment: str) -> str:
        return f"{moment[:8]}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs each attempt of a client's requests, with what *credentials* gives at that moment."""

    credentials: Callable[[], Credentials]
    scope: Scope

    def headers(self, outgoing: Outgoing) -> Mapping[str, str]:
        """Sign what the protocol demands, `Host` and `x-amz-*`: proxies may change what else there is."""
        given = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in outgoing.headers.items()
            if name.lower().startswith("x-amz-")
        }
        if PAYLOAD not in given:
            body = outgoing.body or b""
            given[PAYLOAD] = hashlib.sha256(body).hexdigest() if isinstance(body, bytes) else _UNSIGNED
        return signed(outgoing.method, outgoing.url, given, (self.scope, self.credentials(), time.time()))

    def refused(self, _error: StatusError) -> bool:
        return False

    def presigned(self, url: str, lifetime_s: int) -> str:
        """A URL with which anybody may GET for so long."""
        return presigned(url, lifetime_s, (self.scope, self.credentials(), time.time()))


Signing = tuple[Scope, Credentials, float]
"""What is signed for, by whom, and when."""


def signed(method: str, url: str, headers: Mapping[str, str], signing: Signing) -> dict[str, str]:
    """*headers*, with those that prove who asks; PAYLOAD must be among them."""
    scope, credentials, now = signing
    moment = _moment(now)
    sent = {**headers, "x-amz-date": moment}
    if credentials.session_token:
        sent["x-amz-security-token"] = credentials.session_token.reveal()
    payload = next(value for name, value in sent.items() if name.lower() == PAYLOAD)
    names, canonical = _canonical(method, url, {**sent, "host": _host(url)}, payload)
    authority = f"{credentials.access_key_id}/{scope.of(moment)}"
    signature = _signature(canonical, signing, moment)
    sent["Authorization"] = f"{_ALGORITHM} Credential={authority},SignedHeaders={names},Signature={signature}"
    return sent


def presigned(url: str, lifetime_s: int, signing: Signing) -> str:
    """*url* with a signature in its query."""
    scope, credentials, now = signing
    moment = _moment(now)
    query = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key_id}/{scope.of(moment)}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(lifetime_s),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token:
        query["X-Amz-Security-Token"] = credentials.session_token.reveal()
    added = "&".join(f"{name}={quoted(value, '')}" for name, value in query.items())
    unsigned = f"{url}{'&' if urlsplit(url).query else '?'}{added}"
    _, canonical = _canonical("GET", unsigned, {"host": _host(url)}, _UNSIGNED)
    return f"{unsigned}&X-Amz-Signature={_signature(canonical, signing, moment)}"


def quoted(text: str, safe: str = "/") -> str:
    """*text* as the protocol wants it in URLs: RFC 3986's unreserved characters, and *safe*, stay."""
    return quote(text, safe=f"{safe}-_.~")


def _canonical(method: str, url: str, headers: Mapping[str, str], payload: str) -> tuple[str, str]:
    """The names of the headers that are signed, and the request in the form that is."""
    parts = urlsplit(url)
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    query = sorted((quoted(unquote(name), ""), quoted(unquote(value), "")) for name, _, value in pairs)
    lines = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in lines)
    return names, "\n".join(
        (
            method,
            quoted(unquote(parts.path)) or "/",
            "&".join(f"{name}={value}" for name, value in query),
            *(f"{name}:{value}" for name, value in lines),
            "",
            names,
            payload,
        )
    )


def _signature(canonical: str, signing: Signing, moment: str) -> str:
    scope, credentials, _ = signing
    key = f"AWS4{credentials.secret_access_key.reveal()}".encode()
    for part in scope.of(moment).split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join((_ALGORITHM, moment, scope.of(moment), digest))
    return hmac.digest(key, text.encode(), "sha256").hex()


def _host(url: str) -> str:
    """The header `Host` as clients send it."""
    parts = urlsplit(url)
    usual = {"http": ":80", "https": ":443"}[parts.scheme]
    return parts.netloc.lower().removesuffix(usual)


def _moment(now: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
