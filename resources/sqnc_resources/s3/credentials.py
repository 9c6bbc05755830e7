"""Where credentials come from, in the order of AWS's own programs.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html is the source of the rules:
environment, token of a web identity, files of a profile, metadata service of a container, that of a machine.

    environment   variables
    profiles      the files
    metadata      the services of containers and machines
    roles         STS, which gives credentials for a role
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.s3.signature import Credentials
from sqnc_resources.streams import hide

if TYPE_CHECKING:
    from sqnc_resources.s3.values import Source

Find = Callable[[], Credentials | None]
_EARLY_S: Final = 120
"""How long before they expire credentials are renewed."""


class Renewed:
    """Gives credentials, and finds new ones before they expire."""

    def __init__(self, find: Callable[[], Credentials]) -> None:
        self._find = find
        self._found: Credentials | None = None

    def __call__(self) -> Credentials:
        found = self._found
        if found is None or (found.expires_s is not None and found.expires_s - _EARLY_S < time.time()):
            found = self._found = self._find()
            hide(*(text.reveal() for text in (found.secret_access_key, found.session_token) if text))
        return found


def credentials_of(source: Source) -> Renewed:
    """Those of the role that the source names, else those of its key, else what is found around us."""
    own: Callable[[], Credentials]
    if source.access_key_id and source.secret_access_key:
        given = Credentials(source.access_key_id, source.secret_access_key, source.session_token)
        own = lambda: given  # noqa: E731  (a value that does not change)
    else:
        own = Renewed(lambda: found_around(source.region))
    if not source.aws_role_arn:
        return Renewed(own)
    from sqnc_resources.s3.roles import assume  # noqa: PLC0415  (few sources name a role)

    return Renewed(lambda: assume(source.aws_role_arn, own, source.region))


def found_around(region: str) -> Credentials:
    """What the first place has that has any; raise ResourceError where none has."""
    from sqnc_resources.s3 import environment, metadata, profiles  # noqa: PLC0415  (many sources have keys)

    places: tuple[Find, ...] = (
        environment.find,
        lambda: _from_web_identity(region),
        lambda: profiles.find(region),
        metadata.from_container,
        metadata.from_machine,
    )
    for place in places:
        found = place()
        if found is not None:
            return found
    raise ResourceError(
        "no credentials for AWS: expected source.access_key_id and source.secret_access_key, or AWS_* in the "
        "environment, or a profile, or the metadata service of ECS, EKS or EC2"
    )


def _from_web_identity(region: str) -> Credentials | None:
    file, role = os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE", ""), os.environ.get("AWS_ROLE_ARN", "")
    if not file or not role:
        return None
    from sqnc_resources.s3.roles import assume_with_web_identity  # noqa: PLC0415  (few have one)

    return assume_with_web_identity(role, file, region)
