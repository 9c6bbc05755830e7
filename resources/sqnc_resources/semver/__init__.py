"""The semver resource type: one version number, kept where many builds can bump it, each time to another one.

It takes the keys of Concourse's semver resource, with the drivers `git` and `s3`; `gcs` and `swift` are
refused.

A **check** answers with the number that is there, `initial_version` where there is no file yet, or an empty
one. With the git driver, and a version to start from, it answers with all numbers since that one.

A **get** writes the number to two files, without a newline, bumped where its params say so:

| file | holds |
|---|---|
| `number`, `version` | the number |

A bump in a get changes nothing but these files. A **put** changes what is kept: it sets the number to what a
file holds, or bumps it. Where somebody else was faster, it bumps what that one has left.

A bump takes these steps, of which each may be left out: `bump` counts up a part of the number, or makes a
pre-release final; `pre` then makes it a pre-release, or counts that up: `1.2.0-rc.1`, `1.2.0-rc.2`; `build`
does the same to its build: `1.2.0+linux.1`.

With the s3 driver nobody gets a number that somebody else has: the service compares before it writes, as S3
does, and most that speak its protocol. Where it says that it cannot, the number is set all the same, with a
warning; a service that ignores the conditions of a write, as some old ones do, is not for several writers.

Differences from Concourse's own, with the git driver: a `private_key` may have a passphrase; a name such as
`beta.linux` is counted too; what makes no number, a `pre` with a space say, is refused before it is kept;
what was no number in the past is left out of a check; and a bump is tried for minutes where others are
faster, not three times.
"""

# values     the keys of source, version and params
# number     the number, and how it is bumped
# drivers    where it is kept
# counting   check, get and put

from __future__ import annotations

from sqnc_resources.semver.counting import check, get, put
from sqnc_resources.semver.values import GetParams, PutParams, Source, Version

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]
