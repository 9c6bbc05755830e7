"""Which events run a workflow: what `on` says, and whether an event fits it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from actions_compat.frozen import frozen
from actions_compat.patterns import all_ignored, any_selected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from actions_compat.inputs import Input
    from actions_compat.nodes import Node, Position


@frozen
class Schedule:
    """One `cron` line; *timezone* is an IANA name, '' for UTC."""

    cron: str
    timezone: str = ""


@frozen
class Secret:
    """A secret that a reusable workflow takes."""

    id: str
    required: bool = False
    description: str = ""


@frozen
class Trigger:
    """One event of `on`. `filters` holds the lists under `types`, `branches`, `paths-ignore`, … by key."""

    event: str
    position: Position
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
    inputs: Mapping[str, Input] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    outputs: Mapping[str, Node] = field(default_factory=dict)


@frozen
class Triggers:
    """`on`, in file order. Empty where the file has none."""

    events: Mapping[str, Trigger] = field(default_factory=dict)


@frozen
class Event:
    """What happened. A field left at its default is not known, and no filter on it stops the run.

    `ref` is `refs/heads/…` or `refs/tags/…`, for `push`; `base_ref` is the branch that a pull request
    or merge group goes into; `head_branch`, `workflow` belong to `workflow_run`; `cron` to `schedule`.
    `changed_paths` None is what GitHub does with diffs too large to list: the workflow runs.
    """

    name: str
    ref: str = ""
    base_ref: str = ""
    head_branch: str = ""
    action: str = ""
    changed_paths: Sequence[str] | None = None
    workflow: str = ""
    cron: str = ""


# the activities that run a workflow whose `on` names no types; other events take all of theirs
_DEFAULT_TYPES = dict.fromkeys(("pull_request", "pull_request_target"), ("opened", "synchronize", "reopened"))


def matches(on: Triggers, event: Event) -> bool:
    """Whether *event* runs a workflow with this `on`."""
    return not mismatch(on, event)


def mismatch(on: Triggers, event: Event) -> str:
    """Return why *event* does not run the workflow, in words for a user; '' when it does."""
    trigger = on.events.get(event.name)
    if trigger is None:
        return f"`on` has no `{event.name}`"
    return next(filter(None, (rule(trigger, event) for rule in _RULES)), "")


def _wrong_type(trigger: Trigger, event: Event) -> str:
    types = trigger.filters.get("types") or _DEFAULT_TYPES.get(event.name, ())
    if event.action and types and event.action not in types:
        return f"activity `{event.action}` is none of {', '.join(types)}"
    return ""


def _wrong_ref(trigger: Trigger, event: Event) -> str:
    """A push to a branch needs a branch filter or none at all, and a push of a tag likewise."""
    kind, others = ("tags", "branches") if event.ref.startswith("refs/tags/") else ("branches", "tags")
    branch = _branch(event)
    if not branch:
        return ""
    if not _has(trigger, kind):
        is_other = event.name == "push" and _has(trigger, others)
        return f"`push` is limited to {others}, and `{branch}` is none of them" if is_other else ""
    return _filtered(trigger, kind, [branch])


def _wrong_paths(trigger: Trigger, event: Event) -> str:
    """Paths are not looked at for tags."""
    if event.changed_paths is None or event.ref.startswith("refs/tags/"):
        return ""
    return _filtered(trigger, "paths", event.changed_paths)


def _wrong_workflow(trigger: Trigger, event: Event) -> str:
    names = trigger.filters.get("workflows", ())
    if event.workflow and names and event.workflow not in names:
        return f"workflow `{event.workflow}` is none of {', '.join(names)}"
    return ""


def _wrong_schedule(trigger: Trigger, event: Event) -> str:
    crons = [schedule.cron for schedule in trigger.schedules]
    return f"no schedule is `{event.cron}`" if event.cron and event.cron not in crons else ""


_RULES = (_wrong_type, _wrong_ref, _wrong_paths, _wrong_workflow, _wrong_schedule)


def _branch(event: Event) -> str:
    """The name that branch and tag filters of this event look at."""
    if event.name == "push":
        name = event.ref
    elif event.name == "workflow_run":
        name = event.head_branch
    else:
        name = event.base_ref
    return name.removeprefix("refs/heads/").removeprefix("refs/tags/")


def _has(trigger: Trigger, kind: str) -> bool:
    return kind in trigger.filters or f"{kind}-ignore" in trigger.filters


def _filtered(trigger: Trigger, kind: str, names: Sequence[str]) -> str:
    wanted, ignored = trigger.filters.get(kind), trigger.filters.get(f"{kind}-ignore")
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    if wanted is not None and not any_selected(wanted, names):
        return f"no pattern of `{kind}` selects {shown or 'anything'}"
    if ignored is not None and all_ignored(ignored, names):
        return f"`{kind}-ignore` leaves nothing of {shown}"
    return ""
