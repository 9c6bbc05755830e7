"""Reads a whole document: text to tree, tree against its table, checked tree to models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.nodes import (
    MAX_ERRORS,
    MAX_STRICT_ERRORS,
    Mapping,
    Position,
    WorkflowError,
    WorkflowErrors,
)
from actions_compat.reader.build import build_job, build_step, build_workflow
from actions_compat.reader.check import Check
from actions_compat.reader.shapes import ANY, ANY_FORMS, Shape
from actions_compat.reader.tables import (
    JOB,
    STEP,
    STRICT_WORKFLOW,
    WORKFLOW,
)
from actions_compat.yaml_tree import Limits, read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection
    from collections.abc import Mapping as KeyMapping

    from actions_compat.workflow import Extensions, Job, Step, Workflow


def workflow_document(
    text: str, file: str, *, strict: bool, extensions: Extensions | None, limits: Limits | None
) -> Workflow:
    shape = STRICT_WORKFLOW if strict else WORKFLOW
    root, check = read_checked(text, file, shape, strict=strict, extensions=extensions, limits=limits)
    workflow = build_workflow(root, check)
    if strict:
        from actions_compat.reader.lint import lint_workflow  # noqa: PLC0415  (running needs no lint)

        lint_workflow(root, check)
    check.finish()
    return workflow


def job_document(text: str, file: str, extensions: Extensions | None) -> Job:
    root, check = read_checked(text, file, JOB, extensions=extensions)
    job = build_job("job", root, root, check)
    check.finish()
    return job


def step_document(text: str, file: str, extensions: Extensions | None) -> Step:
    root, check = read_checked(text, file, STEP, extensions=extensions)
    step = build_step(root, check, set())
    check.finish()
    return step


def read_checked(
    text: str,
    file: str,
    shape: Shape,
    *,
    strict: bool = False,
    extensions: Extensions | None = None,
    limits: Limits | None = None,
) -> tuple[Mapping, Check]:
    """Return the tree, which fits *shape*, and the check that the models' own mistakes go to.

    With *strict*, the tree may not fit, and the check holds why: its reader goes on to tell the rest, and
    throws the models away.
    """
    try:
        root = read_yaml(text, file=file, limits=limits)
    except WorkflowError as error:
        raise WorkflowErrors([error]) from error
    check = _check(extensions, shape, strict=strict)
    if not isinstance(root, Mapping):
        position = root.position if root else Position(file, 1, 1)
        raise WorkflowErrors(
            [WorkflowError(position, "A mapping was expected", hint="the file is empty" * (not root))]
        )
    check.value(root, shape)
    if strict:
        check.go_on()
    else:
        check.finish()
    return root, check


def _check(extensions: Extensions | None, root: Shape, *, strict: bool) -> Check:
    limit = MAX_STRICT_ERRORS if strict else MAX_ERRORS
    if extensions is None:
        return Check(limit=limit, is_strict=strict)
    extra = {
        id(JOB): _extra(extensions.job, "jobs.<id>.env"),
        id(STEP): _extra(extensions.step, "jobs.<id>.steps.run"),
    }
    if root in {WORKFLOW, STRICT_WORKFLOW}:
        extra[id(root)] = _extra(extensions.workflow, "env")
    return Check(extra, frozenset(extensions.optional), limit=limit, is_strict=strict)


def _extra(keys: KeyMapping[str, str | Collection[str]], place: str) -> dict[str, Shape]:
    return {
        key: _of_kinds({kinds} if isinstance(kinds, str) else set(kinds)).where(place)
        for key, kinds in keys.items()
    }


def _of_kinds(kinds: set[str]) -> Shape:
    return Shape(
        kinds=frozenset({"null", "boolean", "number", "string"}) if "scalar" in kinds else frozenset(),
        items=ANY if "sequence" in kinds else None,
        forms=ANY_FORMS if "mapping" in kinds else (),
    )
