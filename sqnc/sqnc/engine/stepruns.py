"""What a step is while it runs: its stages' shared state, how it is called, what it came to, what is told."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from actions_compat.expressions import is_truthy
from actions_compat.frozen import frozen, record
from actions_compat.nodes import WorkflowError, resolve, resolve_text, to_text
from sqnc.events import Clock, StepFinished, StepStarted
from sqnc.status import Status
from sqncshim.document import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqnc.engine.actions import Action
    from sqnc.engine.job import JobRun
    from sqnc.engine.limits import Timeout
    from sqnc.engine.scope import Scope
    from sqnc.engine.steps import Step
    from sqnc.runtimes import Image

_STAGE_PREFIX = {Stage.PRE: "Pre ", Stage.MAIN: "", Stage.POST: "Post "}


@record
class StepRun:
    """One step in one run of a job, with what its stages share.

    *key* is unique in the job; *id* is what `github.action` says: its own, or one that GitHub gives it.
    """

    step: Step
    key: str
    id: str
    depth: int = 0
    action: Action | None = None
    children: list[StepRun] = field(default_factory=list)
    state: dict[str, str] = field(default_factory=dict)
    image: Image | None = None
    post_scope: Scope | None = None
    """What its post step will see; None where none is to run."""

    @property
    def has_pre(self) -> bool:
        """Whether its action has a pre step, or one inside it has."""
        if self.action is None:
            return False
        return bool(self.action.steps(Stage.PRE)) or any(child.has_pre for child in self.children)

    def child(self, step: Step, number: int) -> StepRun:
        """The run of the *number*th step of this one."""
        return StepRun(step, f"{self.key}.{number}", step.id or self.id, self.depth + 1)


@record
class Outcome:
    """What a stage of a step came to, before `continue-on-error`."""

    status: Status
    message: str = ""
    code: int | None = None
    outputs: dict[str, str] = field(default_factory=dict)


@frozen
class Call:
    """How a step is called. *env* is the whole `env` context, *own* what the step itself adds."""

    env: Mapping[str, str]
    own: dict[str, str]
    contexts: Mapping[str, object]
    timeout: Timeout | None = None
    inputs: dict[str, str] = field(default_factory=dict)

    def step_env(self, scope: Scope) -> dict[str, str]:
        return {**scope.env, **self.own}


class Report:
    """The events of one stage of one step."""

    def __init__(self, job: JobRun, run: StepRun, stage: Stage) -> None:
        self.outcome = Outcome(Status.SUCCEEDED)
        self.forgiving = False
        self.name = stage_name(stage, default_name(run.step))
        self._job, self._run, self._stage = job, run, stage
        self._clock = Clock()
        self._started = False

    def start(self) -> None:
        """Tell of the start; a step that is skipped has none."""
        self._started = True
        self._job.name_step(self._run.key, self.name)
        self._job.emit(
            StepStarted(self._job.plan.key, self._run.key, self.name, self._stage.value, self._run.depth)
        )

    def finish(self) -> Status:
        """Tell of the end; return the conclusion."""
        outcome = self.outcome
        if not self._started and outcome.status is not Status.SKIPPED:
            self.start()  # it failed before it could
        forgiven = self.forgiving and outcome.status is Status.FAILED
        conclusion = Status.SUCCEEDED if forgiven else outcome.status
        message = self._job.masked(outcome.message)
        if message and outcome.status in {Status.FAILED, Status.ERRORED}:
            self._job.annotate(self._run.key, "error", message)
        self._job.emit(
            StepFinished(
                self._job.plan.key,
                self._run.key,
                self.name,
                conclusion,
                outcome.status,
                outcome.code,
                self._clock.elapsed_s,
                self._run.depth,
                message,
            )
        )
        return conclusion


def is_forgiven(step: Step, contexts: Mapping[str, object], scope: Scope) -> bool:
    """What its `continue-on-error` says."""
    value = resolve(step.continue_on_error, contexts, functions=scope.functions())
    return is_truthy(value) and to_text(value).lower() != "false"


def resolved_name(step: Step, contexts: Mapping[str, object], scope: Scope) -> str:
    """The step's name; one that does not evaluate is shown as it stands."""
    if step.name is None:
        return default_name(step)
    try:
        return resolve_text(step.name, contexts, functions=scope.functions())
    except WorkflowError:
        return default_name(step)


def default_name(step: Step) -> str:
    """GitHub's: `Run` and the action, or the script's first line; Concourse's for a get and a put."""
    if step.uses:
        return f"Run {step.uses}"
    if step.resource is not None:
        return f"{step.resource.kind} {step.resource.name}"
    text = getattr(step.run, "text", "").strip()
    if text:
        return f"Run {text.splitlines()[0]}"
    return f"Run {getattr(step.image, 'text', '') or step.id or 'step'}"


def stage_name(stage: Stage, name: str) -> str:
    """What a stage of the step *name* is called: `Pre …`, `…`, `Post …`."""
    return _STAGE_PREFIX[stage] + name
