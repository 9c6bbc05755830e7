"""Credentials from the metadata services of containers (ECS, EKS) and machines (EC2)."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit

from sqnc_resources.errors import ResourceError
from sqnc_resources.keys import Secret
from sqnc_resources.moments import Moment
from sqnc_resources.s3.signature import Credentials
from sqnc_resources.web import Client, StatusError, UnreachableError
from sqnc_resources.web.proxies import Proxies
from sqnc_resources.web.settings import Patience, Settings

_ECS: Final = "http://169.254.170.2"
_EC2: Final = "http://169.254.169.254"
_PLAIN: Final = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost", "::1"})
"""To whom the token may go without TLS, besides this machine."""
_TOKEN: Final = "X-aws-ec2-metadata-token"  # noqa: S105  (a header's name)
_NEAR: Final = Settings(
    proxies=Proxies(), patience=Patience(connect_s=1, read_s=5, total_s=15, attempts=3, first_wait_s=0.2)
)
"""They are on the same machine or next to it: what does not answer soon is not there."""


def from_container() -> Credentials | None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html."""
    path = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
    url = f"{_ECS}{path}" if path else os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
    if not url:
        return None
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and host not in _PLAIN and not host.startswith("127."):
        raise ResourceError(
            f"AWS_CONTAINER_CREDENTIALS_FULL_URI: {host}: expected https, or an address of this machine"
        )
    token = _container_token()
    reply = Client(_NEAR).request("GET", url, headers={"Authorization": Secret(token)} if token else {})
    return credentials_in(reply.json())


def _container_token() -> str:
    file = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "")
    if not file:
        return os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    try:
        with open(file, encoding="utf-8") as token:
            return token.read().strip()
    except OSError as error:
        raise ResourceError(f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {file}: {error.strerror}") from error


def from_machine() -> Credentials | None:
    """The second version of EC2's service, which demands a token; None where there is no such service.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
    """
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return None
    root = (os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _EC2).rstrip("/")
    client = Client(_NEAR)
    try:
        lifetime = {f"{_TOKEN}-ttl-seconds": "21600"}
        token = client.request("PUT", f"{root}/latest/api/token", headers=lifetime).text
    except UnreachableError:
        return None
    headers = {_TOKEN: Secret(token)}
    place = f"{root}/latest/meta-data/iam/security-credentials/"
    try:
        role = client.request("GET", place, headers=headers).text.split("\n")[0].strip()
        return credentials_in(client.request("GET", f"{place}{role}", headers=headers).json())
    except StatusError as error:
        if error.status != 404:
            raise
        return None  # the machine has no role


def credentials_in(document: object) -> Credentials:
    """Read what these services answer; raise ResourceError where there are none in it."""
    match document:
        case {"AccessKeyId": str(key), "SecretAccessKey": str(secret), **more}:
            token, until = more.get("Token") or more.get("SessionToken"), more.get("Expiration")
            return Credentials(
                key,
                Secret(secret),
                Secret(str(token)) if token else None,
                Moment.parse(str(until)).seconds if until else None,
            )
    raise ResourceError("expected credentials with AccessKeyId and SecretAccessKey, and these are none")
