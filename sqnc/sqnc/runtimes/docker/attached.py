"""An attached container's standard input and output, over the connection that the engine hijacked for it.

The engine frames what comes back: 1 byte of stream (1 stdout, 2 stderr), 3 of nothing, 4 of length,
big-endian (the Engine API's "Attach to a container", "Stream format"). Standard output is handed on; of
standard error the last 64 KiB are kept.
"""

import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, Protocol, TypeVar

_HEADER: Final = struct.Struct(">BxxxL")
_RECEIVE_BYTES: Final = 256 * 1024  # the engine writes frames of 32 KiB; several are read at once
_STDERR: Final = 2
_TAIL_BYTES: Final = 64 * 1024
_T = TypeVar("_T")


class Connection(Protocol):
    """What is used of a socket."""

    def recv(self, size: int, /) -> bytes: ...
    def sendall(self, data: bytes | memoryview, /) -> None: ...
    def shutdown(self, how: int, /) -> None: ...
    def close(self) -> None: ...


class TlsConnection:
    """A TLS socket for two threads.

    OpenSSL lets one thread at a time into a connection, and a read that waits would keep writes out: so
    nobody waits inside.
    """

    def __init__(self, connection: ssl.SSLSocket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._lock = threading.Lock()

    def recv(self, size: int, /) -> bytes:
        return self._when_ready(partial(self._socket.recv, size))

    def sendall(self, data: bytes | memoryview, /) -> None:
        left = memoryview(data)
        while left:
            sent = self._when_ready(partial(self._socket.send, left))
            left = left[sent:]

    def _when_ready(self, act: Callable[[], _T]) -> _T:
        while True:
            try:
                with self._lock:
                    return act()
            except ssl.SSLWantReadError:
                wanted = selectors.EVENT_READ
            except ssl.SSLWantWriteError:
                wanted = selectors.EVENT_WRITE
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, wanted)
                selector.select()

    def shutdown(self, how: int, /) -> None:
        self._socket.shutdown(how)

    def close(self) -> None:
        self._socket.close()


class Frames:
    """Takes the connection's bytes as they come, cut anywhere, and sorts them."""

    def __init__(self) -> None:
        self.stderr = b""
        self._head = b""
        self._kind = 0
        self._left = 0

    def feed(self, chunk: bytes) -> bytes:
        """Take *chunk*; return what it held of standard output."""
        view, at, out = memoryview(chunk), 0, []
        while at < len(view):
            if not self._left:
                at = self._take_header(view, at)
                continue
            piece = view[at : at + self._left]
            at += len(piece)
            self._left -= len(piece)
            if self._kind == _STDERR:
                self.stderr = (self.stderr + bytes(piece))[-_TAIL_BYTES:]
            else:
                out.append(piece)
        return b"".join(out)

    def _take_header(self, view: memoryview, at: int) -> int:
        end = at + _HEADER.size - len(self._head)
        self._head += view[at:end]
        if len(self._head) == _HEADER.size:
            self._kind, self._left = _HEADER.unpack(self._head)
            self._head = b""
        return end


class AttachedStream:
    """The duplex stream of an attached container. One thread may read while another writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._frames = Frames()
        self._ready = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        """Return up to *size* bytes, waiting for the first; empty at the end, or when the engine is gone."""
        while not self._ready:
            try:
                chunk = self._connection.recv(_RECEIVE_BYTES)
            except OSError:
                return b""
            if not chunk:
                return b""
            self._ready = memoryview(self._frames.feed(chunk))
        piece, self._ready = self._ready[:size], self._ready[size:]
        return bytes(piece)

    def write(self, data: bytes | memoryview, /) -> None:
        """Write all of *data*; raise OSError when the other end is gone."""
        self._connection.sendall(data)

    def close(self) -> None:
        """End both directions and wake whoever reads; a second call is harmless."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._connection.close()

    @property
    def stderr(self) -> bytes:
        """The last 64 KiB of standard error that were read so far."""
        return self._frames.stderr
