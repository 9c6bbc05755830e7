"""Credentials for a role, from STS: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.keys import Secret
from sqnc_resources.moments import Moment
from sqnc_resources.s3.answers import text, tree
from sqnc_resources.s3.signature import Credentials, Scope, Signer, quoted
from sqnc_resources.web import Client, WebError

if TYPE_CHECKING:
    from sqnc_resources.web import Reply

_VERSION: Final = "2011-06-15"


def assume(role: str, own: Callable[[], Credentials], region: str, **more: str) -> Credentials:
    """Take *role* with the credentials that *own* gives; raise ResourceError."""
    client = Client(authorizer=Signer(own, Scope(region, "sts")))
    fields = {"RoleArn": role, "RoleSessionName": _session(), **more}
    return _asked(client, "AssumeRole", region, fields)


def assume_with_web_identity(role: str, file: str, region: str) -> Credentials:
    """Take *role* with the token in *file*, which Kubernetes and CI services give; raise ResourceError."""
    try:
        with open(file, encoding="utf-8") as token:
            content = token.read().strip()
    except OSError as error:
        raise ResourceError(f"{file}: {error.strerror}: expected the token of a web identity") from error
    fields = {"RoleArn": role, "RoleSessionName": _session(), "WebIdentityToken": content}
    return _asked(Client(), "AssumeRoleWithWebIdentity", region, fields)


def _asked(client: Client, action: str, region: str, fields: Mapping[str, str]) -> Credentials:
    body = "&".join(
        f"{name}={quoted(value, '')}"
        for name, value in {"Action": action, "Version": _VERSION, **fields}.items()
    )
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    try:
        reply = client.request("POST", _url(region), headers=headers, body=body.encode(), idempotent=True)
    except WebError as error:
        raise ResourceError(f"error assuming role {fields['RoleArn']}: {error}") from error
    return _read(reply, action)


def _read(reply: Reply, action: str) -> Credentials:
    document = tree(reply)
    parts = (f"{action}Result", "Credentials")
    key, secret, token, until = (
        text(document, *parts, name)
        for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    )
    if not key or not secret:
        raise ResourceError(f"{action}: expected credentials in the answer of STS")
    return Credentials(key, Secret(secret), Secret(token), Moment.parse(until).seconds if until else None)


def _url(region: str) -> str:
    """STS's own, or the one that AWS's own programs would be told."""
    given = os.environ.get("AWS_ENDPOINT_URL_STS") or os.environ.get("AWS_ENDPOINT_URL")
    if given:
        return f"{given.rstrip('/')}/"
    return f"https://sts.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}/"


def _session() -> str:
    return os.environ.get("AWS_ROLE_SESSION_NAME") or f"sqnc-{int(time.time())}"
