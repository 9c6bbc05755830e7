"""Which events run a workflow: what `on` says, and whether an event fits it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actions_compat.nodes import Node, Position


@dataclass(frozen=True, slots=True)
class Schedule:
    """One `cron` line; *timezone* is an IANA name, '' for UTC."""

    cron: str
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """An input of `workflow_dispatch` or `workflow_call`.

    `type` is string, boolean, number, choice or environment; `default` None where the file gives none.
    """

    id: str
    type: str = "string"
    description: str = ""
    required: bool = False
    default: Node | None = None
    options: tuple[str, ...] = ()
    deprecation_message: str = ""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that a reusable workflow takes."""

    id: str
    required: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One event of `on`. `filters` holds the lists under `types`, `branches`, `paths-ignore`, … by key."""

    event: str
    position: Position
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
    inputs: Mapping[str, Input] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    outputs: Mapping[str, Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Triggers:
    """`on`, in file order. Empty where the file has none."""

    events: Mapping[str, Trigger] = field(default_factory=dict)
