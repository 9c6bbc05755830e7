"""A repository on a GitHub of our own: the documented shapes of its REST API, on the faulty server.

https://docs.github.com/en/rest/releases and /git are the source of paths, fields and statuses.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.resources.faulty_server import Answer, FaultyServer, Received, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = "/repos/an-owner/a-repository"
TOKEN = "the-token"


class FakeGitHub:
    """Releases in memory; `page` is how many a page of a list has at most."""

    def __init__(self, server: FaultyServer, other: FaultyServer) -> None:
        self.server = server
        self.objects = other
        """Where the bytes of assets lie: another origin, which must see no token."""
        self.releases: list[dict[str, Any]] = []
        self.bytes: dict[int, bytes] = {}
        self.tags: dict[str, tuple[str, str]] = {}
        """What each tag points to: type and SHA; annotated tags by their SHA too."""
        self.page = 100
        self.private = False
        self.token = TOKEN
        self.digests = True
        self.etags = False
        self._ids = count(1)
        server.otherwise(self._answer)
        other.otherwise(self._object)

    def add(self, tag: str, **fields: Any) -> dict[str, Any]:
        """Add a release, newer than all before."""
        number = next(self._ids)
        stamp = f"2024-01-01T00:{number // 60:02}:{number % 60:02}Z"
        release = {
            "id": number, "tag_name": tag, "name": f"name of {tag}", "body": "what is new", "draft": False,
            "prerelease": False, "created_at": stamp, "published_at": stamp, "assets": [], **fields,
        }  # fmt: skip
        release.setdefault("html_url", f"https://github.com/an-owner/a-repository/releases/tag/{tag}")
        uploads = f"{self.server.url}{REPOSITORY}/releases/{number}/assets"
        release.setdefault("upload_url", f"{uploads}{{?name,label}}")
        self.releases.insert(0, release)
        self.tags.setdefault(tag, ("commit", hashlib.sha1(tag.encode()).hexdigest()))
        return release

    def attach(
        self, release: dict[str, Any], name: str, data: bytes, state: str = "uploaded"
    ) -> dict[str, Any]:
        """Add an asset to *release*."""
        number = next(self._ids)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}" if self.digests else None
        asset = {"id": number, "name": name, "size": len(data), "state": state, "digest": digest}
        release["assets"].append(asset)
        self.bytes[number] = data
        return asset

    @property
    def calls(self) -> list[str]:
        """What was asked, as `METHOD path` below the repository."""
        return [f"{one.method} {one.path.removeprefix(REPOSITORY)}" for one in self.server.received]

    def _answer(self, asked: Received) -> Answer:
        if (self.private or asked.method != "GET") and asked.headers.get(
            "authorization"
        ) != f"Bearer {self.token}":
            return _message(404 if asked.method == "GET" else 401, "Bad credentials")
        assert asked.headers["x-github-api-version"] == "2022-11-28"
        for method, pattern, answer in self._routes():
            found = re.fullmatch(REPOSITORY + pattern, asked.path)
            if asked.method == method and found:
                return answer(asked, *found.groups())
        return _message(404, "Not Found")

    def _routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            ("GET", "/releases", self._list),
            ("POST", "/releases", self._create),
            ("GET", r"/releases/(\d+)", lambda _, number: _found(self._release(number))),
            ("PATCH", r"/releases/(\d+)", self._update),
            ("GET", r"/releases/tags/(.+)", self._of_tag),
            ("GET", r"/releases/(\d+)/assets", self._assets),
            ("POST", r"/releases/(\d+)/assets", self._upload),
            ("GET", r"/releases/assets/(\d+)", self._download),
            ("DELETE", r"/releases/assets/(\d+)", self._delete),
            ("GET", r"/git/ref/tags/(.+)", lambda _, tag: self._target(tag)),
            ("GET", r"/git/tags/(\w+)", lambda _, sha: self._target(sha)),
            ("GET", r"/(tarball|zipball)/(.+)", self._source),
        ]

    def _list(self, asked: Received) -> Answer:
        shown = [one for one in self.releases if not one["draft"] or "authorization" in asked.headers]
        return self._paged(asked, shown)

    def _paged(self, asked: Received, values: list[Any]) -> Answer:
        assert asked.query["per_page"] == "100"
        number = int(asked.query.get("page", "1"))
        first = (number - 1) * self.page
        headers = {}
        if first + self.page < len(values):
            url = f"{self.server.url}{asked.path}?per_page=100&page={number + 1}"
            headers["Link"] = f'<{url}>; rel="next", <{url}>; rel="last"'
        found = values[first : first + self.page]
        if self.etags:
            headers["ETag"] = f'W/"{hashlib.sha256(json.dumps(found).encode()).hexdigest()}"'
            if asked.headers.get("if-none-match") == headers["ETag"]:
                return Answer(304, headers={"ETag": headers["ETag"]})
        return _found(found, headers=headers)

    def _create(self, asked: Received) -> Answer:
        fields = json.loads(asked.body)
        if any(one["tag_name"] == fields["tag_name"] and not one["draft"] for one in self.releases):
            return Answer(
                422,
                json.dumps({"message": "Validation Failed", "errors": [{"code": "already_exists"}]}).encode(),
            )
        if fields.pop("generate_release_notes", False):
            fields["body"] = f"{fields['body']}\n\n## What's Changed".strip()
        release = self.add(fields.pop("tag_name"), **fields)
        if release["draft"]:
            release["published_at"] = None
        return _found(release, status=201)

    def _update(self, asked: Received, number: str) -> Answer:
        release = self._release(number)
        if release is None:
            return _message(404, "Not Found")
        release.update(json.loads(asked.body))
        if not release["draft"] and release["published_at"] is None:
            release["published_at"] = "2024-02-02T02:02:02Z"
        return _found(release)

    def _of_tag(self, _: Received, tag: str) -> Answer:
        return _found(
            next((one for one in self.releases if one["tag_name"] == tag and not one["draft"]), None)
        )

    def _assets(self, asked: Received, number: str) -> Answer:
        release = self._release(number)
        return self._paged(asked, release["assets"]) if release else _message(404, "Not Found")

    def _upload(self, asked: Received, number: str) -> Answer:
        release, name = self._release(number), asked.query["name"].replace(" ", ".")
        assert release is not None
        if any(asset["name"] == name for asset in release["assets"]):
            return Answer(
                422,
                json.dumps({"message": "Validation Failed", "errors": [{"code": "already_exists"}]}).encode(),
            )
        return _found(self.attach(release, name, asked.body), status=201)

    def _download(self, asked: Received, number: str) -> Answer:
        assert asked.headers["accept"] == "application/octet-stream"
        if int(number) not in self.bytes:
            return _message(404, "Not Found")
        return Answer(302, headers={"Location": f"{self.objects.url}/object/{number}?token=signed"})

    def _object(self, asked: Received) -> Answer:
        assert "authorization" not in asked.headers
        kind, _, key = asked.path.removeprefix("/").partition("/")
        if kind == "object":
            return Answer(body=self.bytes[int(key)], headers={"ETag": f'"{key}"'}, ranges=True)
        return Answer(body=f"{kind} of {key}".encode(), chunked=True)

    def _delete(self, _: Received, number: str) -> Answer:
        for release in self.releases:
            release["assets"] = [asset for asset in release["assets"] if asset["id"] != int(number)]
        return Answer(204) if self.bytes.pop(int(number), None) is not None else _message(404, "Not Found")

    def _target(self, name: str) -> Answer:
        if name not in self.tags:
            return _message(404, "Not Found")
        kind, sha = self.tags[name]
        return _found({"object": {"type": kind, "sha": sha}})

    def _source(self, _: Received, form: str, tag: str) -> Answer:
        return Answer(302, headers={"Location": f"{self.objects.url}/{form}/{tag}"})

    def _release(self, number: str) -> dict[str, Any] | None:
        return next((one for one in self.releases if one["id"] == int(number)), None)


@contextmanager
def serving_github(host: str) -> Iterator[str]:
    """Three releases with an asset each, for who has the token `not-to-be-shown`; the address of the API."""
    with serving(host=host) as server, serving(host=host) as other:
        github = FakeGitHub(server, other)
        github.token = "not-to-be-shown"
        github.private = True
        for number in (1, 2, 3):
            github.attach(github.add(f"v{number}.0.0"), "program.tgz", b"%d" % number)
        yield server.url


def _found(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    if value is None:
        return _message(404, "Not Found")
    return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


def _taken() -> Answer:
    value = {"message": "Validation Failed", "errors": [{"code": "already_exists"}]}
    return Answer(422, json.dumps(value).encode())


def _message(status: int, text: str) -> Answer:
    return Answer(
        status, json.dumps({"message": text, "documentation_url": "https://docs.github.com"}).encode()
    )
