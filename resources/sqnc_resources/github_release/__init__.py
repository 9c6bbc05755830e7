"""The github-release type: releases of a repository on GitHub, found, fetched and published.

It does what Concourse's github-release resource does, with the same keys, versions and files. A check lists
what `release`, `pre_release`, `drafts`, `tag_filter` and `semver_constraint` let through, in the order of the
versions in the tags or of time. It keeps what it has seen, and asks GitHub for what has changed since: where
nothing has, that counts against no limit.

A get writes the release's `tag`, `version`, `body`, `timestamp`, `commit_sha`, `url` and `id`, each without a
line end, and its assets, each compared with the size that the release says, and the digest where it has one.

A put makes the release of the tag, or changes the one that is there, whose assets it replaces. A new release
stays a draft until all its assets are there: nobody finds it without them, and a put that is broken off
leaves a draft, which the next put goes on with.

All of it uses GitHub's REST API, with and without a token: it has the number of a release on every GitHub
Enterprise Server, which the GraphQL API has not, and needs no token for a public repository.
`github_v4_api_url` is read for the sake of pipelines that have it, and nothing is asked there.

```yaml
resources:
- name: release
  type: github-release
  source:
    owner: an-owner
    repository: a-repository
    access_token: ((github-token))
    semver_constraint: ^1.2

jobs:
- name: publish
  plan:
  - put: release
    params:
      name: built/name
      tag: built/number
      tag_prefix: v
      body: built/changes.md
      globs: ["built/*.tar.gz"]
```
"""

# values       the keys of source, version and params
# check        the versions; selection: which releases count; kept: pages that the last check has seen
# fetch        a release into a folder
# publish      a release made or changed
# api          GitHub's REST API; releases: what it says of a release

from sqnc_resources.github_release.check import check
from sqnc_resources.github_release.values import GetParams, PutParams, Source, Version

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources.result import Result

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]


def get(source: Source, version: Version, params: GetParams, folder: "Path") -> "Result[Version]":
    from sqnc_resources.github_release.fetch import get as fetch  # noqa: PLC0415  (check needs none of it)

    return fetch(source, version, params, folder)


def put(source: Source, params: PutParams, folder: "Path") -> "Result[Version]":
    from sqnc_resources.github_release.publish import put as publish  # noqa: PLC0415  (as above)

    return publish(source, params, folder)
