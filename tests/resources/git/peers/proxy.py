"""A proxy for HTTP's CONNECT, as companies have them; with a login, or without.

    python proxy.py [USER:PASSWORD]

It listens at a free port of this machine, says so in its first line of output, and where each connection
that it has let through leads to on a line of its own.
"""

from __future__ import annotations

import socket
import sys
from base64 import b64encode
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

LOGIN = sys.argv[1] if len(sys.argv) > 1 else ""
WANTED = f"Proxy-Authorization: Basic {b64encode(LOGIN.encode()).decode()}".lower()


class Handler(StreamRequestHandler):
    rbufsize = 0  # what follows the request is the tunnel's

    def handle(self) -> None:
        method, target, _ = self.rfile.readline().decode().split()
        headers = []
        while line := self.rfile.readline().decode().strip():
            headers.append(line.lower())
        if LOGIN and WANTED not in headers:
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        assert method == "CONNECT"
        print(target, flush=True)
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as other:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = Thread(target=copy, args=(other, self.connection), daemon=True)
            back.start()
            copy(self.connection, other)
            back.join()


def copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:  # one end is gone: the other is told so
        target.close()


class Server(ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
