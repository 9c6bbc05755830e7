"""What the github-release type is told: the keys of its source and params, and its version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, Self

from sqnc_resources.go_regexp import compiled
from sqnc_resources.keys import Secret, required_key
from sqnc_resources.moments import Moment
from sqnc_resources.ordering import Constraints


@dataclass(frozen=True, slots=True)
class TagFilter:
    """A regular expression that finds the version in a tag."""

    expression: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise ValueError for what is no regular expression of Go's."""
        return cls(compiled(text))

    def matches(self, tag: str) -> bool:
        return self.expression.search(tag) is not None

    def version(self, tag: str) -> str:
        """The last group of the match, or all of it where there is no group; empty without a match."""
        found = self.expression.search(tag)
        if found is None:
            return ""
        return found[self.expression.groups] or ""

    def __str__(self) -> str:
        return self.expression.pattern


TAG_FILTER = TagFilter.parse("^v?([^v].*)")


@dataclass(frozen=True, slots=True)
class Source:
    """Which repository, and which of its releases count."""

    owner: str = required_key(also=("user",))
    """The user or organization that the repository belongs to."""
    repository: str = required_key()
    """The repository's name."""
    access_token: Secret | None = None
    """A token: needed for a private repository, for drafts and for put, where it may write `contents`. With
    one GitHub answers 5,000 requests in an hour, without one 60."""
    github_api_url: str = ""
    """The address of the API of a GitHub Enterprise Server, `https://host/api/v3/`."""
    github_v4_api_url: str = ""
    """The address of its GraphQL API: it is read, and not needed."""
    github_uploads_url: str = ""
    """Where assets are uploaded to: else the address that GitHub names, where it is on the host of
    `github_api_url`, else that one."""
    insecure: bool = False
    """Whether any certificate of the server will do."""
    ca_certs: tuple[str, ...] = ()
    """Certificates in PEM of authorities to trust besides the system's."""
    release: bool = True
    """Whether final releases count. A put makes one, unless this is false and `pre_release` is true."""
    pre_release: bool = False
    """Whether pre-releases count."""
    drafts: bool = False
    """Whether drafts count, and nothing else; a put leaves the release a draft."""
    semver_constraint: Constraints | None = None
    """Which versions count: `~1.2.x`, `>= 1.2, < 3.0.0 || >= 4.2.3`."""
    tag_filter: TagFilter = TAG_FILTER
    """A regular expression that a tag must match, else `^v?([^v].*)`; the version is its last group, or the
    whole match where it has none."""
    order_by: Literal["version", "time"] = "version"
    """Whether the newest release is the one with the highest version, or the one that was published last."""
    asset_dir: bool = False
    """Whether a get writes assets to the folder `assets`, so that none has the name of another file."""


@dataclass(frozen=True, slots=True)
class Version:
    """A release; a version written by hand may be `{tag: v1.2.3}` alone."""

    tag: str | None = None
    """Its tag."""
    id: str = ""
    """Its number at GitHub; a get looks for the tag where it is gone."""
    timestamp: Moment | None = None
    """When it was published; for a draft, when it was made."""


@dataclass(frozen=True, slots=True)
class GetParams:
    """What to fetch of it."""

    globs: tuple[str, ...] = ()
    """Which assets, by patterns for their names; none means all."""
    include_source_tarball: bool = False
    """Whether to fetch the source too, as `source.tar.gz`."""
    include_source_zip: bool = False
    """Whether to fetch the source too, as `source.zip`."""


@dataclass(frozen=True, slots=True)
class PutParams:
    """The release to publish; files are among the inputs, and white space around their text is dropped."""

    name: str
    """A file that holds the release's name."""
    tag: str
    """A file that holds its tag."""
    tag_prefix: str = ""
    """What to put before the tag, such as `v`."""
    commitish: str = ""
    """A file that holds the commit, branch or tag that the tag is made on, where there is none yet."""
    body: str = ""
    """A file that holds the release's text; without one, that of a release that is there stays."""
    globs: tuple[str, ...] = ()
    """Files to upload, by patterns; each must match."""
    generate_release_notes: bool = False
    """Whether GitHub writes what has changed below the text of a new release."""
