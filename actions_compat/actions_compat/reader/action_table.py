"""The structure of an `action.yml`, as loose as GitHub's runner takes it: unknown keys at the top pass."""

from __future__ import annotations

from actions_compat.reader.shapes import (
    ANY,
    BOOLEAN,
    CONDITION,
    NONEMPTY,
    NOWHERE,
    TEXT,
    Keys,
    Names,
    Shape,
    list_of,
    mapping,
)

DEFAULT_NAMES = Names.of("github strategy matrix job runner", hash_files=True)
OUTPUT_NAMES = Names.of("github strategy matrix steps inputs job runner env")
CONTAINER_NAMES = Names.of("inputs")
STEP_NAMES = Names.of("github inputs strategy matrix steps job runner env", hash_files=True)
STEP_IF_NAMES = Names.of("github inputs strategy matrix steps job runner env", hash_files=True, status=(0, 0))

_HOOKS = {"pre-if": NONEMPTY.where(STEP_IF_NAMES), "post-if": NONEMPTY.where(STEP_IF_NAMES)}
_CONTAINER = {
    "using": NONEMPTY,
    "image": NONEMPTY,
    "entrypoint": NONEMPTY,
    "args": list_of(TEXT.where(CONTAINER_NAMES)),
    "env": mapping(rest=TEXT).where(CONTAINER_NAMES),
    "pre-entrypoint": NONEMPTY,
    "post-entrypoint": NONEMPTY,
} | _HOOKS
_NODE = {"using": NONEMPTY, "main": NONEMPTY, "pre": NONEMPTY, "post": NONEMPTY} | _HOOKS

_STEP = {
    "name": TEXT.where(STEP_NAMES),
    "id": NONEMPTY,
    "if": CONDITION.where(STEP_IF_NAMES),
    "env": mapping(rest=TEXT).where(STEP_NAMES),
    "continue-on-error": BOOLEAN.where(STEP_NAMES),
}
_TEXT_HERE = TEXT.where(STEP_NAMES)
_RUN_STEP = Keys(
    _STEP | {"run": _TEXT_HERE, "shell": _TEXT_HERE, "working-directory": _TEXT_HERE},
    required=("run", "shell"),
)
_USES_STEP = Keys(
    _STEP | {"uses": NONEMPTY, "with": mapping(rest=TEXT).where(STEP_NAMES)}, required=("uses",)
)
_COMPOSITE = {"using": NONEMPTY, "steps": list_of(Shape(forms=(_RUN_STEP, _USES_STEP)))}

ACTION = mapping(
    {
        "name": TEXT,
        "inputs": mapping(rest=mapping({"default": TEXT.where(DEFAULT_NAMES)}, rest=ANY)),
        "outputs": mapping(rest=mapping({"description": TEXT, "value": TEXT.where(OUTPUT_NAMES)})),
        "runs": Shape(forms=(Keys(_CONTAINER), Keys(_NODE), Keys(_COMPOSITE), Keys({"plugin": NONEMPTY}))),
    },
    rest=ANY,
).where(NOWHERE)
