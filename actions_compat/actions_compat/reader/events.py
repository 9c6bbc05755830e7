"""The events that start a workflow, and what may stand under each."""

from __future__ import annotations

from actions_compat.reader.shapes import (
    BOOLEAN,
    NONEMPTY,
    NULL,
    SCALAR,
    TEXT,
    Shape,
    either,
    list_of,
    mapping,
    one_of,
    one_or_more,
)

_PATTERNS = one_or_more(NONEMPTY)
_BRANCHES = ("branches", "branches-ignore")
_PATHS = ("paths", "paths-ignore")
_TAGS = ("tags", "tags-ignore")

_EDITS = "created edited deleted"
_PULL_REQUEST = (
    "assigned unassigned labeled unlabeled opened edited closed reopened synchronize converted_to_draft"
    " locked unlocked enqueued dequeued milestoned demilestoned ready_for_review review_requested"
    " review_request_removed auto_merge_enabled auto_merge_disabled stacked"
)


def _event(types: str = "", filters: tuple[str, ...] = ()) -> Shape:
    """An event without settings, or with activity *types* and pattern *filters*."""
    known = dict.fromkeys(filters, _PATTERNS)
    if types:
        known["types"] = one_or_more(one_of(*types.split()))
    return either(NULL, mapping(known)) if known else NULL


WORKFLOW_CALL = either(
    NULL,
    mapping(
        {
            "inputs": mapping(
                rest=mapping(
                    {
                        "type": one_of("string", "boolean", "number"),
                        "description": TEXT,
                        "required": BOOLEAN,
                        "default": SCALAR.where("on.workflow_call.inputs.<id>.default"),
                    },
                    required="type",
                )
            ),
            "secrets": mapping(rest=either(NULL, mapping({"description": TEXT, "required": BOOLEAN}))),
            "outputs": mapping(
                rest=mapping(
                    {"description": TEXT, "value": TEXT.where("on.workflow_call.outputs.<id>.value")},
                    required="value",
                )
            ),
        }
    ),
)
_DISPATCH_INPUT = mapping(
    {
        "type": one_of("string", "boolean", "number", "environment", "choice"),
        "description": TEXT,
        "required": BOOLEAN,
        "default": SCALAR,
        "options": list_of(TEXT),
    }
)

# event → what may stand under it, where every key is checked
EVENTS: dict[str, Shape] = {
    "branch_protection_rule": _event(_EDITS),
    "check_run": _event("completed created rerequested requested_action"),
    "check_suite": _event("completed"),
    "create": _event(),
    "delete": _event(),
    "deployment": _event(),
    "deployment_status": _event(),
    "discussion": _event(
        "created edited deleted transferred pinned unpinned labeled unlabeled locked unlocked"
        " category_changed answered unanswered"
    ),
    "discussion_comment": _event(_EDITS),
    "fork": _event(),
    "gollum": _event(),
    "image_version": _event("created ready deleted", ("names", "versions")),
    "issue_comment": _event(_EDITS),
    "issues": _event(
        "opened edited deleted transferred pinned unpinned closed reopened assigned unassigned labeled"
        " unlabeled locked unlocked milestoned demilestoned field_added field_removed typed untyped"
    ),
    "label": _event(_EDITS),
    "merge_group": _event("checks_requested", _BRANCHES),
    "milestone": _event("created closed opened edited deleted"),
    "page_build": _event(),
    "project": _event("created closed reopened edited deleted"),
    "project_card": _event("created moved converted edited deleted"),
    "project_column": _event("created updated moved deleted"),
    "public": _event(),
    "pull_request": _event(_PULL_REQUEST, _BRANCHES + _PATHS),
    "pull_request_comment": _event(_EDITS),
    "pull_request_review": _event("submitted edited dismissed"),
    "pull_request_review_comment": _event(_EDITS),
    "pull_request_target": _event(_PULL_REQUEST, _BRANCHES + _PATHS),
    "push": _event("", _BRANCHES + _TAGS + _PATHS),
    "registry_package": _event("published updated"),
    "release": _event("published unpublished created edited deleted prereleased released"),
    "repository_dispatch": either(NULL, mapping({"types": list_of(NONEMPTY)})),
    "schedule": list_of(mapping({"cron": NONEMPTY, "timezone": NONEMPTY}, required="cron")),
    "status": _event(),
    "watch": _event("started"),
    "workflow_call": WORKFLOW_CALL,
    "workflow_dispatch": either(
        NULL, mapping({"inputs": either(NULL, mapping(rest=either(NULL, _DISPATCH_INPUT)))})
    ),
    "workflow_run": either(
        NULL,
        mapping(
            {
                "types": one_or_more(one_of("requested", "completed", "in_progress")),
                "workflows": one_or_more(NONEMPTY),
            }
            | dict.fromkeys(_BRANCHES, _PATTERNS)
        ),
    ),
}

# where a workflow is read to be run: GitHub ignores what it does not know under the other events
LOOSE_EVENTS: dict[str, Shape] = {"workflow_call": WORKFLOW_CALL}
