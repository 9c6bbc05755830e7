"""URLs as they may be shown, and who may see what."""

from __future__ import annotations

import pytest

from sqnc_resources.web import shown
from sqnc_resources.web.urls import Origin, without_userinfo


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://h/p?q=1#f", "https://h/p?q=1"),
        ("https://ann:pw@h:8/p", "https://h:8/p"),
        ("https://h/p?page=2&private_token=abc", "https://h/p?page=2&private_token=***"),
        ("https://h/p?X-Amz-Signature=ab&x=1", "https://h/p?X-Amz-Signature=***&x=1"),
        ("https://h/p?sv=2020&sig=ab&se=x", "https://h/p?sv=***&sig=***&se=***"),
        ("https://h/p?sort=asc&size=3", "https://h/p?sort=asc&size=3"),
        (f"https://h/p?x={'a' * 41}", "https://h/p?x=***"),
        (f"https://h/p?{'a' * 41}", "https://h/p?***"),
        ("http://[/", "the URL"),
    ],
)
def test_no_secret_is_shown(url: str, text: str) -> None:
    assert shown(url) == text


def test_userinfo_is_taken_out_of_a_url() -> None:
    assert without_userinfo("http://a:b%2f@[::1]:8/p?q@r") == ("http://[::1]:8/p?q@r", ("a", "b/"))
    assert without_userinfo("http://h/p@q") == ("http://h/p@q", None)


def test_a_secret_is_for_its_origin_and_its_https() -> None:
    home = Origin.of("http://Host/x")
    assert home.trusts(Origin.of("http://host:80/y"))
    assert home.trusts(Origin.of("https://host/y"))
    assert not home.trusts(Origin.of("http://host:8080/"))
    assert not home.trusts(Origin.of("http://sub.host/"))
    assert not Origin.of("https://host/").trusts(home)
