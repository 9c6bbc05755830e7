"""Reads `on`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.inputs import Input
from actions_compat.nodes import Mapping, Scalar
from actions_compat.patterns import PatternError, parse_pattern
from actions_compat.reader.fields import each, fields_of, is_true, items_of, text_of, texts_of
from actions_compat.triggers import Schedule, Secret, Trigger, Triggers

if TYPE_CHECKING:
    from actions_compat.nodes import Node
    from actions_compat.reader.check import Check

_PATTERNS = ("branches", "branches-ignore", "tags", "tags-ignore", "paths", "paths-ignore")
_FILTERS = ("types", "workflows", "names", "versions", *_PATTERNS)


def triggers_from(node: Node | None, check: Check) -> Triggers:
    if isinstance(node, Mapping):
        triggers = [_trigger(text_of(key), key, value, check) for key, value in node.items]
    else:
        triggers = [Trigger(text_of(item), item.position) for item in each(node)]
    return Triggers({trigger.event: trigger for trigger in triggers if trigger.event})


def _trigger(event: str, key: Scalar, settings: Node, check: Check) -> Trigger:
    if event == "schedule":
        schedules = tuple(_schedule(item) for item in each(settings) if isinstance(item, Mapping))
        return Trigger(event, key.position, schedules=schedules)
    fields = fields_of(settings)
    for name in _PATTERNS:
        _check_patterns(fields.get(name), check)
    return Trigger(
        event,
        key.position,
        filters={name: texts_of(fields[name]) for name in _FILTERS if name in fields},
        inputs={
            text_of(name): input_from(text_of(name), value) for name, value in items_of(fields.get("inputs"))
        },
        secrets={
            text_of(name): _secret(text_of(name), value) for name, value in items_of(fields.get("secrets"))
        },
        outputs=_outputs(fields.get("outputs")),
    )


def _check_patterns(node: Node | None, check: Check) -> None:
    for item in each(node):
        try:
            parse_pattern(text_of(item))
        except PatternError as error:
            check.error(item.position, str(error))


def _outputs(node: Node | None) -> dict[str, Node]:
    values = ((text_of(name), fields_of(output).get("value")) for name, output in items_of(node))
    return {name: value for name, value in values if value is not None}


def _schedule(node: Mapping) -> Schedule:
    fields = fields_of(node)
    return Schedule(text_of(fields.get("cron")), text_of(fields.get("timezone")))


def input_from(name: str, node: Node) -> Input:
    fields = fields_of(node)
    return Input(
        id=name,
        type=text_of(fields.get("type")) or "string",
        description=text_of(fields.get("description")),
        required=is_true(fields.get("required")),
        default=fields.get("default"),
        options=texts_of(fields.get("options")),
    )


def _secret(name: str, node: Node) -> Secret:
    fields = fields_of(node)
    return Secret(name, is_true(fields.get("required")), text_of(fields.get("description")))
