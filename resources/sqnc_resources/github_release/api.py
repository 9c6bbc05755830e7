"""GitHub's REST API, as far as releases need it: https://docs.github.com/en/rest/releases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from sqnc_resources.errors import ResourceError
from sqnc_resources.github_release.kept import Page, essence, read_pages, write_pages
from sqnc_resources.github_release.releases import Asset, Release
from sqnc_resources.web import Bearer, BodyError, Client, FilePart, Settings, StatusError
from sqnc_resources.web.urls import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqnc_resources.github_release.values import Source
    from sqnc_resources.web import Reply

API: Final = "https://api.github.com/"
UPLOADS: Final = "https://uploads.github.com/"
PAGE: Final = 100
HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_MOST_PAGES: Final = 100
"""GitHub lists 10,000 releases and no more."""
_MOST_TAGS: Final = 10
"""How many annotated tags may point to each other."""


class GitHub:
    """One repository there."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._root = source.github_api_url.rstrip("/") + "/" if source.github_api_url else API
        self._path = f"repos/{quote(source.owner, safe='')}/{quote(source.repository, safe='')}"
        settings = Settings(ca_certs=source.ca_certs, insecure=source.insecure)
        authorizer = Bearer(source.access_token) if source.access_token else None
        self._client = Client(settings, headers=HEADERS, authorizer=authorizer)

    @property
    def is_known(self) -> bool:
        """Whether GitHub is told who asks."""
        return self._source.access_token is not None

    def releases(self) -> list[Release]:
        """All of them, in GitHub's order; drafts only for a token that may write."""
        return [Release.parse(value) for value in self._pages("releases")]

    def releases_kept_in(self, file: str) -> list[Release]:
        """As `releases`, but only what a check reads; what is unchanged since the last time is in *file*."""
        known = read_pages(file)
        seen: dict[str, Page] = {}
        url: str | None = self._first_page("releases")
        while url is not None and len(seen) < _MOST_PAGES:
            seen[url] = self._page(url, known.get(url))
            url = seen[url].next_url
        write_pages(file, {url: page for url, page in seen.items() if page.etag})
        return [Release.parse(value) for page in seen.values() for value in page.values]

    def _page(self, url: str, known: Page | None) -> Page:
        """One page of releases; *known* where it has not changed."""
        condition = {"If-None-Match": known.etag} if known is not None else {}
        reply = self._send("GET", url, headers=condition, expected=(200, 304) if condition else ())
        if known is not None and reply.status == 304:
            return known
        values = [essence(value) for value in _list(reply, "releases")]
        return Page(reply.headers.get("ETag", ""), reply.next_url, values)

    def release(self, number: str) -> Release | None:
        """The release of this number; None where there is none."""
        return self._one(f"releases/{quote(number, safe='')}") if number.isdecimal() else None

    def release_of_tag(self, tag: str) -> Release | None:
        """The published release of *tag*; None where there is none."""
        return self._one(f"releases/tags/{quote(tag, safe='')}")

    def assets(self, release: Release) -> list[Asset]:
        return [Asset.parse(value) for value in self._pages(f"releases/{release.id}/assets")]

    def commit_sha(self, tag: str) -> str:
        """The commit that *tag* points to, in the end; raise ResourceError where it is none."""
        found = self._target(f"git/ref/tags/{quote(tag, safe='/')}")
        for _ in range(_MOST_TAGS):
            kind, sha = found
            if kind == "commit":
                return sha
            if kind != "tag":
                raise ResourceError(f"tag {tag}: expected it to point to a commit, and it points to a {kind}")
            found = self._target(f"git/tags/{sha}")
        raise ResourceError(f"tag {tag}: more than {_MOST_TAGS} tags point to each other")

    def create(self, fields: dict[str, object]) -> Release:
        return Release.parse(self._send("POST", "releases", fields).json())

    def update(self, release: Release, fields: dict[str, object]) -> Release:
        return Release.parse(self._send("PATCH", f"releases/{release.id}", fields, idempotent=True).json())

    def delete(self, asset: Asset) -> None:
        """Remove an asset; one that is not there any more is removed."""
        self._send("DELETE", f"releases/assets/{asset.id}", None, expected=(204, 404))

    def upload(self, release: Release, file: Path, name: str) -> Asset:
        """Upload *file*, once; raise WebError where it did not arrive, or where nobody knows."""
        from mimetypes import guess_type  # noqa: PLC0415  (only put uploads)

        kind, encoding = guess_type(name)
        reply = self._client.request(
            "POST",
            f"{self._uploads(release)}?{urlencode({'name': name})}",
            headers={"Content-Type": kind if kind and not encoding else "application/octet-stream"},
            body=FilePart(file),
        )
        return Asset.parse(reply.json())

    def download(self, asset: Asset, file: Path) -> None:
        """Fetch an asset; compared with its size, and with its digest where GitHub has one."""
        self._client.download(
            self._url(f"releases/assets/{asset.id}"),
            file,
            headers={"Accept": "application/octet-stream"},
            digest=asset.digest,
            size=asset.size,
        )

    def download_source(self, tag: str, form: str, file: Path) -> None:
        """Fetch the source of *tag* as a `tarball` or `zipball`."""
        self._client.download(self._url(f"{form}/{quote(tag, safe='/')}"), file)

    def _uploads(self, release: Release) -> str:
        """Where assets of *release* are uploaded to: the token goes to no host but the source's."""
        named = (release.upload_url or "").partition("{")[0]
        base = self._source.github_uploads_url or self._source.github_api_url or UPLOADS
        known = {Origin.of(base), Origin.of(self._root)}
        if named and not self._source.github_uploads_url and Origin.of(named) in known:
            return named
        return f"{base.rstrip('/')}/{self._path}/releases/{release.id}/assets"

    def _one(self, path: str) -> Release | None:
        try:
            return Release.parse(self._send("GET", path).json())
        except StatusError as error:
            if error.status != 404:
                raise
            return None

    def _target(self, path: str) -> tuple[str, str]:
        """Type and SHA of what a ref or a tag points to."""
        match self._send("GET", path).json():
            case {"object": {"type": str(kind), "sha": str(sha)}}:
                return kind, sha
        raise BodyError(f"GitHub's answer: {path}: expected an object with its type and SHA")

    def _pages(self, path: str) -> Iterator[object]:
        """The elements of a list, page by page."""
        url: str | None = self._first_page(path)
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            reply = self._send("GET", url)
            yield from _list(reply, path)
            url = reply.next_url

    def _first_page(self, path: str) -> str:
        return f"{self._url(path)}?per_page={PAGE}"

    def _url(self, path: str) -> str:
        return f"{self._root}{self._path}/{path}"

    def _send(
        self,
        method: str,
        path: str,
        fields: dict[str, object] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
        expected: tuple[int, ...] = (),
    ) -> Reply:
        """Send a request to a path of the repository, or to a whole address."""
        kind = {"Content-Type": "application/json"} if fields is not None else {}
        try:
            return self._client.request(
                method,
                path if "://" in path else self._url(path),
                headers={**kind, **(headers or {})},
                body=None if fields is None else json.dumps(fields).encode(),
                idempotent=idempotent,
                expected=expected,
            )
        except StatusError as error:
            if error.status in {403, 404, 429} and not self.is_known:
                error.args = (f"{error}; source.access_token is not given",)
            raise


def _list(reply: Reply, path: str) -> list[object]:
    found = reply.json()
    if not isinstance(found, list):
        raise BodyError(f"GitHub's answer: {path}: expected a list")
    return found
