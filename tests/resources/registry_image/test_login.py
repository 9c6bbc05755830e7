"""Who asks: nobody in particular, a user with a password, or whoever has a token for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from tests.resources.faulty_server import Answer, serving
from tests.resources.registry_image.images import digest_of, simple
from tests.resources.registry_image.registries import (
    BASIC,
    PASSWORD,
    USER,
    FakeRegistry,
    FakeTokens,
    docker_registry,
    push,
)
from tests.resources.registry_image.test_put import layout, params, write_folder, write_tar

from sqnc_resources.errors import ResourceError
from sqnc_resources.reading import read
from sqnc_resources.registry_image import GetParams, Source, Version, check, get, put
from sqnc_resources.registry_image.authorization import parse_challenges

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.resources.conftest import Run
    from tests.resources.faulty_server import FaultyServer, Received
    from tests.resources.registry_image.conftest import Made

NAME = "an-owner/image"
IMAGE = simple("for those who may")
HTPASSWD = "ann:$2y$05$5oxZYAUiD5nO0Cu4QJShnOLZTBZkYZpZxJ37qleHVLou/I40ovcQ.\n"  # bcrypt of PASSWORD
KNOWN = {"username": USER, "password": PASSWORD}


@pytest.fixture
def tokens(registry: FakeRegistry, other_server: FaultyServer) -> FakeTokens:
    """A token server that the registry wants tokens of."""
    made = FakeTokens(other_server)
    registry.realm = made.realm
    return made


def scopes(tokens: FakeTokens) -> list[list[str]]:
    """The scopes of each token that was asked for."""
    return [parse_qs(urlsplit(asked.target).query)["scope"] for asked in tokens.server.received]


def test_a_token_is_asked_for_once(registry: FakeRegistry, made: Made, tokens: FakeTokens) -> None:
    for tag in ("1.0.0", "1.1.0", "1.2.0"):
        registry.add(NAME, simple(tag), tag)
    assert len(check(made(**KNOWN), None)) == 3
    assert scopes(tokens) == [[f"repository:{NAME}:pull"]]
    (asked,) = tokens.server.received
    assert asked.query["service"] == "a registry"
    assert asked.headers["authorization"] == BASIC
    assert all("Basic" not in one.headers.get("authorization", "") for one in registry.server.received)


def test_anybody_gets_a_token_for_what_anybody_may(
    registry: FakeRegistry, made: Made, tokens: FakeTokens
) -> None:
    tokens.anonymous = True
    registry.add(NAME, IMAGE, "1")
    assert check(made(tag="1"), None) == [Version(IMAGE.digest, "1")]
    assert "authorization" not in tokens.server.received[0].headers


def test_a_token_that_has_ended_is_renewed(
    registry: FakeRegistry, made: Made, tokens: FakeTokens, *, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.add(NAME, IMAGE, "1")
    tokens.expires_s = 30
    monkeypatch.setattr("sqnc_resources.registry_image.authorization._SHORTEST_S", 0)
    clock = SimpleNamespace(monotonic=iter(range(0, 10_000, 20)).__next__)  # for the age of tokens alone
    monkeypatch.setattr("sqnc_resources.registry_image.authorization.time", clock)
    get(made(**KNOWN), Version(IMAGE.digest, "1"), GetParams(), tmp_path)
    assert len(scopes(tokens)) > 1


def test_a_token_that_the_registry_does_not_take_any_more_is_renewed(
    registry: FakeRegistry, made: Made, tokens: FakeTokens, tmp_path: Path
) -> None:
    registry.add(NAME, IMAGE, "1")
    (layer,) = IMAGE.layers
    challenge = {"WWW-Authenticate": f'Bearer realm="{tokens.realm}",error="invalid_token"'}
    registry.server.on("GET", f"/v2/{NAME}/blobs/{layer}", Answer(401, headers=challenge), registry.answer)
    get(made(**KNOWN), Version(IMAGE.digest, "1"), GetParams(), tmp_path)
    assert len(scopes(tokens)) == 2


def test_a_push_asks_for_all_that_it_needs(
    registry: FakeRegistry, made: Made, tokens: FakeTokens, tmp_path: Path
) -> None:
    registry.add("base/image", IMAGE, "1")
    write_folder(tmp_path / "got/oci", layout(IMAGE, single=True))
    (tmp_path / "got/repository").write_text(f"{registry.host}/base/image")
    put(made(tag="1", **KNOWN), params(image="got/oci"), tmp_path)
    assert scopes(tokens) == [[f"repository:{NAME}:pull,push", "repository:base/image:pull"]]
    assert [asked.query["from"] for asked in registry.server.asked("POST")] == ["base/image"] * 2


def test_a_wrong_password_is_told_by_who_refuses_it(
    registry: FakeRegistry, made: Made, tokens: FakeTokens
) -> None:
    words = f"GET {tokens.realm}.*: 401 Unauthorized: unauthorized \\(check the credentials"
    with pytest.raises(ResourceError, match=words):
        check(made(tag="1", username=USER, password="wrong"), None)


def test_who_may_not_push_is_told(
    registry: FakeRegistry, made: Made, tokens: FakeTokens, tmp_path: Path
) -> None:
    tokens.anonymous = True
    write_tar(tmp_path / "built/image.tar", layout(IMAGE))
    with pytest.raises(ResourceError, match="401 Unauthorized"):
        put(made(tag="1"), params(), tmp_path)
    assert registry.tags == {}


def test_what_a_token_server_answers_must_be_a_token(
    registry: FakeRegistry, made: Made, tokens: FakeTokens
) -> None:
    for body in (b"{}", b"[]", b'{"token": 1}'):
        tokens.server.on("GET", "/token", Answer(body=body))
        with pytest.raises(ResourceError, match="expected a token, and there is none"):
            check(made(tag="1", **KNOWN), None)


def test_no_secret_is_shown(run: Run, registry: FakeRegistry, tokens: FakeTokens) -> None:
    registry.add(NAME, IMAGE, "1")
    source = {"repository": f"{registry.host}/{NAME}", "tag": "1", "debug": True, **KNOWN}
    answer = run("check", "registry-image", {"source": source})
    assert answer.value == [{"tag": "1", "digest": IMAGE.digest}]
    path = f"/v2/{NAME}/manifests/1"
    registry.server.on("HEAD", path, Answer(403))
    registry.server.on(
        "GET", path, lambda asked: Answer(403, f"you: {asked.headers['authorization']}".encode())
    )
    answer = run("check", "registry-image", {"source": source})
    assert answer.status == 1
    assert "403 Forbidden: you: Bearer ***" in answer.stderr
    assert PASSWORD not in answer.stderr


def test_nor_is_what_stands_for_a_password(run: Run, registry: FakeRegistry) -> None:
    def echo(asked: Received) -> Answer:
        if "authorization" not in asked.headers:
            return Answer(401, headers={"WWW-Authenticate": 'Basic realm="a realm"'})
        return Answer(403, f"you: {asked.headers['authorization']}".encode())

    registry.server.otherwise(echo)
    source = {"repository": f"{registry.host}/{NAME}", "tag": "1", **KNOWN}
    answer = run("check", "registry-image", {"source": source})
    assert answer.status == 1
    assert "403 Forbidden: you: Basic ***" in answer.stderr


def test_no_password_goes_over_plain_http_for_a_registry_of_https(tokens: FakeTokens) -> None:
    with serving(_context(trustme.CA())) as server:
        registry = FakeRegistry(server)
        registry.realm = tokens.realm
        described = {"repository": f"{registry.host}/{NAME}", "tag": "1", "insecure": True}
        with pytest.raises(ResourceError, match="where all could read it"):
            check(read(Source, {**described, **KNOWN}, "source", []), None)
    assert tokens.server.received == []


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """Debian's docker-registry with a password file; its address."""
    password_file = tmp_path / "htpasswd"
    password_file.write_text(HTPASSWD)
    with docker_registry(
        tmp_path, auth={"htpasswd": {"realm": "a realm", "path": str(password_file)}}
    ) as host:
        push(host, NAME, IMAGE, "1", authorization=BASIC)
        yield host


@pytest.mark.peers("docker-registry")
def test_a_registry_with_passwords_gets_one(guarded: str, tmp_path: Path) -> None:
    described = {"repository": f"{guarded}/{NAME}", "tag": "1"}
    source = read(Source, {**described, **KNOWN}, "source", [])
    assert check(source, None) == [Version(IMAGE.digest, "1")]
    write_tar(tmp_path / "inputs/built/image.tar", layout(simple("more")))
    result = put(source, params(additional_tags=""), tmp_path / "inputs")
    (tmp_path / "out").mkdir()
    get(source, result.version, GetParams(), tmp_path / "out")
    assert (tmp_path / "out/rootfs/etc/motd").read_text() == "more"
    for wrong in ({}, {**KNOWN, "password": "wrong"}):
        with pytest.raises(ResourceError, match="401 Unauthorized"):
            check(read(Source, {**described, **wrong}, "source", []), None)


def test_certificates_of_ones_own_authority_are_trusted() -> None:
    authority = trustme.CA()
    context = _context(authority)
    with serving(context) as server:
        registry = FakeRegistry(server)
        registry.add(NAME, IMAGE, "1")
        described = {"repository": f"{registry.host}/{NAME}", "tag": "1"}
        pem = authority.cert_pem.bytes().decode()
        for keys in ({"ca_certs": [pem]}, {"insecure": True}):
            source = read(Source, {**described, **keys}, "source", [])
            assert check(source, None) == [Version(IMAGE.digest, "1")]
        with pytest.raises(ResourceError, match="certificate verify failed"):
            check(read(Source, described, "source", []), None)


def _context(authority: trustme.CA) -> object:
    import ssl  # noqa: PLC0415  (one test's)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('Bearer realm="https://a/t",service="b c",scope="repository:x:pull,push"',
         {"bearer": {"realm": "https://a/t", "service": "b c", "scope": "repository:x:pull,push"}}),
        ('Basic realm="a \\"b\\""', {"basic": {"realm": 'a "b"'}}),
        ('Basic realm="r", Bearer realm=https://a , service=b',
         {"basic": {"realm": "r"}, "bearer": {"realm": "https://a", "service": "b"}}),
        ('bearer REALM="https://a"', {"bearer": {"realm": "https://a"}}),
        ('Bearer service="without a realm"', {}),
        ("Negotiate", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_challenges_are_read(header: str, found: dict[str, dict[str, str]]) -> None:
    assert parse_challenges(header) == found


def test_a_token_goes_to_no_other_server(
    registry: FakeRegistry, made: Made, tokens: FakeTokens, tmp_path: Path
) -> None:
    with serving() as elsewhere:
        elsewhere.otherwise(lambda asked: Answer(201))
        place = {"Location": f"{elsewhere.url}/upload"}
        write_tar(tmp_path / "built/image.tar", layout(IMAGE))
        registry.server.on(
            "POST",
            f"/v2/{NAME}/blobs/uploads/",
            lambda asked: registry._refusal(asked) or Answer(202, headers=place),
        )
        put(made(tag="1", **KNOWN), params(), tmp_path)
        assert [digest_of(asked.body) for asked in elsewhere.received] == list(IMAGE.blobs)
        assert all("authorization" not in asked.headers for asked in elsewhere.received)
