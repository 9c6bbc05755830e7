"""What the measured programs talk to, on this machine: web servers, and git repositories.

`serving` and `serving_git` start processes of their own, whose cost is nobody's.
"""

from __future__ import annotations

import argparse
import json
import ssl
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import trustme
from bench.measure import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GIT_SERVER = Path(__file__).parents[1] / "tests" / "resources" / "git" / "peers" / "web.py"
RELEASES = [
    {
        "id": number,
        "tag_name": f"v1.{number}.0",
        "draft": False,
        "prerelease": False,
        "published_at": "2024-01-01T00:00:00Z",
        "body": "what is new\n" * 50,
    }
    for number in range(100)
]
PAGES = {
    "/v2/": {},
    "/page": {"release": {"tag": "v1.99.0"}},
    "/repos/o/r/releases": RELEASES,
    "/token": {"token": "t"},
}
LISTED = "".join(
    f"<Contents><Key>rel/app-v1.{number}.0.tgz</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
    f"<ETag>&quot;{number:032x}&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
    for number in range(100)
)
LIST = f"<ListBucketResult><IsTruncated>false</IsTruncated>{LISTED}</ListBucketResult>"
TEXTS = {"/bucket/": LIST, "/bucket/number": "1.99.0"}
MANIFEST = "/v2/o/r/manifests/v1.99.0"
DIGEST = f"sha256:{'0' * 64}"


class Pages(BaseHTTPRequestHandler):
    """Serves PAGES, TEXTS, and the digest of an image: over TLS to whoever has a token, which it gives."""

    def do_HEAD(self) -> None:
        assert self.path == MANIFEST
        host = self.headers["Host"]
        known = self.headers["Authorization"] == "Bearer t" or not isinstance(self.connection, ssl.SSLSocket)
        self.send_response_only(200 if known else 401)
        self.send_header("Docker-Content-Digest", DIGEST)
        self.send_header("WWW-Authenticate", f'Bearer realm="https://{host}/token",service="{host}"')
        self.end_headers()

    def do_GET(self) -> None:
        page = self.path.partition("?")[0]
        body = (TEXTS.get(page) or json.dumps(PAGES[page])).encode()
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(certificate: str = "") -> Iterator[str]:
    """Serve the pages, over TLS where there is a certificate; give the server's address."""
    with _started([sys.executable, "-m", "bench.peers", certificate]) as line:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{line}"


@contextmanager
def serving_git(folder: Path) -> Iterator[str]:
    """Serve the repositories in *folder* for everybody to fetch and push; give the server's address."""
    with _started([sys.executable, str(GIT_SERVER), str(folder)]) as line:
        yield f"http://127.0.0.1:{line}"


@contextmanager
def _started(command: list[str]) -> Iterator[str]:
    """Run a server; give its first line of output."""
    log = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline().strip()
            Thread(target=process.stdout.read, daemon=True).start()  # so that its pipe never fills up
            yield line
        finally:
            process.terminate()


def certificate(work: Path) -> tuple[str, str]:
    """Make an authority and a certificate for this machine; return the authority's text and the file."""
    authority = trustme.CA()
    file = work / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(file))
    return authority.cert_pem.bytes().decode(), str(file)


def make_repository(place: Path, env: Mapping[str, str], files: Mapping[str, str], commits: int) -> str:
    """Make a bare repository with *files*, whose later commits are empty; give its address."""
    work = place.with_suffix(".work")
    git(place.parent, env, "init", "--quiet", str(work))
    for name, content in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(content)
    git(work, env, "add", ".")
    for number in range(commits):
        git(work, env, "commit", "--quiet", "--allow-empty", "-m", f"commit {number}")
    git(place.parent, env, "clone", "--quiet", "--bare", str(work), str(place))
    return f"file://{place}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("certificate", help="a file, or '' for a server without TLS")
    file = parser.parse_args().certificate
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    if file:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
