"""Workflows that jobs call: reads them, and checks inputs, secrets, permissions and limits across files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TypeAlias

from actions_compat.frozen import frozen
from actions_compat.nodes import (
    Mapping as MappingNode,
)
from actions_compat.nodes import (
    Position,
    Scalar,
    WorkflowError,
    WorkflowErrors,
    to_text,
)
from actions_compat.permissions import Permissions, declared_permissions, shown, widened
from actions_compat.workflow import Extensions, Job, Workflow, read_workflow
from actions_compat.yaml_tree import Limits

Read: TypeAlias = Callable[[str, str], str]
"""Return the text of the workflow that a `uses` names in a file; raise LookupError if there is none."""


@frozen
class CallLimits:
    """How far calls may go; the figures are GitHub's, *jobs* None is no limit."""

    depth: int = 4
    files: int = 51  # with the caller's
    jobs: int | None = None
    memory_bytes: int = Limits().memory_bytes


@frozen
class Called:
    """A called workflow. `permissions` is what each of its jobs may do, None where nobody has said."""

    workflow: Workflow
    permissions: Mapping[str, Permissions | None]
    calls: Mapping[str, Called] = field(default_factory=dict)


class CalledError(WorkflowError):
    """A mistake in a called workflow, told at the job that calls it."""

    @property
    def github(self) -> str:
        return "In " + super().github


def read_called(
    workflow: Workflow,
    read: Read,
    *,
    granted: Permissions | None = None,
    limits: CallLimits | None = None,
    extensions: Extensions | None = None,
) -> Called:
    """Return *workflow* with everything that its jobs call, by the calling job's id, and on to the last file.

    *granted* is what the token may do where the files do not say; None leaves that unchecked.
    Raise WorkflowErrors with every mistake found.
    """
    reading = _Reading(read, limits or CallLimits(), extensions)
    reading.count(workflow)
    called = reading.follow(workflow, granted, depth=0)
    if reading.errors:
        raise WorkflowErrors(reading.errors)
    return called


class _Reading:
    """One walk over all calls, with what it has found and spent so far."""

    def __init__(self, read: Read, limits: CallLimits, extensions: Extensions | None) -> None:
        self.read = read
        self.limits = limits
        self.extensions = extensions
        self.errors: list[WorkflowError] = []
        self.files = self.jobs = self.memory_bytes = 0

    def count(self, workflow: Workflow) -> None:
        self.files += 1
        self.jobs += len(workflow.jobs)
        self.memory_bytes += workflow.memory_bytes
        self._stop_above(self.files, self.limits.files, "The workflow may not consist of more than {} files")
        self._stop_above(self.jobs, self.limits.jobs, "The workflow may not contain more than {} jobs")

    def _stop_above(self, number: int, limit: int | None, message: str) -> None:
        if limit is not None and number > limit:
            raise WorkflowErrors([*self.errors, WorkflowError(_NOWHERE, message.format(limit))])

    def follow(self, workflow: Workflow, granted: Permissions | None, *, depth: int) -> Called:
        own = declared_permissions(workflow.permissions)
        inherited = granted if own is None else own
        permissions: dict[str, Permissions | None] = {}
        calls: dict[str, Called] = {}
        for name, job in workflow.jobs.items():
            declared = declared_permissions(job.permissions)
            permissions[name] = inherited if declared is None else declared
            if job.uses is not None and (called := self._call(job, job.uses, permissions[name], depth + 1)):
                calls[name] = called
        return Called(workflow, permissions, calls)

    def _call(self, job: Job, uses: Scalar, granted: Permissions | None, depth: int) -> Called | None:
        self._stop_above(depth, self.limits.depth, "Nested reusable workflow depth exceeded {}.")
        callee = self._read(uses)
        if callee is None:
            return None
        self.count(callee)
        if self.memory_bytes > self.limits.memory_bytes:
            raise WorkflowErrors([*self.errors, _called_error(uses, "Maximum object size exceeded")])
        self.errors += [*_check_values(job, uses, callee), *_check_permissions(job, uses, callee, granted)]
        return self.follow(callee, granted, depth=depth)

    def _read(self, uses: Scalar) -> Workflow | None:
        try:
            text = self.read(uses.text, uses.position.file)
        except LookupError:
            self.errors.append(_called_error(uses, "workflow was not found."))
            return None
        try:
            callee = read_workflow(text, file=uses.text, extensions=self.extensions)
        except WorkflowErrors as errors:
            self.errors += [_called_error(uses, error.message, error) for error in errors.errors]
            return None
        if "workflow_call" not in callee.on.events:
            message = "workflow is not reusable as it is missing a `on.workflow_call` trigger"
            self.errors.append(_called_error(uses, message))
        return callee


_NOWHERE = Position("", 0, 0)


def _called_error(uses: Scalar, message: str, inner: WorkflowError | None = None) -> CalledError:
    place = f" (Line: {inner.line}, Col: {inner.column})" if inner and inner.located else ""
    hint = inner.hint if inner else ""
    return CalledError(uses.position, f"Error from called workflow {uses.text}{place}: {message}", hint=hint)


def _check_values(job: Job, uses: Scalar, callee: Workflow) -> list[WorkflowError]:
    trigger = callee.on.events.get("workflow_call")
    if trigger is None:
        return []
    given = _given(job.with_)
    errors = _check_names(
        "Input", uses, given, {name: value.required for name, value in trigger.inputs.items()}
    )
    for name, value in given.items():
        declared = trigger.inputs.get(name)
        if declared and not _fits(value, declared.type):
            errors.append(WorkflowError(value.position, f"Unexpected value '{to_text(value.value)}'"))
    if isinstance(job.secrets, Scalar):  # inherit
        return errors
    secrets = {name: secret.required for name, secret in trigger.secrets.items()}
    return errors + _check_names("Secret", uses, _given(job.secrets), secrets)


def _given(node: object) -> dict[str, Scalar]:
    pairs = node.items if isinstance(node, MappingNode) else ()
    return {key.text: value for key, value in pairs if isinstance(value, Scalar)}


def _check_names(
    kind: str, uses: Scalar, given: Mapping[str, Scalar], declared: Mapping[str, bool]
) -> list[WorkflowError]:
    """*declared* says of each name whether it is required."""
    missing = [name for name, required in declared.items() if required and name not in given]
    errors = [
        WorkflowError(uses.position, f"{kind} {name} is required, but not provided while calling.")
        for name in missing
    ]
    for name, value in given.items():
        if name not in declared:
            message = f"Invalid {kind.lower()}, {name} is not defined in the referenced workflow."
            errors.append(WorkflowError(value.position, message))
    return errors


def _fits(value: Scalar, kind: str) -> bool:
    if value.has_expression or kind == "string":
        return True
    is_boolean = isinstance(value.value, bool)
    return is_boolean if kind == "boolean" else isinstance(value.value, int | float) and not is_boolean


def _check_permissions(
    job: Job, uses: Scalar, callee: Workflow, granted: Permissions | None
) -> list[WorkflowError]:
    if granted is None:
        return []
    requests = [(f"The workflow '{uses.text}'", callee.permissions)]
    for name, nested in callee.jobs.items():
        title = nested.name.text if isinstance(nested.name, Scalar) else name
        requests.append((f"The nested job '{title}'", nested.permissions))
    errors = []
    for who, node in requests:
        more = widened(declared_permissions(node) or {}, granted)
        if more:
            allowed = {scope: granted.get(scope, "none") for scope in more}
            message = (
                f"Error calling workflow '{uses.text}'. {who} is requesting '{shown(more)}',"
                f" but is only allowed '{shown(allowed)}'."
            )
            errors.append(WorkflowError(job.position, message))
    return errors
