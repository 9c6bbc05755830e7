"""What a job's token may do: `permissions`, as levels by scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from actions_compat.nodes import Mapping as MappingNode
from actions_compat.reader.fields import fields_of, text_of

if TYPE_CHECKING:
    from actions_compat.nodes import Node

Permissions: TypeAlias = Mapping[str, str]
"""A scope that is not named is `none`."""

# what read-all and write-all stand for, in the order in which GitHub lists scopes
SCOPES = (
    "actions",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "issues",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "statuses",
    "security-events",
    "id-token",
)
READ_ALL: Permissions = dict.fromkeys(SCOPES, "read")
WRITE_ALL: Permissions = dict.fromkeys(SCOPES, "write")

_LEVELS = ("none", "read", "write")


def declared_permissions(node: Node | None) -> Permissions | None:
    """Read `permissions`; None where the file does not say."""
    match node:
        case None:
            return None
        case MappingNode():
            return {name: text_of(value) for name, value in fields_of(node).items()}
        case _:
            return {"read-all": READ_ALL, "write-all": WRITE_ALL}.get(text_of(node), {})


def widened(wanted: Permissions, granted: Permissions) -> Permissions:
    """What of *wanted* goes beyond *granted*, in GitHub's order."""
    order = [*SCOPES, *(scope for scope in wanted if scope not in SCOPES)]
    return {
        scope: wanted[scope]
        for scope in order
        if scope in wanted and _LEVELS.index(wanted[scope]) > _LEVELS.index(granted.get(scope, "none"))
    }


def shown(permissions: Permissions) -> str:
    """As GitHub's messages list them: `actions: read, contents: write`."""
    return ", ".join(f"{scope}: {level}" for scope, level in permissions.items())
