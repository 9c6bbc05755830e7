"""A release and its assets, as GitHub's REST API has them.

https://docs.github.com/en/rest/releases/releases is the source of the shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from sqnc_resources.github_release.values import Version
from sqnc_resources.moments import Moment
from sqnc_resources.web import BodyError

if TYPE_CHECKING:
    from collections.abc import Mapping

UPLOADED: Final = "uploaded"


@dataclass(frozen=True, slots=True)
class Release:
    """A release; what GitHub leaves out or calls null is None."""

    id: int
    tag: str | None
    name: str | None
    body: str | None
    draft: bool
    prerelease: bool
    html_url: str | None
    upload_url: str | None
    timestamp: Moment | None
    """When it was published, else when it was made."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Raise BodyError for what is no release."""
        found = _object(value, "a release")
        stamp = _text(found, "published_at") or _text(found, "created_at")
        return cls(
            _number(found, "id"),
            _text(found, "tag_name") or None,
            _text(found, "name"),
            _text(found, "body"),
            found.get("draft") is True,
            found.get("prerelease") is True,
            _text(found, "html_url") or None,
            _text(found, "upload_url") or None,
            _moment(stamp) if stamp else None,
        )

    @property
    def version(self) -> Version:
        return Version(self.tag, str(self.id), self.timestamp)

    def metadata(self, commit_sha: str = "") -> list[dict[str, str]]:
        """What people are shown of it, in the order of Concourse's own type."""
        pairs = {
            "name": self.name,
            "url": self.html_url,
            "body": self.body,
            "tag": self.tag,
            "commit_sha": commit_sha or None,
            "draft": "true" if self.draft else None,
            "pre-release": "true" if self.prerelease else None,
        }
        shown = [{"name": name, "value": value} for name, value in pairs.items() if value is not None]
        if self.html_url is not None:
            shown = [{**one, "url": self.html_url} if one["name"] == "name" else one for one in shown]
        return shown


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of a release."""

    id: int
    name: str
    state: str
    """`uploaded` where it is whole."""
    size: int
    digest: str | None
    """`sha256:…`; None where GitHub did not yet keep it."""

    @classmethod
    def parse(cls, value: object) -> Self:
        """Raise BodyError for what is no asset."""
        found = _object(value, "an asset")
        return cls(
            _number(found, "id"),
            _text(found, "name") or "",
            _text(found, "state") or "",
            _number(found, "size"),
            _text(found, "digest") or None,
        )


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BodyError(f"GitHub's answer: expected {what}: is github_api_url the address of its API?")
    return value


def _text(found: Mapping[str, object], name: str) -> str | None:
    value = found.get(name)
    if value is not None and not isinstance(value, str):
        raise BodyError(f"GitHub's answer: {name}: expected a string")
    return value


def _number(found: Mapping[str, object], name: str) -> int:
    value = found.get(name)
    if not isinstance(value, int):
        raise BodyError(f"GitHub's answer: {name}: expected a number")
    return value


def _moment(text: str) -> Moment:
    try:
        return Moment.parse(text)
    except ValueError as error:
        raise BodyError(f"GitHub's answer: {error}") from error
