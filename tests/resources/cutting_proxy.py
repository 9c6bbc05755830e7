"""A proxy between a client and a server on this machine that cuts a connection after so many bytes.

with cutting(port) as proxy:
    proxy.cuts = [None, Cut("down", 100)]     # the first connection is left alone, the second is not
    … connect to proxy.port …
    proxy.carried                              # how many bytes each connection carried, up and down
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Cut:
    """Cut the connection once *after* bytes have gone `up` to the server, or `down` to the client."""

    way: Literal["up", "down"]
    after: int


class CuttingProxy:
    """The proxy; see the module."""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.port = 0
        self.cuts: list[Cut | None] = []
        """What to do with the next connections, in turn; what comes after them is left alone."""
        self.carried: list[dict[str, int]] = []

    def carry(self, client: socket.socket) -> None:
        cut = self.cuts.pop(0) if self.cuts else None
        carried = {"up": 0, "down": 0}
        self.carried.append(carried)
        with socket.create_connection(("127.0.0.1", self.server_port)) as server:
            ends = {"up": (client, server), "down": (server, client)}
            threads = [
                threading.Thread(target=self._copy, args=(way, ends, cut, carried), daemon=True)
                for way in ends
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    @staticmethod
    def _copy(
        way: str,
        ends: dict[str, tuple[socket.socket, socket.socket]],
        cut: Cut | None,
        carried: dict[str, int],
    ) -> None:
        source, target = ends[way]
        limit = cut.after if cut is not None and cut.way == way else None
        with suppress(OSError):
            while data := source.recv(65536):
                piece = data if limit is None else data[: limit - carried[way]]
                target.sendall(piece)
                carried[way] += len(piece)
                if limit is not None and carried[way] >= limit:
                    break
            else:
                target.shutdown(socket.SHUT_WR)
                return
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class _Handler(BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        self.server.proxy.carry(self.request)


class _Server(ThreadingTCPServer):
    proxy: CuttingProxy
    daemon_threads = True


@contextmanager
def cutting(server_port: int) -> Iterator[CuttingProxy]:
    """A proxy to *server_port* for as long as the block takes."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.proxy = CuttingProxy(server_port)
        server.proxy.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server.proxy
        finally:
            server.shutdown()
            thread.join()
