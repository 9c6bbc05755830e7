"""Which contexts and functions an expression may use, by where it stands.

Source: the `context` lists of GitHub's own workflow and action schemas.
"""

from collections.abc import Iterable, Mapping

from actions_compat.expressions import UNLIMITED, Expression
from actions_compat.frozen import frozen

_ALWAYS_AND_CANCELLED = {"always": (0, 0), "cancelled": (0, 0)}
_STEP_STATUS = {**_ALWAYS_AND_CANCELLED, "failure": (0, 0), "success": (0, 0)}
_JOB_STATUS = {**_ALWAYS_AND_CANCELLED, "failure": (0, UNLIMITED), "success": (0, UNLIMITED)}
_HASH_FILES = {"hashfiles": (1, 255)}


@frozen
class Available:
    """What is known in one place, beside the functions that are always there; lower case."""

    contexts: frozenset[str]
    functions: Mapping[str, tuple[int, int]]
    """Name → fewest and most arguments."""

    def check(self, expressions: Iterable[Expression]) -> None:
        """Raise UnknownNameError, or ExpressionSyntaxError for a wrong count of arguments, at the first."""
        for expression in expressions:
            Expression.parse(expression.text, contexts=self.contexts, functions=self.functions)


def _available(contexts: str, functions: Mapping[str, tuple[int, int]] | None = None) -> Available:
    return Available(frozenset(contexts.split()), functions or {})


_WORKFLOW = "github inputs vars"
_NEEDS = f"{_WORKFLOW} needs"
_JOB = f"{_NEEDS} strategy matrix"
_JOB_KEY = _available(_JOB)
_JOB_WITH_SECRETS = _available(f"{_JOB} secrets")
_RUNNING = f"{_JOB} steps job runner env"
_RUNNING_WITH_SECRETS = _available(f"{_RUNNING} secrets")
_CREDENTIALS = _available(f"{_WORKFLOW} secrets env")
_STEP_KEY = _available(f"{_RUNNING} secrets", _HASH_FILES)
_ACTION = "github inputs strategy matrix steps job runner env"
_ACTION_STEP_KEY = _available(_ACTION, _HASH_FILES)
_ACTION_IF = _available("github inputs strategy matrix job runner env", {**_STEP_STATUS, **_HASH_FILES})
_INPUTS = _available("inputs")

AVAILABLE: Mapping[str, Available] = {
    "run-name": _available(_WORKFLOW),
    "concurrency": _available(_WORKFLOW),
    "env": _available(f"{_WORKFLOW} secrets"),
    "on.workflow_call.inputs.<id>.default": _available(_WORKFLOW),
    "on.workflow_call.outputs.<id>.value": _available(f"{_WORKFLOW} jobs"),
    "jobs.<id>.if": _available(_NEEDS, _JOB_STATUS),
    "jobs.<id>.strategy": _available(_NEEDS),
    "jobs.<id>.name": _JOB_KEY,
    "jobs.<id>.runs-on": _JOB_KEY,
    "jobs.<id>.timeout-minutes": _JOB_KEY,
    "jobs.<id>.cancel-timeout-minutes": _JOB_KEY,
    "jobs.<id>.continue-on-error": _JOB_KEY,
    "jobs.<id>.concurrency": _JOB_KEY,
    "jobs.<id>.environment": _JOB_KEY,
    "jobs.<id>.environment.url": _available(_RUNNING),
    "jobs.<id>.snapshot.if": _JOB_KEY,
    "jobs.<id>.env": _JOB_WITH_SECRETS,
    "jobs.<id>.outputs.<id>": _RUNNING_WITH_SECRETS,
    "jobs.<id>.defaults.run": _available(f"{_JOB} env"),
    "jobs.<id>.with.<id>": _JOB_KEY,
    "jobs.<id>.secrets.<id>": _JOB_WITH_SECRETS,
    "jobs.<id>.container": _JOB_KEY,
    "jobs.<id>.container.credentials": _CREDENTIALS,
    "jobs.<id>.container.env.<id>": _RUNNING_WITH_SECRETS,
    "jobs.<id>.services": _JOB_KEY,
    "jobs.<id>.services.<id>.credentials": _CREDENTIALS,
    "jobs.<id>.services.<id>.env.<id>": _RUNNING_WITH_SECRETS,
    "jobs.<id>.steps.if": _available(_RUNNING, {**_STEP_STATUS, **_HASH_FILES}),
    "jobs.<id>.steps.run": _STEP_KEY,
    "jobs.<id>.steps.name": _STEP_KEY,
    "jobs.<id>.steps.env": _STEP_KEY,
    "jobs.<id>.steps.with": _STEP_KEY,
    "jobs.<id>.steps.working-directory": _STEP_KEY,
    "jobs.<id>.steps.timeout-minutes": _STEP_KEY,
    "jobs.<id>.steps.continue-on-error": _STEP_KEY,
    "action.inputs.<id>.default": _available("github strategy matrix job runner", _HASH_FILES),
    "action.outputs.<id>.value": _available(_ACTION),
    "action.runs.args": _INPUTS,
    "action.runs.env": _INPUTS,
    "action.runs.pre-if": _ACTION_IF,
    "action.runs.post-if": _ACTION_IF,
    "action.runs.steps.if": _available(_ACTION, {**_STEP_STATUS, **_HASH_FILES}),
    "action.runs.steps.run": _ACTION_STEP_KEY,
    "action.runs.steps.name": _ACTION_STEP_KEY,
    "action.runs.steps.env": _ACTION_STEP_KEY,
    "action.runs.steps.with": _ACTION_STEP_KEY,
    "action.runs.steps.working-directory": _ACTION_STEP_KEY,
    "action.runs.steps.continue-on-error": _ACTION_STEP_KEY,
}
"""Where → what is available there; a place that is not in the table takes no expression."""
