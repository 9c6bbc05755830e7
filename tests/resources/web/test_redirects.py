"""Redirects are followed, and nothing secret is given away on the way."""

from __future__ import annotations

import pytest
from tests.resources.faulty_server import Answer, FaultyServer

from sqnc_resources import Secret
from sqnc_resources.web import (
    Basic,
    Bearer,
    Client,
    Outgoing,
    Settings,
    StatusError,
    WebError,
)

TOKEN = Bearer(Secret("the-token"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_origin_gets_no_secret(
    status: int, server: FaultyServer, other_server: FaultyServer, settings: Settings
) -> None:
    server.on("GET", "/x", Answer(status, headers={"Location": f"{other_server.url}/y"}))
    other_server.on("GET", "/y", Answer(body=b"there"))
    client = Client(settings, headers={"Cookie": "c", "X-Plain": "p"}, authorizer=TOKEN)
    reply = client.request("GET", f"{server.url}/x", headers={"X-Key": Secret("k")})
    assert (reply.body, reply.url) == (b"there", f"{other_server.url}/y")
    assert {"authorization", "cookie", "x-key"} <= set(server.received[0].headers)
    assert not {"authorization", "cookie", "x-key"} & set(other_server.received[0].headers)
    assert other_server.received[0].headers["x-plain"] == "p"


def test_who_has_left_gets_no_secret_when_he_comes_back(
    server: FaultyServer, other_server: FaultyServer, settings: Settings
) -> None:
    server.on("GET", "/x", Answer(302, headers={"Location": f"{other_server.url}/y"}))
    other_server.on("GET", "/y", Answer(302, headers={"Location": f"{server.url}/z"}))
    server.on("GET", "/z", Answer())
    Client(settings, authorizer=TOKEN).request("GET", f"{server.url}/x")
    assert [one.headers.get("authorization") for one in server.received] == ["Bearer the-token", None]


def test_another_origin_cannot_ask_for_the_credentials(
    server: FaultyServer, other_server: FaultyServer, settings: Settings
) -> None:
    class Eager:
        asked = 0

        def headers(self, _outgoing: Outgoing) -> dict[str, str]:
            return {}

        def refused(self, error: StatusError) -> bool:
            self.asked += 1
            return False

    server.on("GET", "/x", Answer(302, headers={"Location": f"{other_server.url}/y"}))
    other_server.on("GET", "/y", Answer(401, headers={"WWW-Authenticate": 'Bearer realm="http://evil.test"'}))
    eager = Eager()
    with pytest.raises(StatusError):
        Client(settings, authorizer=eager).request("GET", f"{server.url}/x")
    assert eager.asked == 0


def test_an_authorizer_counts_before_a_header_of_any_case(server: FaultyServer, settings: Settings) -> None:
    server.on("GET", "/x", Answer())
    url = server.url.replace("//", "//ann:p@") + "/x"
    Client(settings, authorizer=TOKEN).request("GET", url, headers={"authorization": "other"})
    assert server.received[0].headers["authorization"] == "Bearer the-token"


def test_the_same_origin_gets_the_secret_again(server: FaultyServer, settings: Settings) -> None:
    server.on("GET", "/x", Answer(302, headers={"Location": "y"}))
    server.on("GET", "/y", Answer())
    Client(settings, authorizer=Basic("ann", Secret("p"))).request("GET", f"{server.url}/x")
    assert [one.headers["authorization"] for one in server.received] == ["Basic YW5uOnA="] * 2


@pytest.mark.parametrize("status", [307, 308])
def test_a_post_is_sent_on_whole(status: int, server: FaultyServer, client: Client) -> None:
    server.on("POST", "/x", Answer(status, headers={"Location": "/y"}))
    server.on("POST", "/y", Answer(201))
    assert client.request("POST", f"{server.url}/x", body=b"data").status == 201
    assert server.received[-1].body == b"data"


@pytest.mark.parametrize("status", [301, 302])
def test_a_post_never_becomes_a_get_that_does_nothing(
    status: int, server: FaultyServer, client: Client
) -> None:
    server.on("POST", "/x", Answer(status, headers={"Location": "/y?token=abc"}))
    with pytest.raises(WebError, match=rf"POST .*/x: {status}: .*/y\?token=\*\*\*: use that address"):
        client.request("POST", f"{server.url}/x", body=b"data")
    assert len(server.received) == 1


def test_see_other_is_fetched_without_the_body(server: FaultyServer, client: Client) -> None:
    server.on("POST", "/x", Answer(303, headers={"Location": "/y"}))
    server.on("GET", "/y", Answer(body=b"seen"))
    sent = client.request("POST", f"{server.url}/x", body=b"data", headers={"Content-Type": "text/plain"})
    assert sent.body == b"seen"
    assert "content-type" not in server.received[-1].headers


def test_redirects_in_a_circle_end(server: FaultyServer, client: Client) -> None:
    server.on("GET", "/x", Answer(302, headers={"Location": "/x"}))
    with pytest.raises(WebError, match=r"more than 10 redirects, the last one to .*/x"):
        client.request("GET", f"{server.url}/x")
    assert len(server.received) == 11


def test_a_redirect_to_what_is_no_url_of_http_is_refused(server: FaultyServer, client: Client) -> None:
    server.on("GET", "/x", Answer(302, headers={"Location": "file:///etc/passwd"}))
    with pytest.raises(WebError, match="expected a URL such as https"):
        client.request("GET", f"{server.url}/x")
