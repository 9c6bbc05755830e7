"""A server on this machine that stands for another: it asks that one and records, or it replays.

with stand_in("https://api.example.com", file, record=False) as url:
    …                      # a type whose source has `url` in place of https://api.example.com
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

from sqnc_resources.conform.recordings.recording import Json, Recording, from_json, to_json

SERVER: Final = "server"
"""What stands in recordings for the server's address."""
_TIMEOUT_S: Final = 60.0
_OF_A_CONNECTION: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_NOT_SENT: Final = _OF_A_CONNECTION | {"accept-encoding", "content-length", "host"}
_NOT_KEPT: Final = _OF_A_CONNECTION | {"content-length", "date", "server", "set-cookie"}


@contextmanager
def stand_in(address: str, file: Path, *, record: bool, secrets: Sequence[str] = ()) -> Iterator[str]:
    """Give the address of a server that stands for *address*; raise RecordingError, at the end too.

    Requests are told apart by method, path, query and body; their headers are passed on, and never recorded.
    *address*, where an answer has it, becomes the stand-in's own. Redirects are answers like others.
    """
    recording = Recording(file, secrets)
    if not record:
        recording.read()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        recording.places[SERVER] = url
        server.answer = _Recorder(address, url, recording) if record else _Replayer(recording)  # type: ignore[attr-defined]  # for the handler
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield url
        finally:
            server.shutdown()
            thread.join()
    if record:
        recording.write()
    recording.demand_all_found()


class _Recorder:
    """Asks the server itself."""

    def __init__(self, address: str, url: str, recording: Recording) -> None:
        self._address = address.rstrip("/")
        self._url = url
        self._recording = recording

    def __call__(self, request: Mapping[str, Json], headers: Mapping[str, str]) -> Mapping[str, Json]:
        response = self._ask(request, headers)
        self._recording.add(request, response)
        return response

    def _ask(self, request: Mapping[str, Json], headers: Mapping[str, str]) -> Mapping[str, Json]:
        to = urlsplit(self._address)
        assert to.hostname is not None
        if to.scheme == "https":
            context = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                to.hostname, to.port, timeout=_TIMEOUT_S, context=context
            )
        else:
            connection = http.client.HTTPConnection(to.hostname, to.port, timeout=_TIMEOUT_S)
        sent = {name: value for name, value in headers.items() if name.lower() not in _NOT_SENT}
        try:
            connection.request(
                str(request["method"]),
                f"{to.path}{request['path']}",
                from_json(request["body"]) or None,
                sent,
            )
            return self._response(connection.getresponse())
        except OSError as error:
            return _problem(f"{self._address} cannot be reached: {error}")
        finally:
            connection.close()

    def _response(self, response: http.client.HTTPResponse) -> Mapping[str, Json]:
        kept = [[name, value] for name, value in response.getheaders() if name.lower() not in _NOT_KEPT]
        body = response.read().replace(self._address.encode(), self._url.encode())
        headers = [[name, value.replace(self._address, self._url)] for name, value in kept]
        return {"status": response.status, "headers": headers, "body": to_json(body)}


class _Replayer:
    """Answers from the recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def __call__(self, request: Mapping[str, Json], headers: Mapping[str, str]) -> Mapping[str, Json]:
        del headers
        told = f"{self._recording.file} does not hold {request['method']} {request['path']}"
        return self._recording.find(request) or _problem(told)


def _problem(text: str) -> Mapping[str, Json]:
    return {"status": 501, "headers": [["Content-Type", "text/plain"]], "body": f"{text}\n"}


class _Handler(BaseHTTPRequestHandler):
    """Hands every request on, whatever its method, and writes the answer."""

    protocol_version = "HTTP/1.1"
    timeout = _TIMEOUT_S

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        request = {"method": self.command, "path": self.path, "body": to_json(self._body())}
        response = self.server.answer(request, dict(self.headers.items()))  # type: ignore[attr-defined]  # `stand_in` sets it
        body = from_json(response["body"])
        self.send_response_only(response["status"])
        for name, value in response["headers"]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name that it has there)
        """Say nothing."""
