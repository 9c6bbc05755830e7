"""Debian's docker-registry, which wants tokens that a server of our own signs."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from tests.resources.faulty_server import Answer, FaultyServer, Received
from tests.resources.registry_image.images import simple
from tests.resources.registry_image.registries import BASIC, PASSWORD, USER, docker_registry
from tests.resources.registry_image.test_put import layout, params, write_folder

from sqnc_resources.errors import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.registry_image import GetParams, Source, Version, check, get, put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.peers("docker-registry")

SERVICE, ISSUER = "a registry", "a token server"
KNOWN = {"username": USER, "password": PASSWORD}


class SignedTokens:
    """A token server: whoever knows the password may do all, others may pull."""

    def __init__(self, server: FaultyServer, authority: trustme.CA) -> None:
        self.server = server
        leaf = authority.issue_cert("token.example.com", key_type=trustme.KeyType.ECDSA)
        key = serialization.load_pem_private_key(leaf.private_key_pem.bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self._key = key
        chain = [x509.load_pem_x509_certificate(one.bytes()) for one in leaf.cert_chain_pems]
        self._chain = [one.public_bytes(serialization.Encoding.DER) for one in chain]
        server.otherwise(self._answer)

    def _answer(self, asked: Received) -> Answer:
        actions = {"pull", "push"} if asked.headers.get("authorization") == BASIC else {"pull"}
        granted = []
        for scope in parse_qs(urlsplit(asked.target).query).get("scope", []):
            kind, name, wanted = scope.split(":")
            granted.append({"type": kind, "name": name, "actions": sorted({*wanted.split(",")} & actions)})
        return Answer(body=json.dumps({"token": self._signed(granted), "expires_in": 300}).encode())

    def _signed(self, access: list[dict[str, object]]) -> str:
        now = int(time.time())
        header = {
            "typ": "JWT",
            "alg": "ES256",
            "x5c": [base64.b64encode(one).decode() for one in self._chain],
        }
        claims = {
            "iss": ISSUER, "sub": "", "aud": SERVICE, "jti": "1", "access": access,
            "iat": now, "nbf": now - 10, "exp": now + 300,
        }  # fmt: skip
        text = b".".join(_encoded(json.dumps(one).encode()) for one in (header, claims))
        r, s = utils.decode_dss_signature(self._key.sign(text, ec.ECDSA(hashes.SHA256())))
        return b".".join((text, _encoded(r.to_bytes(32, "big") + s.to_bytes(32, "big")))).decode()


def _encoded(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@pytest.fixture
def host(server: FaultyServer, tmp_path: Path) -> Iterator[str]:
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    SignedTokens(server, authority)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    token = {
        "realm": f"{server.url}/token", "service": SERVICE, "issuer": ISSUER,
        "rootcertbundle": str(tmp_path / "authority.pem"),
    }  # fmt: skip
    with docker_registry(tmp_path, auth={"token": token}) as address:
        yield address


def test_tokens_open_the_registry_for_what_they_say(host: str, server: FaultyServer, tmp_path: Path) -> None:
    image = simple()
    write_folder(tmp_path / "got/oci", layout(image, single=True))
    base = read(Source, {"repository": f"{host}/base/image", "tag": "1", **KNOWN}, "source", [])
    assert put(base, params(image="got/oci"), tmp_path).version == Version(image.digest, "1")
    (tmp_path / "got/repository").write_text(f"{host}/base/image")
    other = read(Source, {"repository": f"{host}/other/image", "tag": "1", **KNOWN}, "source", [])
    assert put(other, params(image="got/oci"), tmp_path).version == Version(image.digest, "1")
    scopes = [parse_qs(urlsplit(asked.target).query)["scope"] for asked in server.received]
    assert scopes == [
        ["repository:base/image:pull,push"],
        ["repository:other/image:pull,push", "repository:base/image:pull"],
    ]
    anybody = read(Source, {"repository": f"{host}/other/image", "tag": "1"}, "source", [])
    (version,) = check(anybody, None)
    (tmp_path / "out").mkdir()
    get(anybody, version, GetParams(), tmp_path / "out")
    assert (tmp_path / "out/rootfs/etc/motd").read_text() == "hello"
    with pytest.raises(ResourceError, match="401 Unauthorized: authentication required"):
        put(
            read(Source, {"repository": f"{host}/third/image", "tag": "1"}, "source", []),
            params(image="got/oci"),
            tmp_path,
        )
