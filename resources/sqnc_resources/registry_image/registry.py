"""One repository of a registry, through the distribution API, version 2.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqnc_resources.errors import ResourceError
from sqnc_resources.registry_image.authorization import Login, RegistryAuthorizer
from sqnc_resources.registry_image.manifests import (
    INDEXES,
    MANIFESTS,
    Config,
    Manifest,
    ManifestError,
    is_digest,
)
from sqnc_resources.web import Client, Outgoing, Patience, Settings, StatusError, UnreachableError
from sqnc_resources.web.urls import Origin

if TYPE_CHECKING:
    import os

    from sqnc_resources.registry_image.manifests import Descriptor
    from sqnc_resources.registry_image.names import Repository
    from sqnc_resources.registry_image.values import Source
    from sqnc_resources.web import Reply

ACCEPT: Final = ", ".join((*INDEXES, *MANIFESTS))
MANIFEST_BYTES: Final = 8 << 20
"""How long a manifest may be; registries take 4 MiB."""
CONFIG_BYTES: Final = 64 << 20
_PAGE: Final = 1000
_MOST_PAGES: Final = 10_000
PATIENCE: Final = Patience(attempts=12, total_s=3600, longest_wait_s=300)
"""How long get and put try: an hour, as Concourse's own type does."""
_PROBE_S: Final = 10
"""How long to wait for who may not speak the scheme that is tried."""


class RemoteRepository:
    """A repository in its registry."""

    def __init__(self, source: Source, *, patience: Patience | None = None, push: bool = False) -> None:
        """What it is used for: with *push*, to write too."""
        self.repository = source.repository
        settings = Settings(
            ca_certs=source.ca_certs, insecure=source.insecure, patience=patience or Patience()
        )
        login = Login(source.username, source.password) if source.username and source.password else None
        self._authorizer = RegistryAuthorizer(login)
        self.client = Client(settings, authorizer=self._authorizer)
        self.root = f"{_scheme(source, self.client)}://{source.repository.registry.host}/v2/"
        self._authorizer.start(self.client, Origin.of(self.root))
        self._authorizer.want(f"repository:{self.repository.path}:{'pull,push' if push else 'pull'}")

    def tags(self) -> list[str]:
        """All of them, in the registry's order; raise StatusError, 404 for a repository that is not there."""
        url: str | None = self.url(f"tags/list?n={_PAGE}")
        found: dict[str, None] = {}
        seen: set[str] = set()
        while url is not None and url not in seen and len(seen) < _MOST_PAGES:
            seen.add(url)
            reply = self.client.request("GET", url)
            value: Any = reply.json()
            tags = value.get("tags") if isinstance(value, dict) else None
            found.update(dict.fromkeys(str(tag) for tag in tags or ()))
            url = reply.next_url
        return list(found)

    def digest(self, reference: str) -> str | None:
        """The digest of what a tag or a digest names; None where there is nothing.

        HEAD counts for no rate limit; where a registry does not answer it, GET does.
        """
        try:
            reply = self.client.request("HEAD", self._manifest(reference), headers={"Accept": ACCEPT})
        except StatusError as error:
            if error.status == 404:
                return None
            if error.status == 429 or error.status >= 500:
                raise
        else:
            digest = reply.headers.get("Docker-Content-Digest", "")
            if is_digest(digest):
                return digest
        manifest = self.find(reference)
        return manifest.digest if manifest else None

    def find(self, reference: str) -> Manifest | None:
        """The manifest of a tag or a digest, the one that the digest promises; None where there is none."""
        try:
            reply = self._get(reference)
        except StatusError as error:
            if error.status == 404:
                return None
            raise
        algorithm = reference.partition(":")[0] if is_digest(reference) else "sha256"
        manifest = Manifest.parse(reply.body, reply.headers.get("Content-Type", ""), algorithm)
        if is_digest(reference) and manifest.digest != reference:
            raise ManifestError(f"{reply.url}: expected the digest {reference}, got {manifest.digest}")
        return manifest

    def manifest(self, reference: str) -> Manifest:
        """As `find`; raise ResourceError where there is none."""
        found = self.find(reference)
        if found is None:
            sign = "@" if is_digest(reference) else ":"
            raise ResourceError(f"there is no image {self.repository}{sign}{reference}")
        return found

    def config(self, manifest: Manifest) -> Config:
        """What an image says of itself."""
        assert manifest.config is not None
        return Config.parse(self.blob(manifest.config), manifest.config.digest)

    def blob(self, descriptor: Descriptor) -> bytes:
        """A small blob."""
        from sqnc_resources.registry_image.digests import check_digest  # noqa: PLC0415  (few checks need it)

        if descriptor.size > CONFIG_BYTES:
            raise ManifestError(f"{descriptor.digest}: {descriptor.size} bytes are too many for a config")
        reply = self.client.request("GET", self._blob(descriptor.digest), limit_bytes=CONFIG_BYTES)
        check_digest(reply.body, descriptor.digest, reply.url)
        return reply.body

    def download(self, descriptor: Descriptor, file: str | os.PathLike[str]) -> None:
        """Fetch a blob into *file*, whole and with its digest, or not at all."""
        self.client.download(
            self._blob(descriptor.digest), file, digest=descriptor.digest, size=descriptor.size
        )

    def has_blob(self, digest: str) -> bool:
        reply = self.client.request("HEAD", self._blob(digest), expected=(200, 404))
        return reply.status == 200

    def url(self, path: str) -> str:
        return f"{self.root}{quote(self.repository.path, safe='/')}/{path}"

    def may_also_pull(self, repository: Repository) -> None:
        """Ask with the next token for what is needed to mount blobs of *repository*."""
        self._authorizer.want(f"repository:{repository.path}:pull")

    def _get(self, reference: str) -> Reply:
        return self.client.request(
            "GET", self._manifest(reference), headers={"Accept": ACCEPT}, limit_bytes=MANIFEST_BYTES
        )

    def _manifest(self, reference: str) -> str:
        return self.url(f"manifests/{quote(reference, safe=':')}")

    def _blob(self, digest: str) -> str:
        return self.url(f"blobs/{digest}")


def _scheme(source: Source, client: Client) -> str:
    """`https`; `http` where that may be, and nobody answers https.

    This machine itself is asked for plain HTTP first: nobody is in between. Nothing is told who asks.
    """
    registry = source.repository.registry
    if not (source.insecure or registry.is_local):
        return "https"
    order = ("http", "https") if registry.is_loopback else ("https", "http")
    return order[0] if _answers(f"{order[0]}://{registry.host}/v2/", client) else order[1]


def _answers(url: str, client: Client) -> bool:
    """Whether there is a registry, whatever it answers; one of TLS answers 400 to plain HTTP."""
    try:
        with client.send(Outgoing("GET", url), time.monotonic() + _PROBE_S) as incoming:
            return incoming.status < 300
    except StatusError as error:
        return url.startswith("https:") or error.status != 400
    except UnreachableError:
        return False
