"""A resource type without an engine: by hand, and as a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqnc_resources import program
from sqnc_resources.errors import ResourceError
from sqnc_resources.flat import ROLES
from sqnc_resources.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqnc_resources.types import ResourceType


def use(
    kind: ResourceType, action: str, parts: Mapping[str, Mapping[str, object]], folder: str | None
) -> Any:  # decoded JSON
    """What *action* (check, get or put) answers; a get without a version is one of the newest.

    *parts* are those of a request, empty ones for what is not given. Raise as program.answer does.
    """
    request = Request(*(parts.get(part) or None for part in Request._fields))
    if action == "get" and request.version is None:
        request = request._replace(version=_newest(kind, request))
    return program.answer(ROLES[action], kind, request, folder)


def _newest(kind: ResourceType, request: Request) -> object:
    versions: Any = program.answer("check", kind, Request(request.source), None)
    if not versions:
        raise ResourceError("there is no version yet: a check finds none")
    return versions[-1]
