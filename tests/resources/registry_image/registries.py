"""Registries that tests talk to: one in memory on the faulty server, and Debian's docker-registry."""

from __future__ import annotations

import base64
import json
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.resources.faulty_server import Answer, FaultyServer, Received, serving
from tests.resources.registry_image.images import Image, digest_of, image, simple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

USER, PASSWORD = "ann", "not-to-be-shown"
BASIC = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"


class FakeRegistry:
    """The distribution API in memory, for whoever asks; `page` is how many tags a page has at most.

    With `realm`, the address of a token server, it wants tokens.
    """

    def __init__(self, server: FaultyServer) -> None:
        self.server = server
        self.blobs: dict[tuple[str, str], bytes] = {}
        """By repository and digest."""
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        """Their types and bodies, by repository and digest."""
        self.tags: dict[str, dict[str, str]] = {}
        """The digests of the tags of each repository, in the order of the list."""
        self.page = 1000
        self.realm = ""
        self.may_mount = True
        self.most_bytes = 1 << 40
        """How long a body of PUT may be, before a proxy answers 413."""
        self._uploads: dict[str, bytes] = {}
        self._numbers = count(1)
        server.otherwise(self.answer)

    @property
    def host(self) -> str:
        return urlsplit(self.server.url).netloc

    def add(self, repository: str, image: Image, *tags: str) -> None:
        """Put an image there, without any request."""
        for child in image.children:
            self.add(repository, child)
        self.blobs |= {(repository, digest): blob for digest, blob in image.blobs.items()}
        self.manifests[repository, image.digest] = image.media_type, image.body
        self.tags.setdefault(repository, {}).update(dict.fromkeys(tags, image.digest))

    def calls(self, *methods: str) -> list[str]:
        """What was asked below `/v2/`, as `METHOD path`."""
        return [
            f"{one.method} {one.path.removeprefix('/v2/')}"
            for one in self.server.received
            if one.path != "/v2/" and (not methods or one.method in methods)
        ]

    def answer(self, asked: Received) -> Answer:
        refusal = self._refusal(asked)
        if refusal is not None:
            return refusal
        if asked.path == "/v2/":
            return Answer(body=b"{}")
        for pattern, act in (
            (r"/v2/(.+)/tags/list", self._tags),
            (r"/v2/(.+)/manifests/([^/]+)", self._manifest),
            (r"/v2/(.+)/blobs/uploads/", self._begin),
            (r"/v2/(.+)/blobs/uploads/(\d+)", self._upload),
            (r"/v2/(.+)/blobs/(sha256:[0-9a-f]+)", self._blob),
        ):
            if found := re.fullmatch(pattern, asked.path):
                return act(asked, *found.groups())
        return _error(404, "NOT_FOUND")

    def _refusal(self, asked: Received) -> Answer | None:
        if not self.realm:
            return None
        repository = re.match(r"/v2/(.+?)/(?:tags|manifests|blobs)/", asked.path)
        action = "pull" if asked.method in {"GET", "HEAD"} else "pull,push"
        scope = f"repository:{repository[1]}:{action}" if repository else ""
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        granted = base64.b64decode(token).decode().split() if token else []
        wanted, _, actions = scope.rpartition(":")
        if any(
            one.startswith(wanted) and set(actions.split(",")) <= set(one.rpartition(":")[2].split(","))
            for one in granted
        ):
            return None
        challenge = f'Bearer realm="{self.realm}",service="a registry",scope="{scope}"'
        return Answer(401, _errors("UNAUTHORIZED"), {"WWW-Authenticate": challenge})

    def _tags(self, asked: Received, repository: str) -> Answer:
        if repository not in self.tags:
            return _error(404, "NAME_UNKNOWN")
        names = list(self.tags[repository])
        start = names.index(asked.query["last"]) + 1 if "last" in asked.query else 0
        page = names[start : start + self.page]
        headers = {}
        if start + self.page < len(names):
            headers["Link"] = f'</v2/{repository}/tags/list?last={page[-1]}&n={self.page}>; rel="next"'
        return Answer(body=json.dumps({"name": repository, "tags": page}).encode(), headers=headers)

    def _manifest(self, asked: Received, repository: str, reference: str) -> Answer:
        if asked.method == "PUT":
            digest = digest_of(asked.body)
            self.manifests[repository, digest] = asked.headers["content-type"], asked.body
            if not reference.startswith("sha256:"):
                self.tags.setdefault(repository, {})[reference] = digest
            return Answer(201, headers={"Docker-Content-Digest": digest})
        digest = self.tags.get(repository, {}).get(reference, reference)
        if (repository, digest) not in self.manifests:
            return _error(404, "MANIFEST_UNKNOWN")
        kind, body = self.manifests[repository, digest]
        assert kind in asked.headers["accept"]
        return Answer(body=body, headers={"Content-Type": kind, "Docker-Content-Digest": digest})

    def _blob(self, asked: Received, repository: str, digest: str) -> Answer:
        if (repository, digest) not in self.blobs:
            return _error(404, "BLOB_UNKNOWN")
        return Answer(body=self.blobs[repository, digest], ranges=True)

    def _begin(self, asked: Received, repository: str) -> Answer:
        query = asked.query
        source = query.get("from", ""), query.get("mount", "")
        if self.may_mount and source in self.blobs:
            self.blobs[repository, source[1]] = self.blobs[source]
            return Answer(201, headers={"Location": f"/v2/{repository}/blobs/{source[1]}"})
        number = str(next(self._numbers))
        self._uploads[number] = b""
        return Answer(202, headers={"Location": f"/v2/{repository}/blobs/uploads/{number}?state=a%20b"})

    def _upload(self, asked: Received, repository: str, number: str) -> Answer:
        if number not in self._uploads:
            return _error(404, "BLOB_UPLOAD_UNKNOWN")
        if len(asked.body) > self.most_bytes:
            return Answer(413)
        have = self._uploads[number]
        place = {"Location": f"{self.server.url}/v2/{repository}/blobs/uploads/{number}?state=c"}
        if asked.method == "GET":
            return Answer(204, headers={**place, "Range": f"0-{len(have) - 1}"})
        if asked.method == "PUT":
            return self._end(repository, number, have + asked.body, asked.query["digest"])
        if not asked.headers["content-range"].startswith(f"{len(have)}-"):
            return _error(416, "BLOB_UPLOAD_INVALID")
        self._uploads[number] = have + asked.body
        return Answer(202, headers={**place, "Range": f"0-{len(have) + len(asked.body) - 1}"})

    def _end(self, repository: str, number: str, blob: bytes, digest: str) -> Answer:
        if digest_of(blob) != digest:
            return _error(400, "DIGEST_INVALID")
        del self._uploads[number]
        self.blobs[repository, digest] = blob
        return Answer(201, headers={"Docker-Content-Digest": digest})


class FakeTokens:
    """A token server: a token is what it permits, so that the registry can read it."""

    def __init__(self, server: FaultyServer, *, anonymous: bool = False) -> None:
        self.server = server
        self.anonymous = anonymous
        self.expires_s: int | None = None
        server.otherwise(self._answer)

    @property
    def realm(self) -> str:
        return f"{self.server.url}/token"

    def _answer(self, asked: Received) -> Answer:
        scopes = parse_qs(urlsplit(asked.target).query).get("scope", [])
        if asked.headers.get("authorization") != BASIC:
            if not self.anonymous or "authorization" in asked.headers:
                return _error(401, "UNAUTHORIZED")
            scopes = [scope for scope in scopes if "push" not in scope]
        token = base64.b64encode(" ".join(scopes or ["nothing"]).encode()).decode()
        value = (
            {"token": token}
            if self.expires_s is None
            else {"access_token": token, "expires_in": self.expires_s}
        )
        return Answer(body=json.dumps(value).encode())


def _errors(code: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}).encode()


def _error(status: int, code: str) -> Answer:
    return Answer(status, _errors(code))


def push(host: str, repository: str, image: Image, *tags: str, authorization: str = "") -> None:
    """Push an image by the API, without our client."""

    def send(method: str, path: str, body: bytes, kind: str = "application/octet-stream") -> str:
        request = urllib.request.Request(
            path if path.startswith("http") else f"http://{host}{path}", body, method=method,
            headers={"Content-Type": kind, **({"Authorization": authorization} if authorization else {})},
        )  # fmt: skip
        with urllib.request.urlopen(request) as answer:
            return str(answer.headers.get("Location", ""))

    for child in image.children:
        push(host, repository, child, authorization=authorization)
    for digest, blob in image.blobs.items():
        place = send("POST", f"/v2/{repository}/blobs/uploads/", b"")
        send("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", blob)
    for reference in tags or (image.digest,):
        send("PUT", f"/v2/{repository}/manifests/{reference}", image.body, image.media_type)


class AddressTakenError(RuntimeError):
    """Somebody has taken the port in between."""


_TRIES = 5


@contextmanager
def docker_registry(folder: Path, *, auth: Mapping[str, object] | None = None) -> Iterator[str]:
    """Debian's docker-registry, with its own configuration and folder; its address. *auth* is as there."""
    for _ in range(_TRIES):
        with ExitStack() as stack:
            try:
                host = stack.enter_context(_docker_registry(folder, auth))
            except AddressTakenError:
                continue
            yield host
            return
    raise AddressTakenError(folder)


@contextmanager
def _docker_registry(folder: Path, auth: Mapping[str, object] | None) -> Iterator[str]:
    """As above, at a port that was free a moment ago: it binds none that it could tell of."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    settings: dict[str, object] = {
        "version": 0.1,
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": host},
    }
    if auth is not None:
        settings["auth"] = auth
    (folder / "config.yml").write_text(json.dumps(settings))  # JSON is YAML
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait_for(f"http://{host}/v2/", process, folder / "log")
            yield host
        finally:
            process.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = log.read_text()
            raise AddressTakenError(url) if "address already in use" in said else RuntimeError(said)
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except urllib.error.HTTPError:  # it wants a password
            return
        except OSError:
            threading.Event().wait(0.02)  # no sleep, which a test may have taken away
    raise TimeoutError(url)


@contextmanager
def serving_registry(host: str = "127.0.0.1") -> Iterator[str]:
    """A registry in memory with two images that had the tag `latest`, one after the other; its address."""
    with serving(host=host) as server, serving(host=host) as tokens:
        registry = FakeRegistry(server)
        registry.realm = FakeTokens(tokens).realm
        # not compressed: its digest does not depend on who compresses
        for one in (simple("1.0.0", compression="plain"), image()):
            registry.add("an-owner/image", one, "latest")
        yield registry.host
