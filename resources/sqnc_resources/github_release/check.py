"""The releases from a version on."""

from __future__ import annotations

from sqnc_resources.github_release.values import Source, Version


def check(source: Source, since: Version | None) -> list[Version]:
    from sqnc_resources.github_release import selection  # noqa: PLC0415  (get and put need none)
    from sqnc_resources.github_release.api import GitHub  # noqa: PLC0415  (45 ms, after the source was read)

    releases = GitHub(source).releases()
    return [release.version for release in selection.since(source, releases, since)]
