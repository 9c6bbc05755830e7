"""Where a bucket is: the URLs of its objects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sqnc_resources.errors import ResourceError
from sqnc_resources.s3.signature import quoted

if TYPE_CHECKING:
    from sqnc_resources.s3.values import Source

_LABEL: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_ADDRESS: Final = re.compile(r"[\d.]+|.*:.*")


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket at a service; *root* is the service's URL, without a slash at its end."""

    bucket: str
    root: str
    path_style: bool

    def url(self, key: str = "", **query: str) -> str:
        """The URL of an object, or of the bucket."""
        found = f"{self._base(path_style=self.path_style)}{_path(key)}"
        pairs = "&".join(f"{name.replace('_', '-')}={quoted(value, '')}" for name, value in query.items())
        return f"{found}?{pairs}" if pairs else found

    def public_url(self, key: str, version_id: str = "") -> str:
        """The URL of an object for others: the bucket stands before the host wherever it can."""
        url = f"{self._base(path_style=False)}{_path(key)}"
        return f"{url}?versionId={quoted(version_id, '')}" if version_id else url

    def _base(self, *, path_style: bool) -> str:
        parts = urlsplit(self.root)
        if path_style or not _fits(self.bucket, parts.scheme, parts.hostname or ""):
            return f"{self.root}/{quoted(self.bucket)}/"
        return f"{parts.scheme}://{self.bucket}.{parts.netloc}{parts.path}/"


def place_of(source: Source) -> Place:
    """Raise ResourceError for an endpoint that is none."""
    endpoint = source.endpoint
    if not endpoint:
        tail = ".cn" if source.region.startswith("cn-") else ""
        endpoint = f"https://s3.{source.region}.amazonaws.com{tail}"
    elif "://" not in endpoint:
        endpoint = f"{'http' if source.disable_ssl else 'https'}://{endpoint}"
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query:
        raise ResourceError(f"source.endpoint: expected a host or https://host, got `{source.endpoint}`")
    return Place(source.bucket, endpoint.rstrip("/"), source.use_path_style)


def _fits(bucket: str, scheme: str, host: str) -> bool:
    """Whether the bucket can be the first label of the host; with a dot in it no certificate would fit."""
    labels = bucket.split(".")
    is_name = all(_LABEL.fullmatch(label) for label in labels) and (len(labels) == 1 or scheme == "http")
    return is_name and not _ADDRESS.fullmatch(host)


def _path(key: str) -> str:
    """*key* in a URL; parts that are dots are written so that nobody takes them for steps up."""
    return "/".join(
        part.replace(".", "%2E") if part in {".", ".."} else part for part in quoted(key).split("/")
    )
