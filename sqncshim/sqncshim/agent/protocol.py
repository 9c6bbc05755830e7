"""Frames between the engine and the agent: docs/agent.md in code, for both ends.

A frame is a header (length of the payload, kind, channel) and a payload. A channel is one request with all
that belongs to it; the engine numbers them from 1 and uses no number twice. A payload is raw bytes, or
fields: byte strings of any content, counted. Texts are UTF-8, where file names that are not are carried
through (`surrogateescape`); numbers are decimal.
"""

from __future__ import annotations

import enum
import struct

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Final

VERSION: Final = 2
HEADER: Final = struct.Struct(">IBI")
MAX_PAYLOAD_BYTES: Final = 64 * 1024 * 1024
WINDOW_BYTES: Final = 1024 * 1024
"""How much of a channel's data may be on its way; the receiver gives credit as it uses it."""


class Kind(enum.IntEnum):
    """What a frame says; docs/agent.md has the fields of each."""

    RUN = 1
    CREDIT = 2
    SIGNAL = 3
    END = 4
    PUT = 5
    GET = 6
    ASK = 7
    HELLO = 16
    STDOUT = 17
    STDERR = 18
    EXIT = 19
    DONE = 20
    REFUSED = 21
    FAULT = 22
    ENTRIES = 32


class ProtocolError(Exception):
    """The other end does not speak this protocol; nothing after this can be understood."""


def frame(kind: Kind, channel: int, payload: bytes = b"") -> bytes:
    """Return one frame; raise ValueError where *payload* is too long for one."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"{kind.name}: {len(payload)} bytes do not fit in a frame of {MAX_PAYLOAD_BYTES}")
    return HEADER.pack(len(payload), kind, channel) + payload


class FrameReader:
    """Takes bytes as they come, cut anywhere, and gives back whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, int, bytes]]:
        """Yield the frames that are complete; raise ProtocolError at the first that cannot be one."""
        self._buffer += data
        start, end = 0, len(self._buffer)
        try:
            while end - start >= HEADER.size:
                length, number, channel = HEADER.unpack_from(self._buffer, start)
                kind = _kind(number, length)
                if end - start < HEADER.size + length:
                    return
                start += HEADER.size
                payload = bytes(memoryview(self._buffer)[start : start + length])
                start += length
                yield kind, channel, payload
        finally:
            del self._buffer[:start]


def _kind(number: int, length: int) -> Kind:
    try:
        kind = Kind(number)
    except ValueError:
        raise ProtocolError(f"a frame of unknown kind {number}") from None
    if length > MAX_PAYLOAD_BYTES:
        raise ProtocolError(f"a frame of {length} bytes; at most {MAX_PAYLOAD_BYTES} are allowed")
    return kind


def pack(fields: Iterable[bytes]) -> bytes:
    """Return *fields* as one payload, or as one field of another."""
    fields = tuple(fields)
    return struct.pack(f">I{len(fields)}I", len(fields), *map(len, fields)) + b"".join(fields)


def unpack(payload: bytes, count: int | None = None) -> list[bytes]:
    """Return what `pack` was given: *count* fields, or any number where that is None.

    Raise ProtocolError for another number, and where *payload* is nothing that `pack` returns.
    """
    try:
        (found,) = struct.unpack_from(">I", payload)
        lengths = struct.unpack_from(f">{found}I", payload, 4) if found * 4 <= len(payload) else ()
    except struct.error:
        lengths, found = (), 1
    place = 4 + 4 * found
    if len(lengths) != found or place + sum(lengths) != len(payload):
        raise ProtocolError(f"fields whose lengths do not fit: {payload[:32]!r}, {len(payload)} bytes")
    if count is not None and found != count:
        raise ProtocolError(f"expected {count} fields, got {found}")
    fields = []
    for length in lengths:
        fields.append(payload[place : place + length])
        place += length
    return fields


def pack_texts(texts: Iterable[str]) -> bytes:
    return pack(map(encoded, texts))


def unpack_texts(payload: bytes, count: int | None = None) -> list[str]:
    """Read texts, *count* of them unless that is None; raise ProtocolError."""
    return [text(field) for field in unpack(payload, count)]


def text(field: bytes) -> str:
    """Read a text; file names that are no UTF-8 are carried through."""
    return field.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """Return the field that `text` reads."""
    return text.encode("utf-8", "surrogateescape")


def number(field: bytes) -> int:
    """Read a decimal; raise ProtocolError."""
    try:
        return int(field)
    except ValueError:
        raise ProtocolError(f"expected a number, got {field[:32]!r}") from None


def pack_pairs(pairs: Mapping[str, bytes]) -> bytes:
    """Return names and contents, in turn, as fields."""
    fields = []
    for name, content in pairs.items():
        fields += [encoded(name), content]
    return pack(fields)


def unpack_pairs(payload: bytes) -> dict[str, bytes]:
    fields = unpack(payload)
    if len(fields) % 2:
        raise ProtocolError("a name without its content")
    return {text(name): content for name, content in zip(fields[::2], fields[1::2], strict=True)}
