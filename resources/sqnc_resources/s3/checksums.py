"""Checksums that go with objects: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final, Protocol


class Checksum(Protocol):
    """What hashlib's have too."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class Crc32:
    """zlib's."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


class ReflectedCrc:
    """Any CRC whose bits are reflected, and that begins and ends with all ones: CRC32C, CRC64NVME.

    It takes two bytes in a step, and a second for some 30 MB: few ask for one of these, and a library of
    their own would go into every bundle.
    """

    def __init__(self, polynomial: int, bits: int) -> None:
        self._polynomial = polynomial
        self._bits = bits
        self._mask = (1 << bits) - 1
        self._value = self._mask
        self._odd = b""

    def update(self, data: bytes) -> None:
        data = self._odd + data
        even = len(data) & ~1
        self._odd = data[even:]
        table, value = _table(self._polynomial, 16), self._value
        for low, high in zip(data[0:even:2], data[1:even:2], strict=True):
            value = table[(value ^ (low | high << 8)) & 0xFFFF] ^ (value >> 16)
        self._value = value

    def digest(self) -> bytes:
        value, table = self._value, _table(self._polynomial, 8)
        for byte in self._odd:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
        return (value ^ self._mask).to_bytes(self._bits // 8, "big")


ALGORITHMS: Final[Mapping[str, Callable[[], Checksum]]] = {
    "CRC32": Crc32,
    "CRC32C": lambda: ReflectedCrc(0x82F63B78, 32),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
    "CRC64NVME": lambda: ReflectedCrc(0x9A6C9329AC4BC9B5, 64),
}
"""By the names that S3 has for them."""


def checksum(algorithm: str, chunks: Iterable[bytes]) -> str:
    """The checksum as S3 writes it."""
    found = ALGORITHMS[algorithm]()
    for chunk in chunks:
        found.update(chunk)
    return written(found)


def written(found: Checksum) -> str:
    return b64encode(found.digest()).decode()


@cache
def _table(polynomial: int, bits: int) -> tuple[int, ...]:
    return tuple(_shifted(polynomial, index, bits) for index in range(1 << bits))


def _shifted(polynomial: int, value: int, bits: int) -> int:
    for _ in range(bits):
        value = (value >> 1) ^ (polynomial if value & 1 else 0)
    return value
