"""Digests: what a content must be."""

from __future__ import annotations

import hashlib

from sqnc_resources.web import BodyError, shown


def digest_of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"


def check_digest(content: bytes, digest: str, url: str) -> None:
    """Raise BodyError where *content* is not what *digest* says."""
    got = digest_of(content, digest.partition(":")[0])
    if got != digest:
        raise BodyError(f"{shown(url)}: expected the digest {digest}, got {got}")
