"""The pool resource type: locks in a git repository, each of which one build holds at a time.

It takes the keys of Concourse's pool resource. A lock is a file in `POOL/unclaimed/` of the branch or, while
somebody holds it, in `POOL/claimed/`; what the file holds is for whoever gets the lock. Files whose names
begin with a dot are no locks.

A **check** answers with the commits that change the pool since the given one, that one first; of a branch
that was merged, with the merge alone.

A **get** clones the repository at a commit, and writes two files for the lock that the commit changed:

| file | holds |
|---|---|
| `name` | the lock's name |
| `metadata` | what the lock holds |

It fails where the lock was claimed, and somebody has changed it since. Of a lock that was removed it writes
neither. A commit that changes several locks, made by hand, tells of the first by name.

A **put** does one thing with one lock, as its params say. Each is one commit, pushed before anybody else
pushes, or made anew of what the others have left.

Differences from Concourse's own: a put that says two things is refused, as is one that adds a lock that is
there already, or that checks a lock that is not; a name may hold spaces and any letters; and with `depth` a
get fetches as much more as it takes to know which lock the commit changed.
"""

# values     the keys of source, version and params
# locks      get and put

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources import git
from sqnc_resources.patterns.pool import PoolParams as PutParams
from sqnc_resources.pool.values import GetParams, Source, Version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sqnc_resources import Result

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]


def check(source: Source, since: Version | None) -> Sequence[Version]:
    """Return the commits that change the pool, from *since* on; the newest alone where *since* is unknown."""
    found = git.check(source.repository, git.Version(since.ref) if since else None)
    return [Version(version.ref) for version in found]


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Clone into *folder*, and say which lock *version* changed."""
    from sqnc_resources.pool.locks import get as run  # noqa: PLC0415  (check needs none of it)

    return run(source, version, params, folder)


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    """Claim, release, add, remove or change one lock, or wait for one."""
    from sqnc_resources.pool.locks import put as run  # noqa: PLC0415  (check needs none of it)

    return run(source, params, folder)
