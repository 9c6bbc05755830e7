"""Servers that scenarios need, on any address of this machine."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

LOOPBACK = "127.0.0.1"


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
def serving_page(host: str = LOOPBACK) -> Iterator[str]:
    """Serve the page; give its server's address."""
    with ThreadingHTTPServer((host, 0), Page) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://{host}:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def serving_builds(host: str = LOOPBACK) -> Iterator[str]:
    """Serve a bucket with three objects."""
    from tests.resources.s3.service import Service, serving_s3  # noqa: PLC0415  (each type's server stands alone)

    everywhere = host if host == LOOPBACK else "0.0.0.0"
    with serving_s3(everywhere) as served:
        service = Service(served.url.replace(everywhere, LOOPBACK))  # a test reaches no other address
        service.bucket("builds")
        for number in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
            service.put("builds", f"apps/app-{number}.txt", number.encode())
        yield served.url.replace(everywhere, host)


def serving_github(host: str) -> AbstractContextManager[str]:
    from tests.resources.github_release import fake_github  # noqa: PLC0415  (as above)

    return fake_github.serving_github(host)


def serving_registry(host: str) -> AbstractContextManager[str]:
    from tests.resources.registry_image import registries  # noqa: PLC0415  (as above)

    return registries.serving_registry(host)


SERVERS: dict[str, Callable[[str], AbstractContextManager[str]]] = {
    "github-release": serving_github,
    "http": serving_page,
    "registry-image": serving_registry,
    "s3": serving_builds,
}
"""What gives `((server))` in the scenario of a type; its argument is an address of this machine."""


@contextmanager
def values_of(name: str, host: str = LOOPBACK) -> Iterator[dict[str, object]]:
    """The values for the scenario of the type *name*."""
    if name not in SERVERS:
        yield {}
        return
    with SERVERS[name](host) as address:
        yield {"server": address}
