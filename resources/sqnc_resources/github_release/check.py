"""The releases from a version on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqnc_resources.errors import ResourceError
from sqnc_resources.github_release.values import Source, Version


def check(source: Source, since: Version | None) -> list[Version]:
    from sqnc_resources.github_release import selection  # noqa: PLC0415  (get and put need none)
    from sqnc_resources.github_release.api import GitHub  # noqa: PLC0415  (45 ms, after the source was read)

    with _kept_pages(source) as file:
        releases = GitHub(source).releases_kept_in(file)
    return [release.version for release in selection.since(source, releases, since)]


@contextmanager
def _kept_pages(source: Source) -> Iterator[str]:
    """The file for what this check leaves for the next one; none but this sees it meanwhile.

    What is seen depends on who asks: drafts, and private repositories. Where nothing can be written, nothing
    is kept.
    """
    from sqnc_resources.cache import kept_folder  # noqa: PLC0415  (get and put need none)

    token = source.access_token.reveal() if source.access_token else ""
    key = json.dumps([source.github_api_url, source.owner, source.repository, token])
    with ExitStack() as stack:
        try:
            file = f"{stack.enter_context(kept_folder('github-release', key))}/pages.json"
        except (ResourceError, OSError):
            file = os.devnull
        yield file
