"""A web server for repositories, as hosting services are: git's own, and Git LFS; with a login, or without.

    python web.py FOLDER [USER:PASSWORD] [CERTIFICATE]

It serves the repositories in FOLDER at a free port of this machine, says so in its first line of output,
and the method and path of each request that it has let in on a line of its own.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = Path(sys.argv[1])
LOGIN = sys.argv[2] if len(sys.argv) > 2 else ""
CERTIFICATE = sys.argv[3] if len(sys.argv) > 3 else ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self._body()
        if LOGIN and self.headers.get("Authorization") != f"Basic {b64encode(LOGIN.encode()).decode()}":
            self._answer(401, b"who are you?", {"WWW-Authenticate": 'Basic realm="test"'})
            return
        print(self.command, urlsplit(self.path).path, flush=True)
        repository, is_lfs, rest = self.path.partition("/info/lfs/objects/")
        if not is_lfs:
            self._run_git(body)
        elif rest == "batch":
            self._tell_where_objects_are(repository, json.loads(body))
        else:
            self._keep_or_give_object(FOLDER / repository.strip("/") / "lfs-objects" / rest, body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _run_git(self, body: bytes) -> None:
        url = urlsplit(self.path)
        environment = {
            "GIT_PROJECT_ROOT": str(FOLDER),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": LOGIN.partition(":")[0] or "anybody",  # who may push
            "REMOTE_ADDR": self.client_address[0],
        }
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            check=True,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self._answer(int(headers.pop("Status", "200").split()[0]), content, headers)

    def _tell_where_objects_are(self, repository: str, request: dict[str, object]) -> None:
        operation, objects = request["operation"], request["objects"]
        assert isinstance(objects, list)
        base = f"http://{self.headers['Host']}{repository}/info/lfs/objects"
        kept = FOLDER / repository.strip("/") / "lfs-objects"
        told = [
            {**one, "error": {"code": 404, "message": "there is no such object"}}
            if operation == "download" and not (kept / one["oid"]).exists()
            else {**one, "actions": {operation: {"href": f"{base}/{one['oid']}"}}}
            for one in objects
        ]
        answer = json.dumps({"transfer": "basic", "objects": told}).encode()
        self._answer(200, answer, {"Content-Type": "application/vnd.git-lfs+json"})

    def _keep_or_give_object(self, file: Path, body: bytes) -> None:
        if self.command == "PUT":
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(body)
            self._answer(200, b"")
        else:
            self._answer(200, file.read_bytes())

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
if CERTIFICATE:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
