"""Each key that says how the server is reached, and whom to trust, does what it says."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import trustme
from tests.resources.faulty_server import Answer, FaultyServer, serving

from sqnc_resources.http import Source, check
from sqnc_resources.reading import read
from sqnc_resources.web import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

AUTHORITY = trustme.CA()
PEM = AUTHORITY.cert_pem.bytes().decode()
OTHER = trustme.CA().cert_pem.bytes().decode()


@pytest.fixture
def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(made)
    return made


@pytest.fixture
def secure(context: ssl.SSLContext) -> Iterator[FaultyServer]:
    """A page behind TLS."""
    with serving(context) as faulty:
        faulty.on("GET", "/x", Answer(body=b'{"v": "1"}'))
        yield faulty


def checked(url: str, **keys: Any) -> str:
    source = {"url": url, "version": {"path": ".v"}, "attempts": 1, **keys}
    (version,) = check(read(Source, source, "source", []), None)
    return version.version


@pytest.mark.parametrize("keys", [{"ca_certs": PEM}, {"ca_certs": [OTHER, PEM]}, {"insecure": True}])
def test_a_server_is_trusted_as_the_source_says(keys: dict[str, object], secure: FaultyServer) -> None:
    assert checked(f"{secure.url}/x", **keys) == "1"


@pytest.mark.parametrize("keys", [{}, {"ca_certs": OTHER}])
def test_any_other_server_is_not(keys: dict[str, object], secure: FaultyServer) -> None:
    with pytest.raises(UnreachableError, match="certificate verify failed"):
        checked(f"{secure.url}/x", **keys)
    assert secure.received == []


def test_a_certificate_of_the_client_is_shown(secure: FaultyServer, context: ssl.SSLContext) -> None:
    context.verify_mode = ssl.CERT_REQUIRED
    AUTHORITY.configure_trust(context)
    own = AUTHORITY.issue_cert("client@example.org")
    keys = {
        "client_certificate": own.cert_chain_pems[0].bytes().decode(),
        "client_key": own.private_key_pem.bytes().decode(),
    }
    assert checked(f"{secure.url}/x", ca_certs=PEM, **keys) == "1"
    with pytest.raises(UnreachableError):
        checked(f"{secure.url}/x", ca_certs=PEM)


def test_a_proxy_that_is_named_counts_before_the_environment_s(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.otherwise(lambda asked: Answer(body=b'{"v": "through"}'))
    assert checked("http://far.test/x", proxy=server.url, no_proxy="other.test") == "through"
    assert server.received[0].target == "http://far.test/x"
    here = socket.getaddrinfo("127.0.0.1", urlsplit(server.url).port, type=socket.SOCK_STREAM)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: here)
    server.on("GET", "/x", Answer(body=b'{"v": "direct"}'))
    assert checked("http://far.test/x", proxy="http://127.0.0.1:1", no_proxy="far.test") == "direct"
    assert server.received[1].target == "/x"


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        ({"username": "ann", "password": "p"}, "Basic YW5uOnA="),
        ({"username": "ann"}, "Basic YW5uOg=="),
        ({"token": "t"}, "Bearer t"),
        ({"headers": {"Authorization": "token t"}}, "token t"),
    ],
)
def test_whoever_logs_in_says_so(keys: dict[str, object], value: str, server: FaultyServer) -> None:
    server.on("GET", "/x", Answer(body=b'{"v": "1"}'))
    checked(f"{server.url}/x", **keys)
    assert server.received[0].headers["authorization"] == value
