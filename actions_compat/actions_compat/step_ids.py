"""The ids of steps that the file gives none: `github.action`, and the names of their logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from actions_compat.uses import DockerUses, LocalUses, RepositoryUses, SelfUses, parse_uses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from actions_compat.workflow import Step

_MAX_ID = 100
_NOT_IN_ID = re.compile(r"[^A-Za-z0-9_-]", re.ASCII)
_BACKGROUND = ("wait-all", "wait", "cancel", "parallel")


def step_ids(steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the id of each step of one scope: its own, or one such as `__run_2` that no other step has."""
    steps = tuple(steps)
    taken = {step.id.upper() for step in steps if step.id}
    numbers: dict[str, int] = {}
    return tuple(step.id or _free("__" + _name(step), taken, numbers) for step in steps)


def _name(step: Step) -> str:
    if step.uses:
        return _NOT_IN_ID.sub("_", _name_of_uses(step.uses))
    return next((key for key in _BACKGROUND if key in step.extra), "run")


def _name_of_uses(text: str) -> str:
    match parse_uses(text):
        case DockerUses(image):
            return image
        case LocalUses():
            return "self"
        case SelfUses():
            return "selfRepository"
        case RepositoryUses(owner, repository, path, _):
            return "/".join(filter(None, (owner, repository, path)))


def _free(wanted: str, taken: set[str], numbers: dict[str, int]) -> str:
    """*wanted*, at most 100 characters long and with a number where it is taken; now it is.

    *numbers* holds the last number of each: all up to it are taken.
    """
    number = numbers.get(wanted, 1)
    suffix = f"_{number}" if number > 1 else ""
    while (name := wanted[: _MAX_ID - len(suffix)] + suffix).upper() in taken:
        number += 1
        suffix = f"_{number}"
    taken.add(name.upper())
    numbers[wanted] = number
    return name
