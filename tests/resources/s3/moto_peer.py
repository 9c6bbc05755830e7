"""Moto's S3, IAM and STS on a free port: `moto_peer.py [HOST]` prints its URL, and ends with its input.

One request at a time, since S3 compares and sets at once, and moto does it in steps.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        pass


def one_at_a_time(app: Callable[..., Iterable[bytes]]) -> Callable[..., list[bytes]]:
    lock = threading.Lock()

    def serve(environment: dict[str, Any], start: Any) -> list[bytes]:
        with lock:
            return list(app(environment, start))

    return serve


def main() -> None:
    app = one_at_a_time(DomainDispatcherApplication(create_backend_app))
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    server = make_server(host, 0, app, threaded=True, request_handler=Handler)
    print(f"http://{host}:{server.port}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
