"""A workflow, read once into frozen values; a field that is a Node keeps its expressions and its place."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from actions_compat.nodes import Node, Position, Scalar
    from actions_compat.triggers import Triggers
    from actions_compat.yaml_tree import Limits


@frozen
class Defaults:
    """`defaults.run`."""

    shell: Node | None = None
    working_directory: Node | None = None


@frozen
class Step:
    """`id`, `shell` and `uses` are '' where the step has none; `shell` of a composite may hold a template."""

    position: Position
    id: str = ""
    name: Node | None = None
    if_: Scalar | None = None
    run: Scalar | None = None
    shell: str = ""
    working_directory: Node | None = None
    env: Node | None = None
    uses: str = ""
    with_: Node | None = None
    continue_on_error: Node | None = None
    timeout_minutes: Node | None = None
    extra: Mapping[str, Node] = field(default_factory=dict)


@frozen
class Strategy:
    matrix: Node | None = None
    fail_fast: Node | None = None
    max_parallel: Node | None = None


@frozen
class Job:
    """A job with steps, or one that calls a workflow: then `uses` is set, and there are no steps.

    `needs` keeps the file's order and spelling.
    """

    position: Position
    id: str
    name: Node | None = None
    needs: tuple[str, ...] = ()
    if_: Scalar | None = None
    runs_on: Node | None = None
    container: Node | None = None
    services: Node | None = None
    environment: Node | None = None
    env: Node | None = None
    defaults: Defaults = Defaults()
    outputs: Mapping[str, Node] = field(default_factory=dict)
    strategy: Strategy | None = None
    timeout_minutes: Node | None = None
    cancel_timeout_minutes: Node | None = None
    continue_on_error: Node | None = None
    snapshot: Node | None = None
    steps: tuple[Step, ...] = ()
    uses: Scalar | None = None
    with_: Node | None = None
    secrets: Node | None = None
    permissions: Node | None = None
    concurrency: Node | None = None
    extra: Mapping[str, Node] = field(default_factory=dict)


@frozen
class Workflow:
    """`jobs` is in file order; `name` is '' where the file gives none."""

    position: Position
    file: str
    name: str
    on: Triggers
    jobs: Mapping[str, Job]
    run_name: Node | None = None
    env: Node | None = None
    defaults: Defaults = Defaults()
    permissions: Node | None = None
    concurrency: Node | None = None
    extra: Mapping[str, Node] = field(default_factory=dict)
    memory_bytes: int = 0  # what it takes of the size that GitHub allows the workflows of a run


@frozen
class Extensions:
    """Keys that a caller allows beyond GitHub's, each with the kinds of node it may hold.

    The kinds are "scalar", "sequence" and "mapping". The nodes come back in `extra`. A step with such a key
    needs neither `run` nor `uses`. `optional` names required keys that the caller's files may leave out,
    such as `runs-on`.
    """

    workflow: Mapping[str, str | Collection[str]] = field(default_factory=dict)
    job: Mapping[str, str | Collection[str]] = field(default_factory=dict)
    step: Mapping[str, str | Collection[str]] = field(default_factory=dict)
    optional: Collection[str] = ()


# steps that run beside others (2026); `parallel` holds steps as they stand in the file
BACKGROUND_STEPS = Extensions(
    step={
        "background": "scalar",
        "wait": ("scalar", "sequence"),
        "wait-all": "scalar",
        "cancel": "scalar",
        "parallel": "sequence",
    }
)


def read_workflow(
    text: str,
    *,
    file: str,
    strict: bool = False,
    extensions: Extensions | None = None,
    limits: Limits | None = None,
) -> Workflow:
    """Read a workflow; raise WorkflowErrors with the mistakes found, ten at most.

    Tolerant, as GitHub is when it runs a workflow: unknown events and unknown settings of events pass.
    *strict* is for linting: it refuses them, and tells of every mistake instead of the first ten.
    """
    from actions_compat.reader.document import workflow_document  # noqa: PLC0415  (the models need no YAML)

    return workflow_document(text, file, strict=strict, extensions=extensions, limits=limits)


def read_job(text: str, *, file: str, extensions: Extensions | None = None) -> Job:
    """Read a document that is one job; its id is 'job'. Raise WorkflowErrors."""
    from actions_compat.reader.document import job_document  # noqa: PLC0415  (as above)

    return job_document(text, file, extensions)


def read_step(text: str, *, file: str, extensions: Extensions | None = None) -> Step:
    """Read a document that is one step. Raise WorkflowErrors."""
    from actions_compat.reader.document import step_document  # noqa: PLC0415  (as above)

    return step_document(text, file, extensions)
