"""Certificates: of servers, of their authorities, of clients; straight and through a proxy."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from tests.resources.faulty_server import Answer, FaultyServer, serving

from sqnc_resources import ResourceError, Secret
from sqnc_resources.web import Client, ClientCertificate, Proxies, Settings, UnreachableError, tls

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "far.test").configure_cert(made)
    return made


@pytest.fixture
def secure(context: ssl.SSLContext) -> Iterator[FaultyServer]:
    """A server that speaks TLS."""
    with serving(context) as faulty:
        faulty.on("GET", "/x", Answer(body=b"safe"))
        yield faulty


@pytest.fixture
def system(pem: str, tmp_path: Path) -> Path:
    """The file of the authorities that the system trusts."""
    (file := tmp_path / "system.pem").write_text(pem)
    return file


def test_an_authority_that_is_given_is_trusted(secure: FaultyServer, settings: Settings, pem: str) -> None:
    other = trustme.CA().cert_pem.bytes().decode()
    client = Client(replace(settings, ca_certs=(other, f"a comment\n{pem}")))
    assert client.request("GET", f"{secure.url}/x").body == b"safe"


def test_the_authorities_of_the_system_are_trusted(
    secure: FaultyServer, settings: Settings, system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(system))
    assert Client(settings).request("GET", f"{secure.url}/x").body == b"safe"


def test_the_bundle_finds_the_authorities_of_any_system(
    secure: FaultyServer, settings: Settings, system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", f"{system}-absent")  # as where OpenSSL was built for elsewhere
    monkeypatch.setenv("SSL_CERT_DIR", f"{system}-absent")
    (empty := system.with_name("empty.pem")).touch()
    monkeypatch.setattr(tls, "SYSTEM_CERTIFICATES", ("/absent", str(empty), str(system)))
    assert Client(settings).request("GET", f"{secure.url}/x").body == b"safe"


def test_an_unknown_authority_is_not_and_not_tried_again(secure: FaultyServer, settings: Settings) -> None:
    with pytest.raises(UnreachableError, match=r"certificate verify failed.*give the certificate") as caught:
        Client(settings).request("GET", f"{secure.url}/x")
    assert caught.value.final
    assert secure.received == []


def test_a_certificate_for_another_name_is_not_trusted(
    secure: FaultyServer, settings: Settings, pem: str
) -> None:
    client = Client(replace(settings, ca_certs=(pem,)))
    with pytest.raises(UnreachableError, match="certificate is not valid for 'localhost'"):
        client.request("GET", f"{secure.url.replace('127.0.0.1', 'localhost')}/x")


def test_insecure_trusts_anybody(secure: FaultyServer, settings: Settings) -> None:
    client = Client(replace(settings, insecure=True))
    assert client.request("GET", f"{secure.url.replace('127.0.0.1', 'localhost')}/x").body == b"safe"


def test_what_is_no_certificate_is_named(settings: Settings, pem: str) -> None:
    client = Client(replace(settings, ca_certs=(pem, "nonsense")))
    with pytest.raises(ResourceError, match=r"ca_certs\[1\]: expected certificates in PEM"):
        client.request("GET", "https://127.0.0.1:1/x")


@pytest.fixture
def given(authority: trustme.CA, pem: str, settings: Settings) -> tuple[trustme.CA, Settings]:
    """An authority, and settings that trust it."""
    return authority, replace(settings, ca_certs=(pem,))


@pytest.mark.parametrize("apart", [True, False], ids=["key apart", "one text"])
def test_a_client_shows_its_certificate(
    apart: bool, secure: FaultyServer, context: ssl.SSLContext, given: tuple[trustme.CA, Settings]
) -> None:
    authority, trusting = given
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    with pytest.raises(UnreachableError):
        Client(trusting).request("GET", f"{secure.url}/x")
    made = authority.issue_cert("client@example.org")
    chain = b"".join(one.bytes() for one in made.cert_chain_pems).decode()
    key = made.private_key_pem.bytes().decode()
    own = ClientCertificate(chain, Secret(key)) if apart else ClientCertificate(f"{chain}\n{key}")
    client = Client(replace(trusting, client_certificate=own))
    assert client.request("GET", f"{secure.url}/x").body == b"safe"


def test_a_client_certificate_without_its_key_is_no_defect(authority: trustme.CA, settings: Settings) -> None:
    own = ClientCertificate(authority.issue_cert("x@example.org").cert_chain_pems[0].bytes().decode())
    client = Client(replace(settings, client_certificate=own))
    with pytest.raises(ResourceError, match="client certificate: expected a certificate and its private key"):
        client.request("GET", "https://127.0.0.1:1/x")


def test_a_tunnel_is_secure_from_end_to_end(
    secure: FaultyServer, server: FaultyServer, settings: Settings, pem: str
) -> None:
    server.tunnel_to = secure.url
    proxy = Proxies(https=server.url.replace("//", "//ann:secret@"))
    client = Client(replace(settings, ca_certs=(pem,), proxies=proxy))
    assert client.request("GET", "https://far.test/x").body == b"safe"
    assert server.received[0].target == "far.test:443"
    assert server.received[0].headers["proxy-authorization"] == "Basic YW5uOnNlY3JldA=="
    assert "proxy-authorization" not in secure.received[0].headers


def test_a_proxy_that_refuses_is_named(server: FaultyServer, settings: Settings) -> None:
    client = Client(replace(settings, proxies=Proxies(https=server.url)))
    with pytest.raises(
        UnreachableError, match=r"through the proxy http://127.*: Tunnel connection failed: 407"
    ):
        client.request("GET", "https://far.test/x")
    assert len(server.received) == 1


def test_a_redirect_from_https_to_http_takes_no_token_along_and_no_body(
    secure: FaultyServer, server: FaultyServer, settings: Settings, pem: str
) -> None:
    for method in ("GET", "PUT"):
        secure.on(method, "/old", Answer(307, headers={"Location": f"{server.url}/new"}))
        server.on(method, "/new", Answer())
    client = Client(replace(settings, ca_certs=(pem,)), headers={"Authorization": "x"})
    client.request("GET", f"{secure.url}/old")
    assert "authorization" not in server.received[0].headers
    with pytest.raises(ResourceError, match="where what is sent could be read"):
        client.request("PUT", f"{secure.url}/old", body=b"data")
    assert len(server.received) == 1


def test_a_proxy_may_speak_tls_too(secure: FaultyServer, settings: Settings, pem: str) -> None:
    secure.otherwise(lambda asked: Answer(body=asked.target.encode()))
    client = Client(replace(settings, ca_certs=(pem,), proxies=Proxies(http=secure.url)))
    assert client.request("GET", "http://far.test/y").body == b"http://far.test/y"
