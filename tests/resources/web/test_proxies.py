"""Which proxy a request goes through, and that it goes through it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.resources.faulty_server import Answer, FaultyServer

from sqnc_resources.web import Client, Proxies, Settings, UnreachableError, WebError


@pytest.mark.parametrize(
    ("rules", "host", "direct"),
    [
        ("", "example.org", False),
        ("*", "example.org", True),
        ("example.org", "example.org", True),
        ("example.org", "Sub.Example.org.", True),
        ("example.org", "badexample.org", False),
        (".example.org", "sub.example.org", True),
        (".example.org", "example.org", False),
        ("*.example.org", "sub.example.org", True),
        ("other, example.org ,", "example.org", True),
        ("example.org:81", "example.org", True),
        ("example.org:80", "example.org", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "ten.example.org", False),
        ("fd00::1", "fd00::1", True),
        ("[fd00::1]:81", "fd00::1", True),
        ("[fd00::1]:80", "fd00::1", False),
        ("fd00::/8", "fd00::1", True),
        ("", "localhost", True),
        ("", "127.8.9.1", True),
        ("", "::1", True),
    ],
)
def test_no_proxy_is_read_as_go_reads_it(rules: str, host: str, direct: bool) -> None:
    found = Proxies("http://proxy:3128", no_proxy=rules).for_origin("http", host, 81)
    assert found == (None if direct else "http://proxy:3128")


def test_the_environment_names_a_proxy_for_each_scheme() -> None:
    given = {"http_proxy": "lower:1", "HTTP_PROXY": "upper:1", "HTTPS_PROXY": "https://s:2", "NO_PROXY": "x"}
    proxies = Proxies.from_environment(given)
    assert proxies.for_origin("http", "h", 80) == "http://lower:1"
    assert proxies.for_origin("https", "h", 443) == "https://s:2"
    assert proxies.for_origin("https", "x", 443) is None
    assert Proxies.from_environment({}).for_origin("https", "h", 443) is None


def test_a_header_of_a_cgi_request_is_no_proxy() -> None:
    given = {"REQUEST_METHOD": "GET", "HTTP_PROXY": "evil:1", "HTTPS_PROXY": "good:2"}
    assert Proxies.from_environment(given) == Proxies("", "good:2", "")


def test_a_request_goes_through_the_proxy_with_its_password(
    server: FaultyServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.otherwise(lambda asked: Answer(body=asked.target.encode()))
    monkeypatch.setenv("http_proxy", server.url.replace("//", "//ann:secret@"))
    monkeypatch.setenv("no_proxy", "direct.test")
    reply = Client(settings).request("GET", "http://far.test/x?y=1")
    assert reply.body == b"http://far.test/x?y=1"
    assert server.received[0].headers["proxy-authorization"] == "Basic YW5uOnNlY3JldA=="


def test_a_proxy_that_does_not_answer_is_named_without_its_password(settings: Settings) -> None:
    through = replace(settings, proxies=Proxies("http://ann:secret@127.0.0.1:1"))
    with pytest.raises(
        UnreachableError, match=r"no answer through the proxy http://127.0.0.1:1: Connection refused"
    ):
        Client(through).request("GET", "http://far.test/x")


def test_a_proxy_of_another_kind_is_refused(settings: Settings) -> None:
    with pytest.raises(WebError, match="proxy socks5://h:1: expected http://host:port"):
        Client(replace(settings, proxies=Proxies("socks5://h:1"))).request("GET", "http://far.test/x")
