"""The structure of an `action.yml`: as loose as GitHub's runner takes it, and as a linter wants it.

Loose, unknown keys at the top pass. Strict, they do not, and what the marketplace asks for is required.
"""

from __future__ import annotations

from actions_compat.reader.branding import BRANDING
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
    one_of,
)

NODES = ("node12", "node16", "node20", "node24")

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

_OUTPUTS = mapping(rest=mapping({"description": TEXT, "value": TEXT.where("action.outputs.<id>.value")}))
_DEFAULT = TEXT.where("action.inputs.<id>.default")

ACTION = mapping(
    {
        "name": TEXT,
        "description": TEXT,
        "inputs": mapping(rest=mapping({"default": _DEFAULT}, rest=ANY)),
        "outputs": _OUTPUTS,
        "runs": Shape(forms=(Keys(_CONTAINER), Keys(_NODE), Keys(_COMPOSITE), Keys({"plugin": NONEMPTY}))),
    },
    rest=ANY,
)

# --- for linting ---

_USING = one_of("docker", *NODES, "composite")
_CONDITIONS = {
    "pre-if": CONDITION.where("action.runs.pre-if"),
    "post-if": CONDITION.where("action.runs.post-if"),
}


def _strict(keys: dict[str, Shape], required: str) -> Keys:
    conditions = _CONDITIONS if "pre-if" in keys else {}
    return Keys(keys | {"using": _USING} | conditions, required=("using", required))


STRICT_ACTION = mapping(
    {
        "name": NONEMPTY,
        "description": TEXT,
        "author": TEXT,
        "inputs": mapping(
            rest=mapping(
                {"description": TEXT, "required": BOOLEAN, "default": _DEFAULT, "deprecationMessage": TEXT},
                rest=ANY,
            )
        ),
        "outputs": _OUTPUTS,
        "runs": Shape(
            forms=(_strict(_CONTAINER, "image"), _strict(_NODE, "main"), _strict(_COMPOSITE, "steps"))
        ),
        "branding": BRANDING,
    },
    required="name description runs",
)
