"""Servers that scenarios need, on any address of this machine."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from tests.resources.github_release.fake_github import serving_github
from tests.resources.registry_image.registries import serving_registry
from tests.resources.s3.service import serving_s3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


class Page(BaseHTTPRequestHandler):
    """One page, whose version is in its body, for whoever has the token; it takes whatever it is sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        may = self.headers["Authorization"] == "Bearer not-to-be-shown"
        body = json.dumps({"release": {"number": 7}} if may else {"error": "who are you?"}).encode()
        self.send_response_only(200 if may else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_GET  # noqa: N815  (the names that they have there)


@contextmanager
def serving_page(host: str = "127.0.0.1") -> Iterator[str]:
    """Serve the page; give its server's address."""
    with ThreadingHTTPServer((host, 0), Page) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://{host}:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def serving_builds(host: str = "127.0.0.1") -> Iterator[str]:
    """Serve a bucket with three objects."""
    with serving_s3(host) as service:
        service.bucket("builds")
        for number in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
            service.put("builds", f"apps/app-{number}.txt", number.encode())
        yield service.url


SERVERS: dict[str, Callable[[str], AbstractContextManager[str]]] = {
    "github-release": serving_github,
    "http": serving_page,
    "s3": serving_builds,
    "registry-image": serving_registry,
}
"""What gives `((server))` in the scenario of a type; its argument is an address of this machine."""


@contextmanager
def values_of(name: str, host: str = "127.0.0.1") -> Iterator[dict[str, object]]:
    """The values for the scenario of the type *name*."""
    if name not in SERVERS:
        yield {}
        return
    with SERVERS[name](host) as address:
        yield {"server": address}
