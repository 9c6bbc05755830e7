"""The git type: commits and tags of a repository, as Concourse's git-resource has them.

values     the keys of source, version and params
access     how the repository is reached: keys, logins, proxy, settings
check      which versions are new
get        a version into a folder
put        a folder's commits to the repository
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqnc_resources.git.check import check
from sqnc_resources.git.values import GetParams, PutParams, Source, Version

if TYPE_CHECKING:
    from pathlib import Path

    from sqnc_resources import Result

__all__ = ["GetParams", "PutParams", "Source", "Version", "check", "get", "put"]


def get(source: Source, version: Version, params: GetParams, folder: Path) -> Result[Version]:
    """Check *version* out into *folder*, and write what is known of it to files under its `.git`."""
    from sqnc_resources.git.clone import get as run  # noqa: PLC0415  (check needs none of it)

    return run(source, version, params, folder)


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    """Push from *folder*; return the commit that is on the branch now."""
    from sqnc_resources.git.push import put as run  # noqa: PLC0415  (check needs none of it)

    return run(source, params, folder)
