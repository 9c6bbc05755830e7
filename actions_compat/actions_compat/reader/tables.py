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
    NUMBER,
    SCALAR,
    TEXT,
    Keys,
    Shape,
    either,
    list_of,
    mapping,
    one_of,
    one_or_more,
)

# --- steps ---

_STEP = {
    "name": TEXT.where("jobs.<id>.steps.name"),
    "id": NONEMPTY,
    "continue-on-error": BOOLEAN.where("jobs.<id>.steps.continue-on-error"),
}
_RUNNABLE = _STEP | {
    "if": CONDITION.where("jobs.<id>.steps.if"),
    "timeout-minutes": NUMBER.where("jobs.<id>.steps.timeout-minutes"),
    "env": mapping(rest=TEXT).where("jobs.<id>.steps.env"),
}
_RUN_STEP = Keys(
    _RUNNABLE
    | {
        "run": TEXT.where("jobs.<id>.steps.run"),
        "working-directory": TEXT.where("jobs.<id>.steps.working-directory"),
        "shell": NONEMPTY,
    },
    required=("run",),
)
_USES_STEP = Keys(
    _RUNNABLE | {"uses": NONEMPTY, "with": mapping(rest=TEXT).where("jobs.<id>.steps.with")},
    required=("uses",),
)
# steps that run beside others; refused by name unless the caller takes them (see BACKGROUND_KEYS)
_PARALLEL = Keys({"parallel": list_of(mapping(rest=ANY))}, required=("parallel",))
STEP = Shape(forms=(_RUN_STEP, _USES_STEP, _PARALLEL))
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


def _container(place: str, more: dict[str, Shape] | None = None) -> Shape:
    keys = {
        "image": NONEMPTY,
        "options": TEXT,
        "env": mapping(rest=TEXT.where(f"{place}.env.<id>")),
        "ports": list_of(NONEMPTY),
        "volumes": list_of(NONEMPTY),
        "credentials": mapping({"username": NONEMPTY, "password": NONEMPTY}).where(f"{place}.credentials"),
    }
    return mapping(keys | (more or {}))


_SERVICE = either(NONEMPTY, _container("jobs.<id>.services.<id>", {"entrypoint": TEXT, "command": TEXT}))
_MATRIX_FILTER = list_of(mapping(rest=ANY))
_STRATEGY = mapping(
    {
        "fail-fast": BOOLEAN,
        "max-parallel": NUMBER,
        "matrix": mapping({"include": _MATRIX_FILTER, "exclude": _MATRIX_FILTER}, rest=list_of(ANY)),
    }
).where("jobs.<id>.strategy")
_ENVIRONMENT = mapping(
    {"name": TEXT, "url": TEXT.where("jobs.<id>.environment.url"), "deployment": BOOLEAN}, required="name"
)
_SNAPSHOT = mapping(
    {"image-name": NONEMPTY, "if": CONDITION.where("jobs.<id>.snapshot.if"), "version": NONEMPTY},
    required="image-name",
)
_ANY_JOB = {
    "name": TEXT.where("jobs.<id>.name"),
    "needs": one_or_more(NONEMPTY),
    "if": CONDITION.where("jobs.<id>.if"),
    "strategy": _STRATEGY,
    "permissions": _PERMISSIONS,
    "concurrency": either(NONEMPTY, _CONCURRENCY).where("jobs.<id>.concurrency"),
}
_STEPS_JOB = Keys(
    _ANY_JOB
    | {
        "runs-on": either(
            one_or_more(NONEMPTY), mapping({"group": NONEMPTY, "labels": one_or_more(NONEMPTY)})
        ).where("jobs.<id>.runs-on"),
        "timeout-minutes": NUMBER.where("jobs.<id>.timeout-minutes"),
        "cancel-timeout-minutes": NUMBER.where("jobs.<id>.cancel-timeout-minutes"),
        "continue-on-error": BOOLEAN.where("jobs.<id>.continue-on-error"),
        "container": either(TEXT, _container("jobs.<id>.container")).where("jobs.<id>.container"),
        "services": mapping(rest=_SERVICE).where("jobs.<id>.services"),
        "env": mapping(rest=TEXT).where("jobs.<id>.env"),
        "environment": either(TEXT, _ENVIRONMENT).where("jobs.<id>.environment"),
        "outputs": mapping(rest=TEXT.where("jobs.<id>.outputs.<id>")),
        "defaults": mapping({"run": _DEFAULTS_RUN.where("jobs.<id>.defaults.run")}),
        "steps": list_of(STEP),
        "snapshot": either(NONEMPTY, _SNAPSHOT),
    },
    required=("runs-on",),
)
_CALLING_JOB = Keys(
    _ANY_JOB
    | {
        "uses": NONEMPTY,
        "with": mapping(rest=SCALAR.where("jobs.<id>.with.<id>")),
        "secrets": either(mapping(rest=SCALAR.where("jobs.<id>.secrets.<id>")), one_of("inherit")),
    },
    required=("uses",),
)
JOB = Shape(forms=(_STEPS_JOB, _CALLING_JOB))

# --- the workflow ---

_ROOT = {
    "name": TEXT,
    "run-name": TEXT.where("run-name"),
    "description": TEXT,
    "defaults": mapping({"run": _DEFAULTS_RUN}),
    "env": mapping(rest=TEXT).where("env"),
    "permissions": _PERMISSIONS,
    "concurrency": either(TEXT, _CONCURRENCY).where("concurrency"),
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
