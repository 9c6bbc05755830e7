"""What is read and not done: logins to clouds, signatures of Notary."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from sqnc_resources.registry_image.values import Source


def refuse_cloud_logins(source: Source) -> None:
    """Raise ResourceError for a source that logs in by a cloud's own way."""
    for cloud, hint in (
        (
            "aws_",
            "Amazon ECR: give `username: AWS`, and what `aws ecr get-login-password` prints as `password`",
        ),
        ("azure_", "Azure's registries: give `username` and `password` of a token of the registry"),
    ):
        for field in fields(source):
            if field.name.startswith(cloud) and getattr(source, field.name):
                raise ResourceError(f"source.{field.name}: there is no login by it to {hint}")


def refuse_content_trust(source: Source) -> None:
    """Raise ResourceError for a source whose images were to be signed."""
    if source.content_trust is not None:
        raise ResourceError(
            "source.content_trust: images are not signed for Notary here: sign them in a task"
        )
