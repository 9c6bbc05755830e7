"""An HTTP(S) server for tests that answers what it is told to, faults included.

    server.on("GET", "/x", Answer(503), Answer(body=b"whole"))   # each in turn, the last one from then on
    server.on("PUT", "/x", lambda asked: Answer(body=asked.body))
    server.received                                               # what clients sent, in order

Faults are fields of Answer: a body cut short, nothing at all, slow bytes, an upload that is not taken.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import sys
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


_END_S = 5.0
"""How long a server may take to end: more than it ever needs."""


TLS_HELLO = b"\x16"
"""What a client begins with that takes us for a server of HTTPS."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came."""

    method: str
    target: str
    """What stands after the method: path and query, or a whole URL where we are a proxy."""
    headers: Mapping[str, str]
    """By name in lower case; several of one name are one, with commas."""
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer, and what to do wrong."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False
    """Send the body in chunks, without its length."""
    unsized: bool = False
    """Send neither length nor chunks: the end of the connection is the end of the body."""
    ranges: bool = False
    """Serve a part of the body where it is asked for, as long as `If-Range` is our ETag."""
    drop: bool = False
    """Close the connection, and answer nothing."""
    cut_after: int | None = None
    """Close the connection after so many bytes of the body."""
    take: int | None = None
    """Read only so many bytes of what is uploaded, then close the connection."""
    slow_s: float = 0
    """How long to wait before each piece of the body but the first."""
    late_s: float = 0
    """How long to wait before the status."""
    piece: int = 1 << 16
    """How long a piece of the body is."""


class FaultyServer:
    """A server on a free port of this machine; see the module."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[Received] = []
        self.errors: list[BaseException] = []
        """What went wrong in the server itself: a test that wonders looks here."""
        self.tunnel_to: str | None = None
        """The URL of the server that every CONNECT leads to; None refuses them with 407."""
        self.stopped = threading.Event()
        self._answers: dict[tuple[str, str], list[Any]] = {}
        self._otherwise: Callable[[Received], Answer] | None = None
        self._lock = threading.Lock()

    def on(self, method: str, path: str, *answers: Any) -> None:
        """Answer *method* on *path* with each of *answers* in turn; the last one is for all that follow."""
        with self._lock:
            self._answers[method, path] = list(answers)

    def otherwise(self, answer: Callable[[Received], Answer]) -> None:
        """Answer everything that `on` does not name."""
        self._otherwise = answer

    def asked(self, method: str, path: str | None = None) -> list[Received]:
        """The requests of *method*, on *path* or any."""
        with self._lock:
            return [one for one in self.received if one.method == method and path in {None, one.path}]

    def expect_upload(self, method: str, path: str) -> Answer | None:
        """The next answer, where it can be known before the request's body is read."""
        with self._lock:
            found = self._answers.get((method, path), [None])[0]
        return found if isinstance(found, Answer) else None

    def answer(self, asked: Received) -> Answer:
        with self._lock:
            self.received.append(asked)
            answers = self._answers.get((asked.method, asked.path))
            found = None if not answers else answers.pop(0) if len(answers) > 1 else answers[0]
        if found is None:
            found = self._otherwise or Answer(404, b'{"message": "Not Found"}')
        return found if isinstance(found, Answer) else found(asked)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        with suppress(ConnectionError, TimeoutError, ssl.SSLError):  # the client has gone
            if self.rfile.peek(1)[:1] == TLS_HELLO:  # it waits for an answer, and a line would never end
                self.close_connection = True
                return
            super().handle_one_request()

    def log_message(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self._any

    def do_CONNECT(self) -> None:
        faulty, headers = self.server.faulty, self._received_headers()
        faulty.received.append(Received("CONNECT", self.path, headers, b""))
        self.close_connection = True
        if faulty.tunnel_to is None:
            self.send_error(407)
            return
        place = urlsplit(faulty.tunnel_to)
        with socket.create_connection((str(place.hostname), place.port or 0)) as other:
            self.send_response(200)
            self.end_headers()
            self._tunnel(other)

    def _tunnel(self, other: socket.socket) -> None:
        ends = {self.connection: other, other: self.connection}
        while not self.server.faulty.stopped.is_set():
            for ready in select.select(list(ends), [], [], 0.05)[0]:
                if not (data := ready.recv(1 << 16)):
                    return
                ends[ready].sendall(data)

    def _any(self) -> None:
        faulty = self.server.faulty
        path = urlsplit(self.path).path
        expected = faulty.expect_upload(self.command, path)
        taken = expected.take if expected is not None else None
        body = self._body(taken)
        headers = self._received_headers()
        answer = faulty.answer(Received(self.command, self.path, headers, body))
        if answer.drop or taken is not None:
            self._hang_up()
            return
        if self._pause(answer.late_s):
            self._send(answer)

    def _received_headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self.headers.items():
            found[name.lower()] = f"{found[name.lower()]}, {value}" if name.lower() in found else value
        return found

    def _body(self, limit: int | None) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            found = b""
            while size := int(self.rfile.readline(), 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length if limit is None else min(limit, length))

    def _send(self, answer: Answer) -> None:
        status, body, extra = answer.status, answer.body, {}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range") in {None, answer.headers.get("ETag")}
        if answer.ranges and asked and same:
            start = int(asked[1])
            extra["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            status, body = 206, body[start:]
        self.send_response(status)
        for name, value in {**answer.headers, **extra}.items():
            self.send_header(name, value)
        self._send_framing(answer, status, body)
        self.end_headers()
        if self.command == "HEAD" or status in {204, 304}:
            return
        self._send_body(answer, body if answer.cut_after is None else body[: answer.cut_after])
        if answer.cut_after is not None or answer.unsized:
            self._hang_up()

    def _send_framing(self, answer: Answer, status: int, body: bytes) -> None:
        if answer.unsized:
            self.send_header("Connection", "close")
        elif answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif status != 204 and "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(body)))

    def _send_body(self, answer: Answer, body: bytes) -> None:
        for start in range(0, len(body), answer.piece):
            piece = body[start : start + answer.piece]
            if start and not self._pause(answer.slow_s):
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if answer.chunked else piece)
        if answer.chunked and answer.cut_after is None:
            self.wfile.write(b"0\r\n\r\n")

    def _pause(self, seconds: float) -> bool:
        """Wait; False where the test is over."""
        return not (seconds and self.server.faulty.stopped.wait(seconds))

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # `end` waits for them
    faulty: FaultyServer
    context: ssl.SSLContext | None = None

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), _Handler)
        self._open: set[socket.socket] = set()
        self._done = threading.Semaphore(0)
        self._begun = 0

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.settimeout(30)
        if self.context is not None:  # the handshake is done by the connection's own thread
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(connection)
        return connection, address

    def close_request(self, request: Any) -> None:
        self._open.discard(request)
        super().close_request(request)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._begun += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._done.release()

    def end(self) -> None:
        """Close what clients keep open, until nobody is served any more."""
        self.shutdown()
        deadline = time.monotonic() + _END_S
        while self._begun and time.monotonic() < deadline:
            for connection in list(self._open):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            while self._begun and self._done.acquire(timeout=0.05):
                self._begun -= 1
        self.server_close()

    def handle_error(self, *_: object) -> None:
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError | ssl.SSLError):
            self.faulty.errors.append(error)


@contextmanager
def serving(context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[FaultyServer]:
    """A server for as long as the block takes; with *context* it speaks TLS."""
    server = _Server(host)
    server.context = context
    scheme = "https" if context is not None else "http"
    faulty = server.faulty = FaultyServer(f"{scheme}://{host}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield faulty
    finally:
        faulty.stopped.set()
        server.end()
        thread.join()
