"""The structure of a workflow: every key, what it holds, and which names its expressions may use.

The facts are GitHub's (docs.github.com/actions/reference/workflows-and-actions); a test compares the keys
with GitHub's own schema where that lies beside the project.
"""

from __future__ import annotations

from actions_compat.reader.events import EVENTS, LOOSE_EVENTS
from actions_compat.reader.shapes import (
    ANY,
    BOOLEAN,
    CONDITION,
    NONEMPTY,
    NOWHERE,
    NUMBER,
    SCALAR,
    TEXT,
    Keys,
    Names,
    Shape,
    either,
    list_of,
    mapping,
    one_of,
    one_or_more,
)

MAX_JOBS = 2**31 - 1

WORKFLOW_NAMES = Names.of("github inputs vars")
WORKFLOW_ENV_NAMES = Names.of("github inputs vars secrets")
NEEDS_NAMES = Names.of("github inputs vars needs")
JOB_NAMES = Names.of("github inputs vars needs strategy matrix")
JOB_ENV_NAMES = Names.of("github inputs vars needs strategy matrix secrets")
JOB_IF_NAMES = Names.of("github inputs vars needs", status=(0, MAX_JOBS))
JOB_DEFAULTS_NAMES = Names.of("github inputs vars strategy matrix needs env")
CREDENTIALS_NAMES = Names.of(
    "github inputs vars needs strategy matrix secrets env"
)  # documented beyond the schema
RUNNER_NAMES = Names.of("github inputs vars needs strategy matrix secrets steps job runner env")
URL_NAMES = Names.of("github inputs vars needs strategy matrix steps job runner env")
STEP_NAMES = Names.of(
    "github inputs vars needs strategy matrix secrets steps job runner env", hash_files=True
)
STEP_IF_NAMES = Names.of(
    "github inputs vars needs strategy matrix steps job runner env", hash_files=True, status=(0, 0)
)

# --- steps ---

_STEP = {
    "name": TEXT.where(STEP_NAMES),
    "id": NONEMPTY,
    "continue-on-error": BOOLEAN.where(STEP_NAMES),
}
_RUNNABLE = _STEP | {
    "if": CONDITION.where(STEP_IF_NAMES),
    "timeout-minutes": NUMBER.where(STEP_NAMES),
    "env": mapping(rest=TEXT).where(STEP_NAMES),
}
_RUN_STEP = Keys(
    _RUNNABLE
    | {"run": TEXT.where(STEP_NAMES), "working-directory": TEXT.where(STEP_NAMES), "shell": NONEMPTY},
    required=("run",),
)
_USES_STEP = Keys(
    _RUNNABLE | {"uses": NONEMPTY, "with": mapping(rest=TEXT).where(STEP_NAMES)}, required=("uses",)
)
# steps that run beside others; refused by name unless the caller takes them (see BACKGROUND_KEYS)
_PARALLEL = Keys({"parallel": list_of(mapping(rest=ANY))}, required=("parallel",))
STEP = Shape(forms=(_RUN_STEP, _USES_STEP, _PARALLEL), names=NOWHERE)
BACKGROUND_KEYS = ("background", "cancel", "parallel", "wait", "wait-all")

# --- what workflows and jobs share ---

_READ_WRITE = one_of("read", "write", "none")
PERMISSIONS = mapping(
    dict.fromkeys(
        (
            "actions",
            "artifact-metadata",
            "attestations",
            "checks",
            "code-quality",
            "contents",
            "deployments",
            "discussions",
            "drives",
            "issues",
            "packages",
            "pages",
            "pull-requests",
            "repository-projects",
            "security-events",
            "statuses",
        ),
        _READ_WRITE,
    )
    | dict.fromkeys(("copilot-requests", "id-token"), one_of("write", "none"))
    | dict.fromkeys(("models", "vulnerability-alerts"), one_of("read", "none"))
)
_PERMISSIONS = either(PERMISSIONS, one_of("read-all", "write-all"))
_DEFAULTS_RUN = mapping({"shell": NONEMPTY, "working-directory": NONEMPTY})
_CONCURRENCY = mapping(
    {"group": NONEMPTY, "cancel-in-progress": BOOLEAN, "queue": one_of("single", "max")}, required="group"
)

# --- jobs ---

_CONTAINER = {
    "image": NONEMPTY,
    "options": TEXT,
    "env": mapping(rest=TEXT.where(RUNNER_NAMES)),
    "ports": list_of(NONEMPTY),
    "volumes": list_of(NONEMPTY),
    "credentials": mapping({"username": NONEMPTY, "password": NONEMPTY}).where(CREDENTIALS_NAMES),
}
_SERVICE = either(NONEMPTY, mapping(_CONTAINER | {"entrypoint": TEXT, "command": TEXT})).where(JOB_NAMES)
_MATRIX_FILTER = list_of(mapping(rest=ANY))
_STRATEGY = mapping(
    {
        "fail-fast": BOOLEAN,
        "max-parallel": NUMBER,
        "matrix": mapping({"include": _MATRIX_FILTER, "exclude": _MATRIX_FILTER}, rest=list_of(ANY)),
    }
).where(NEEDS_NAMES)
_ENVIRONMENT = mapping(
    {"name": TEXT.where(JOB_NAMES), "url": TEXT.where(URL_NAMES), "deployment": BOOLEAN}, required="name"
)
_SNAPSHOT = mapping(
    {"image-name": NONEMPTY, "if": CONDITION.where(JOB_NAMES), "version": NONEMPTY}, required="image-name"
)
_ANY_JOB = {
    "name": TEXT.where(JOB_NAMES),
    "needs": one_or_more(NONEMPTY),
    "if": CONDITION.where(JOB_IF_NAMES),
    "strategy": _STRATEGY,
    "permissions": _PERMISSIONS,
    "concurrency": either(NONEMPTY, _CONCURRENCY).where(JOB_NAMES),
}
_STEPS_JOB = Keys(
    _ANY_JOB
    | {
        "runs-on": either(
            one_or_more(NONEMPTY), mapping({"group": NONEMPTY, "labels": one_or_more(NONEMPTY)})
        ).where(JOB_NAMES),
        "timeout-minutes": NUMBER.where(JOB_NAMES),
        "cancel-timeout-minutes": NUMBER.where(JOB_NAMES),
        "continue-on-error": BOOLEAN.where(JOB_NAMES),
        "container": either(TEXT, mapping(_CONTAINER)).where(JOB_NAMES),
        "services": mapping(rest=_SERVICE).where(JOB_NAMES),
        "env": mapping(rest=TEXT).where(JOB_ENV_NAMES),
        "environment": either(TEXT, _ENVIRONMENT).where(JOB_NAMES),
        "outputs": mapping(rest=TEXT.where(RUNNER_NAMES)),
        "defaults": mapping({"run": _DEFAULTS_RUN.where(JOB_DEFAULTS_NAMES)}),
        "steps": list_of(STEP),
        "snapshot": either(NONEMPTY, _SNAPSHOT),
    },
    required=("runs-on",),
)
_CALLING_JOB = Keys(
    _ANY_JOB
    | {
        "uses": NONEMPTY,
        "with": mapping(rest=SCALAR.where(JOB_NAMES)),
        "secrets": either(mapping(rest=SCALAR.where(JOB_ENV_NAMES)), one_of("inherit")),
    },
    required=("uses",),
)
JOB = Shape(forms=(_STEPS_JOB, _CALLING_JOB), names=NOWHERE)

# --- the workflow ---

_ROOT = {
    "name": TEXT,
    "run-name": TEXT.where(WORKFLOW_NAMES),
    "description": TEXT,
    "defaults": mapping({"run": _DEFAULTS_RUN}),
    "env": mapping(rest=TEXT).where(WORKFLOW_ENV_NAMES),
    "permissions": _PERMISSIONS,
    "concurrency": either(TEXT, _CONCURRENCY).where(WORKFLOW_NAMES),
    "jobs": mapping(rest=JOB),
}
_EVENT_NAME = one_of(*EVENTS)
WORKFLOW = mapping(
    _ROOT | {"on": either(TEXT, list_of(TEXT), mapping(LOOSE_EVENTS, rest=ANY))}, required="jobs"
)
STRICT_WORKFLOW = mapping(
    _ROOT | {"on": either(_EVENT_NAME, list_of(_EVENT_NAME), mapping(EVENTS))}, required="on jobs"
)

# --- the keys that the models have fields for ---

ROOT_KEYS = frozenset({*_ROOT, "on"})
JOB_KEYS = frozenset(_STEPS_JOB.known) | frozenset(_CALLING_JOB.known)
STEP_KEYS = frozenset(_RUN_STEP.known) | frozenset(_USES_STEP.known)
