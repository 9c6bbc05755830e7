"""Names of repositories say where they are."""

from __future__ import annotations

import pytest

from sqnc_resources.registry_image.names import Repository


@pytest.mark.parametrize(
    ("text", "name", "host"),
    [
        ("alpine", "index.docker.io/library/alpine", "registry-1.docker.io"),
        ("library/alpine", "index.docker.io/library/alpine", "registry-1.docker.io"),
        ("docker.io/alpine", "index.docker.io/library/alpine", "registry-1.docker.io"),
        ("index.docker.io/an-owner/image", "index.docker.io/an-owner/image", "registry-1.docker.io"),
        ("an-owner/an/image", "index.docker.io/an-owner/an/image", "registry-1.docker.io"),
        ("ghcr.io/image", "ghcr.io/image", "ghcr.io"),
        ("localhost/image", "localhost/image", "localhost"),
        ("host:5000/a/b__c.d-e", "host:5000/a/b__c.d-e", "host:5000"),
        ("[::1]:5000/image", "[::1]:5000/image", "[::1]:5000"),
    ],
)
def test_a_name_says_which_registry_and_what_there(text: str, name: str, host: str) -> None:
    repository = Repository.parse(text)
    assert (repository.full_name, repository.registry.host) == (name, host)
    assert str(repository) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a repository"),
        ("Alpine", "expected a repository"),
        ("alpine:3", "a tag belongs to `tag`"),
        ("ghcr.io/image@sha256:1", "a tag belongs to `tag`"),
        ("https://ghcr.io/image", "expected a host"),
        ("ghcr.io/", "expected a repository"),
        ("user@host.io/image", "expected a host"),
    ],
)
def test_what_is_no_name_is_told(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Repository.parse(text)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1:5000", True),
        ("localhost:5000", True),
        ("10.1.2.3", True),
        ("172.16.0.1:80", True),
        ("192.168.1.1", True),
        ("registry.local", True),
        ("172.32.0.1", False),
        ("10.example.com", False),
        ("registry.example.com", False),
    ],
)
def test_registries_of_ones_own_network_may_speak_plain_http(host: str, local: bool) -> None:
    assert Repository.parse(f"{host}/image").registry.is_local is local
