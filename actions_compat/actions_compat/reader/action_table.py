"""The structure of an `action.yml`, as loose as GitHub's runner takes it: unknown keys at the top pass."""

from __future__ import annotations

from actions_compat.reader.shapes import (
    ANY,
    BOOLEAN,
    CONDITION,
    NONEMPTY,
    TEXT,
    Keys,
    Shape,
    list_of,
    mapping,
)

_HOOKS = {"pre-if": NONEMPTY.where("action.runs.pre-if"), "post-if": NONEMPTY.where("action.runs.post-if")}
_CONTAINER = {
    "using": NONEMPTY,
    "image": NONEMPTY,
    "entrypoint": NONEMPTY,
    "args": list_of(TEXT.where("action.runs.args")),
    "env": mapping(rest=TEXT).where("action.runs.env"),
    "pre-entrypoint": NONEMPTY,
    "post-entrypoint": NONEMPTY,
} | _HOOKS
_NODE = {"using": NONEMPTY, "main": NONEMPTY, "pre": NONEMPTY, "post": NONEMPTY} | _HOOKS

_STEP = {
    "name": TEXT.where("action.runs.steps.name"),
    "id": NONEMPTY,
    "if": CONDITION.where("action.runs.steps.if"),
    "env": mapping(rest=TEXT).where("action.runs.steps.env"),
    "continue-on-error": BOOLEAN.where("action.runs.steps.continue-on-error"),
}
_TEXT_HERE = TEXT.where("action.runs.steps.run")
_RUN_STEP = Keys(
    _STEP | {"run": _TEXT_HERE, "shell": _TEXT_HERE, "working-directory": _TEXT_HERE},
    required=("run", "shell"),
)
_USES_STEP = Keys(
    _STEP | {"uses": NONEMPTY, "with": mapping(rest=TEXT).where("action.runs.steps.with")}, required=("uses",)
)
_COMPOSITE = {"using": NONEMPTY, "steps": list_of(Shape(forms=(_RUN_STEP, _USES_STEP)))}

ACTION = mapping(
    {
        "name": TEXT,
        "description": TEXT,
        "inputs": mapping(rest=mapping({"default": TEXT.where("action.inputs.<id>.default")}, rest=ANY)),
        "outputs": mapping(
            rest=mapping({"description": TEXT, "value": TEXT.where("action.outputs.<id>.value")})
        ),
        "runs": Shape(forms=(Keys(_CONTAINER), Keys(_NODE), Keys(_COMPOSITE), Keys({"plugin": NONEMPTY}))),
    },
    rest=ANY,
)
