"""Print the processor time of `check` of the types that speak HTTP, each against a server of this machine.

    python -m bench.web_check [--rounds N]

Ends with 1 where one of them takes more than its limit above the interpreter.
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
from typing import TYPE_CHECKING

import trustme
from bench.measure import BenchError, scratch
from bench.resource_check import spent_s

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_MS = 120.0
BARE = "python -c pass"
SHIM = Path(sys.executable).parent / "sqncshim"
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
PAGES = {"/v2/": {}, "/page": {"release": {"tag": "v1.99.0"}}, "/repos/o/r/releases": RELEASES}
LISTED = "".join(
    f"<Contents><Key>rel/app-v1.{number}.0.tgz</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
    f"<ETag>&quot;{number:032x}&quot;</ETag><Size>1</Size><StorageClass>STANDARD</StorageClass></Contents>"
    for number in range(100)
)
LIST = f"<ListBucketResult><IsTruncated>false</IsTruncated>{LISTED}</ListBucketResult>"
TEXTS = {"/bucket/": LIST, "/bucket/number": "1.99.0"}
MANIFEST = "/v2/o/r/manifests/v1.99.0"
DIGEST = f"sha256:{'0' * 64}"
PAGE_RULE = {"version": {"path": ".release.tag"}}


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
        found = json.dumps({"token": "t"} if page == "/token" else PAGES.get(page))
        body = TEXTS.get(page, found).encode()
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", metavar="CERTIFICATE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve is not None:
        serve(options.serve)
    try:
        costs = measure(options.rounds)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    good = True
    for name, cost in costs.items():
        above = cost - costs[BARE]
        good &= above <= LIMIT_MS
        print(f"{name:<30} {cost:8.1f} ms of processor time, {above:6.1f} above the interpreter")
    print(f"limit {LIMIT_MS:.0f} ms above the interpreter: {'ok' if good else 'MISSED'}")
    return 0 if good else 1


def measure(rounds: int) -> dict[str, float]:
    """Return the least cost of each in milliseconds, for what else the machine does only adds to it."""
    with scratch() as (work, env), serving("") as plain, serving(certificate(work)) as secure:
        authority = (work / "authority.pem").read_text()
        checks = {
            "http": ("http", {"url": f"{plain}/page", **PAGE_RULE}),
            "http, over TLS": ("http", {"url": f"{secure}/page", **PAGE_RULE, "ca_certs": authority}),
            "github-release": (
                "github-release",
                {"owner": "o", "repository": "r", "github_api_url": plain, "access_token": "t"},
            ),
            "registry-image": ("registry-image", image_at(plain)),
            "registry-image, TLS and token": (
                "registry-image",
                {**image_at(secure), "ca_certs": [authority], "username": "u", "password": "p"},
            ),
            "s3": ("s3", {**bucket_at(plain), "regexp": "rel/app-v(.*).tgz"}),
            "s3, over TLS": (
                "s3",
                {**bucket_at(secure), "regexp": "rel/app-v(.*).tgz", "ca_bundle": authority},
            ),
            "semver, s3": ("semver", {**bucket_at(plain), "key": "number"}),
        }
        env["TMPDIR"] = str(work)  # where github-release keeps what it has seen
        env["PYTHONPYCACHEPREFIX"] = str(work / "bytecode")  # filled by the first turn, for all alike
        turns = []
        for _ in range(rounds + 1):
            costs = {BARE: cost_ms([sys.executable, "-c", "pass"], "", work, env)}
            for name, (kind, source) in checks.items():
                request = json.dumps({"source": source})
                costs[name] = cost_ms([str(SHIM), "resource", "check", kind], request, work, env)
            turns.append(costs)
    return {name: min(turn[name] for turn in turns[1:]) for name in turns[0]}


def image_at(server: str) -> dict[str, object]:
    """The source of an image there."""
    return {"repository": f"{server.partition('//')[2]}/o/r", "tag": "v1.99.0"}


def bucket_at(server: str) -> dict[str, object]:
    """The source of a bucket there."""
    return {"bucket": "bucket", "endpoint": server, "access_key_id": "a", "secret_access_key": "b"}


def cost_ms(argv: list[str], request: str, work: Path, env: dict[str, str]) -> float:
    """Return what the process took of the processor; raise BenchError where it did no work."""
    before = spent_s()
    done = subprocess.run(argv, input=request, cwd=work, env=env, capture_output=True, text=True, check=False)
    taken = spent_s() - before
    if done.returncode != 0 or (request and "1.99.0" not in done.stdout):
        raise BenchError(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stderr}")
    return taken * 1e3


def certificate(work: Path) -> str:
    """Make an authority and a certificate for this machine; return the latter's file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(work / "authority.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(work / "server.pem"))
    return str(work / "server.pem")


@contextmanager
def serving(certificate: str) -> Iterator[str]:
    """Serve from a process of its own, whose cost is nobody's; give its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.web_check", "--serve", certificate], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def serve(certificate: str) -> None:
    """Serve until somebody ends it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
