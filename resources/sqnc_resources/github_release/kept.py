"""Pages of releases that the last check has seen: where nothing changed, GitHub sends nothing.

An answer of 304 to a request with a token does not count against its limit either:
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELDS: Final = ("id", "tag_name", "draft", "prerelease", "created_at", "published_at")
"""What a check reads of a release."""


class Page(NamedTuple):
    """One page, as it was when GitHub gave it this ETag."""

    etag: str
    next_url: str | None
    values: list[object]


def essence(value: object) -> object:
    """A release, with what a check reads of it alone."""
    return {name: value.get(name) for name in _FIELDS} if isinstance(value, dict) else value


def read_pages(file: str) -> dict[str, Page]:
    """The pages in *file* by their address; none where it is not there, or another release wrote it."""
    pages: dict[str, Page] = {}
    with suppress(OSError, ValueError, TypeError, AttributeError), open(file, encoding="utf-8") as text:
        for url, page in json.load(text).items():
            etag, next_url, values = page
            pages[url] = Page(str(etag), next_url, list(values))
    return pages


def write_pages(file: str, pages: Mapping[str, Page]) -> None:
    """Keep *pages*; a disk that is full keeps none, and the next check asks for all of them."""
    with suppress(OSError), open(file, "w", encoding="utf-8") as text:
        json.dump(pages, text)
