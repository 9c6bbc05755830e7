"""Credentials in variables of the environment."""

from __future__ import annotations

import os

from sqnc_resources.keys import Secret
from sqnc_resources.s3.signature import Credentials


def find() -> Credentials | None:
    """The variables, in both of their names."""
    key = os.environ.get("AWS_ACCESS_KEY_ID") or os.environ.get("AWS_ACCESS_KEY", "")
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY") or os.environ.get("AWS_SECRET_KEY", "")
    if not key or not secret:
        return None
    token = os.environ.get("AWS_SESSION_TOKEN", "")
    return Credentials(key, Secret(secret), Secret(token) if token else None)
