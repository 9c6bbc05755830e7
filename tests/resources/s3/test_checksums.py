"""Checksums are those that others make."""

from __future__ import annotations

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.s3.checksums import ALGORITHMS, checksum, written

# https://reveng.sourceforge.io/crc-catalogue/: what each makes of "123456789"
CHECKS = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "SHA1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "SHA256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_checksums_are_those_of_the_catalogue(name: str) -> None:
    assert b64decode(checksum(name, [b"123456789"])).hex() == CHECKS[name]


@pytest.mark.parametrize("name", ALGORITHMS)
@given(parts=st.lists(st.binary(max_size=9)))
def test_it_does_not_matter_how_bytes_come(name: str, parts: list[bytes]) -> None:
    assert checksum(name, parts) == checksum(name, [b"".join(parts)])


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_digest_may_be_asked_for_in_between(name: str) -> None:
    found = ALGORITHMS[name]()
    found.update(b"1")
    written(found)
    found.update(b"23456789")
    assert b64decode(written(found)).hex() == CHECKS[name]
