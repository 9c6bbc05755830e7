"""A client sends what it is given, is patient, and says what went wrong."""

from __future__ import annotations

import gzip
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.resources.faulty_server import Answer, FaultyServer

from sqnc_resources import ResourceError, Secret
from sqnc_resources.web import (
    Bearer,
    BodyError,
    Client,
    FilePart,
    Outgoing,
    Settings,
    StatusError,
    UnreachableError,
    WebError,
)

TOKEN = Bearer(Secret("the-token"))


def statuses(server: FaultyServer) -> list[str]:
    return [one.method for one in server.received]


# what is sent and what comes back


def test_a_request_has_the_headers_of_the_client_and_its_own_which_count(
    server: FaultyServer, settings: Settings
) -> None:
    server.on("GET", "/x", Answer(body=b'{"a": 1}', headers={"X-Answer": "yes"}))
    client = Client(settings, headers={"Accept": "text/plain", "X-Ours": "1"}, authorizer=TOKEN)
    reply = client.request("GET", f"{server.url}/x?y=z", headers={"accept": "application/json"})
    assert (reply.status, reply.json(), reply.headers["x-answer"]) == (200, {"a": 1}, "yes")
    got = server.received[0]
    assert got.query == {"y": "z"}
    assert got.headers["accept"] == "application/json"
    assert (got.headers["x-ours"], got.headers["authorization"]) == ("1", "Bearer the-token")
    assert got.headers["user-agent"].startswith("sqnc/")


def test_a_packed_body_is_unpacked(server: FaultyServer, client: Client) -> None:
    packed = Answer(body=gzip.compress(b"x" * 1000), headers={"Content-Encoding": "gzip"})
    server.on("GET", "/x", packed)
    assert client.request("GET", f"{server.url}/x").body == b"x" * 1000


def test_a_body_that_is_longer_than_it_may_be_is_refused_however_well_it_is_packed(
    server: FaultyServer, client: Client
) -> None:
    server.on("GET", "/x", Answer(body=gzip.compress(b"x" * 100_000), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(BodyError, match="longer than 50000 bytes"):
        client.request("GET", f"{server.url}/x", limit_bytes=50_000)


def test_a_file_is_sent_anew_for_each_attempt_and_a_part_of_it_alone(
    server: FaultyServer, client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "big"
    file.write_bytes(bytes(range(256)) * 4096)
    server.on("PUT", "/x", Answer(take=70_000), Answer(503), Answer(201))
    assert client.request("PUT", f"{server.url}/x", body=FilePart(file, 100, 500_000)).status == 201
    sent = server.received[-1]
    assert sent.body == file.read_bytes()[100:500_100]
    assert sent.headers["content-length"] == "500000"
    assert "transfer-encoding" not in sent.headers


def test_a_file_that_is_not_there_or_too_short_is_no_defect(
    server: FaultyServer, client: Client, tmp_path: Path
) -> None:
    with pytest.raises(ResourceError, match=r"cannot read .*absent: No such file"):
        client.request("PUT", f"{server.url}/x", body=FilePart(tmp_path / "absent"))
    (tmp_path / "short").write_bytes(b"abc")
    with pytest.raises(ResourceError, match="became shorter while it was sent"):
        client.request("PUT", f"{server.url}/x", body=FilePart(tmp_path / "short", 0, 10))


def test_pages_follow_each_other(server: FaultyServer, client: Client) -> None:
    links = '</x?page=1>; rel="prev", </x?page=3>; rel="next", </x?page=9>; rel="last"'
    server.on("GET", "/x", Answer(headers={"Link": links}), Answer(headers={"Link": '<y>; rel="last"'}))
    assert client.request("GET", f"{server.url}/x?page=2").next_url == f"{server.url}/x?page=3"
    assert client.request("GET", f"{server.url}/x?page=3").next_url is None


def test_userinfo_of_a_url_becomes_authorization(server: FaultyServer, client: Client) -> None:
    server.on("GET", "/x", Answer())
    client.request("GET", server.url.replace("//", "//ann:p%40ss@") + "/x")
    assert server.received[0].headers["authorization"] == "Basic YW5uOnBAc3M="
    assert server.received[0].headers["host"] == server.url.removeprefix("http://")


def test_a_token_that_is_refused_is_renewed_once(server: FaultyServer, settings: Settings) -> None:
    class Renewed:
        token = "old"

        def headers(self, _outgoing: Outgoing) -> dict[str, str]:
            return {"Authorization": self.token}

        def refused(self, error: StatusError) -> bool:
            assert error.headers["WWW-Authenticate"] == "Bearer"
            self.token = "new"
            return True

    server.on("GET", "/x", Answer(401, headers={"WWW-Authenticate": "Bearer"}), Answer())
    Client(settings, authorizer=Renewed()).request("GET", f"{server.url}/x")
    assert [one.headers["authorization"] for one in server.received] == ["old", "new"]
    server.on("GET", "/x", Answer(401, headers={"WWW-Authenticate": "Bearer"}))
    with pytest.raises(StatusError, match=r"401 Unauthorized \(check the credentials"):
        Client(settings, authorizer=Renewed()).request("GET", f"{server.url}/x")
    assert len(server.received) == 4


# trying again


@pytest.mark.parametrize(
    "fault",
    [
        Answer(drop=True),
        Answer(500),
        Answer(502),
        Answer(503),
        Answer(504),
        Answer(408),
        Answer(429),
        Answer(body=b"whole", cut_after=3),
        Answer(body=b"whole", chunked=True, cut_after=3),
    ],
    ids=str,
)
def test_what_may_be_repeated_is(fault: Answer, server: FaultyServer, client: Client) -> None:
    server.on("GET", "/x", fault, fault, Answer(body=b"whole"))
    assert client.request("GET", f"{server.url}/x").body == b"whole"
    assert len(server.received) == 3


def test_what_does_not_come_in_time_is_asked_for_again(server: FaultyServer, hasty: Settings) -> None:
    late = Answer(body=b"late", late_s=10)
    server.on("GET", "/x", late, late, Answer(body=b"whole"))
    assert Client(hasty).request("GET", f"{server.url}/x").body == b"whole"
    assert len(server.received) == 3


@pytest.mark.parametrize(
    "fault", [Answer(drop=True), Answer(500), Answer(503), Answer(cut_after=1, body=b"xy")], ids=str
)
def test_a_post_that_may_have_worked_is_not_repeated(
    fault: Answer, server: FaultyServer, client: Client
) -> None:
    server.on("POST", "/x", fault, Answer())
    with pytest.raises(WebError, match="POST"):
        client.request("POST", f"{server.url}/x", body=b"data")
    assert len(server.received) == 1
    server.on("POST", "/x", fault, Answer())
    assert client.request("POST", f"{server.url}/x", body=b"data", idempotent=True).status == 200


@pytest.mark.parametrize(
    "limit",
    [
        Answer(429),
        Answer(503, headers={"Retry-After": "1"}),
        Answer(403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}),
    ],
    ids=str,
)
def test_a_post_that_a_limit_refused_is_repeated(limit: Answer, server: FaultyServer, client: Client) -> None:
    server.on("POST", "/x", limit, Answer())
    began = time.monotonic()
    assert client.request("POST", f"{server.url}/x", body=b"data").status == 200
    assert len(server.received) == 2
    assert time.monotonic() - began >= (1 if limit.headers else 0)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501])
def test_what_would_be_the_same_again_is_not_repeated(
    status: int, server: FaultyServer, client: Client
) -> None:
    server.on("GET", "/x", Answer(status))
    with pytest.raises(StatusError) as caught:
        client.request("GET", f"{server.url}/x")
    assert (caught.value.status, len(server.received)) == (status, 1)


def test_who_is_to_wait_for_too_long_is_told_until_when(server: FaultyServer, client: Client) -> None:
    server.on("GET", "/x", Answer(429, headers={"Retry-After": "3600"}))
    began = time.monotonic()
    with pytest.raises(StatusError, match=r"asks to wait for 3600 s: try again after \d\d:\d\d:\d\d UTC"):
        client.request("GET", f"{server.url}/x")
    assert time.monotonic() - began < 60


def test_attempts_end(server: FaultyServer, client: Client) -> None:
    server.on("GET", "/x", Answer(503, b"<html><h1>down   for\nrepair</h1></html>"))
    with pytest.raises(
        StatusError, match=r"/x: 503 Service Unavailable: down for repair \(the server failed"
    ):
        client.request("GET", f"{server.url}/x")
    assert len(server.received) == 4


def test_a_body_that_comes_by_drops_ends_in_time(server: FaultyServer, settings: Settings) -> None:
    server.on("GET", "/x", Answer(body=b"x" * 100, piece=1, slow_s=0.2))
    client = Client(replace(settings, patience=replace(settings.patience, total_s=1.5)))
    began = time.monotonic()
    with pytest.raises(BodyError, match=r"too slowly: only \d+ bytes"):
        client.request("GET", f"{server.url}/x")
    assert time.monotonic() - began < 15  # all of it takes 20 s


def test_a_file_takes_as_long_as_it_takes(server: FaultyServer, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 1000)
    server.on("PUT", "/x", Answer(503, late_s=1.2), Answer(201))
    client = Client(replace(settings, patience=replace(settings.patience, total_s=1)))
    assert client.request("PUT", f"{server.url}/x", body=FilePart(tmp_path / "big")).status == 201
    with pytest.raises(WebError):
        client.request("PUT", f"{server.url}/absent", body=b"x" * 1000, expected=(201,))


def test_a_server_that_is_not_there_is_named_for_a_post_too(
    client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as silent:  # bound, so that nobody else can listen there meanwhile
        silent.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnreachableError, match=f"POST http://{place}/x: no answer: Connection refused"):
            client.request("POST", f"http://ann:secret@{place}/x", body=b"data")
    said = capfd.readouterr().err
    assert said.count("trying again in") == 3
    assert "secret" not in said


# messages


def test_a_message_has_no_secret_of_the_url(server: FaultyServer, client: Client) -> None:
    with pytest.raises(StatusError) as caught:
        client.request(
            "GET",
            server.url.replace("//", "//ann:hush@") + "/x?page=2&access_token=hush&X-Amz-Signature=hush",
        )
    assert "/x?page=2&access_token=***&X-Amz-Signature=***: 404 Not Found: Not Found (check" in str(
        caught.value
    )
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            b'{"message": "Validation Failed", "errors": [{"code": "already_exists"}]}',
            "Validation Failed; already_exists",
        ),
        (b'{"errors": [{"code": "DENIED", "message": "no access"}]}', "no access"),
        (b'{"error": "invalid_grant", "error_description": "expired"}', "expired"),
        (b"\x00\xff binary \x1b[31m", "binary"),
        (b"x" * 5000, "x" * 240 + "…"),
    ],
)
def test_a_message_has_what_the_server_says(
    body: bytes, words: str, server: FaultyServer, client: Client
) -> None:
    server.on("GET", "/x", Answer(400, body))
    with pytest.raises(StatusError) as caught:
        client.request("GET", f"{server.url}/x")
    assert words in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_what_is_no_json_is_said_to_be_none(server: FaultyServer, client: Client) -> None:
    server.on("GET", "/x", Answer(body=b"<p>Log in"))
    reply = client.request("GET", f"{server.url}/x")
    with pytest.raises(BodyError, match="/x: expected JSON, got Log in"):
        reply.json()


@pytest.mark.parametrize("url", ["", "x", "ftp://h/x", "http://", "http://h:x/", "http://[/"])
def test_what_is_no_url_is_refused(url: str, client: Client) -> None:
    with pytest.raises(WebError, match="expected a URL"):
        client.request("GET", url)


@pytest.mark.parametrize(
    "url", ["http://a..b/?token=hush", f"http://{'a' * 70}.test/?token=hush", "http://h%zz/?token=hush"]
)
def test_a_host_that_can_be_none_is_not_asked_twice(
    url: str, client: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(
        UnreachableError, match=r"the host's name is none|the address cannot be read"
    ) as caught:
        client.request("GET", url)
    assert "hush" not in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [("X", "a\nhush"), ("X", "hush\r"), ("X", "€hush"), ("X", "\0hush"), ("X y", "1"), ("", "1")],
)
def test_what_can_be_no_header_is_named_and_not_shown(name: str, value: str, client: Client) -> None:
    with pytest.raises(WebError, match=r"header .*: expected") as caught:
        client.request("GET", "http://127.0.0.1:1/", headers={name: Secret(value)})
    assert "hush" not in str(caught.value)


def test_a_name_that_no_server_knows_is_said_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(UnreachableError, match="there is no such host, or no name server that answers"):
        client.request("POST", "http://nothing.test/")
