"""The steps of a job in their three stages: pre in order, main in order, post in reverse order."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from actions_compat.conditions import Condition
from actions_compat.contexts import ServiceFacts
from actions_compat.environment import input_environment, state_environment
from actions_compat.expressions import ExpressionError
from actions_compat.nodes import WorkflowError, resolve_mapping, resolve_number, resolve_text, to_text
from actions_compat.shells import ShellError
from actions_compat.templates import Template
from sqnc.engine.actions import MAX_DEPTH
from sqnc.engine.checkout import checkout_target
from sqnc.engine.execution import Done, Execution, Work, docker_volumes, resolve_env
from sqnc.engine.inputs import complaints, resolve_inputs
from sqnc.engine.limits import Timeout
from sqnc.engine.scope import Scope
from sqnc.engine.stepruns import Call, Outcome, Report, StepRun, is_forgiven, resolved_name, stage_name
from sqnc.engine.steps import Step, from_document
from sqnc.runtimes import Image, RuntimeFailure
from sqnc.status import Status
from sqncshim.agent import AgentFailure, CommandRefused
from sqncshim.document import DocumentError, Stage
from sqncshim.explain import parse_foreign
from sqncshim.plugins import PluginError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqnc.engine.actions import Actions
    from sqnc.engine.containers import Containers, JobContainer
    from sqnc.engine.job import JobRun
    from sqnc.engine.scope import JobState
    from sqncshim.document import StepDocument

    Contexts: TypeAlias = Mapping[str, object]

_condition = lru_cache(maxsize=256)(Condition.parse)  # most steps have the same one: none
_STEP_FAILURES = (WorkflowError, ExpressionError, ShellError, CommandRefused, AgentFailure)
_STEP_ERRORS = (PluginError, DocumentError, RuntimeFailure)


class Stages:
    """Runs the steps of one job, in one thread."""

    def __init__(self, job: JobRun, state: JobState, containers: Containers, actions: Actions) -> None:
        self.errored = False
        self._job, self._state, self._containers, self._actions = job, state, containers, actions
        self._execution = Execution(job)
        self._posts: list[StepRun] = []

    # the stages

    def resolve(self, runs: Sequence[StepRun]) -> None:
        """Resolve the actions that need nothing of the workspace, nested ones too. Raise ActionError."""
        for run in runs:
            if not run.step.uses or run.action is not None or self._is_checkout(run.step):
                continue
            run.action = self._actions.resolve_remote(run.step.uses, self._containers.agent)
            self._expand(run)

    def run_pre(self, runs: Sequence[StepRun], scope: Scope) -> None:
        for run in runs:
            if run.action is None:
                continue
            if run.action.is_composite:
                self._pre_of_composite(run, scope)
            for step in run.action.steps(Stage.PRE) if not run.action.is_composite else ():
                self._register_post(run, scope)
                self._stage(run, step, Stage.PRE, scope)

    def run_main(self, runs: Sequence[StepRun], scope: Scope) -> None:
        for run in runs:
            self._main(run, scope)

    def run_post(self) -> None:
        while self._posts:
            run = self._posts.pop()
            assert run.action is not None
            assert run.post_scope is not None  # it was registered with one
            for step in run.action.steps(Stage.POST):
                self._stage(run, step, Stage.POST, run.post_scope)

    def hash_files(self, *arguments: object) -> str:
        """`hashFiles`, in the job's container."""
        agent = self._container(None).agent
        return agent.hash_files(self._state.layout.workspace, [to_text(argument) for argument in arguments])

    # one step

    def _main(self, run: StepRun, scope: Scope) -> None:
        with self._reported(run, Stage.MAIN, scope) as report:
            step, call = run.step, self._called(run, scope)
            report.name = self._job.masked(resolved_name(step, call.contexts, scope))
            if not _condition(step.if_).holds(call.contexts, scope.functions()):
                report.outcome = Outcome(Status.SKIPPED)
                return
            report.start()
            report.forgiving = is_forgiven(step, call.contexts, scope)
            timeout = self._timeout(run, call, scope)
            if (
                timeout is not None and timeout.left_s <= 0
            ):  # an `always()` step of an action that took too long
                report.outcome = Outcome(Status.FAILED, timeout.complaint(report.name))
                return
            report.outcome = self._do(run, scope, replace(call, timeout=timeout))

    def _called(self, run: StepRun, scope: Scope) -> Call:
        """How the step is called, as far as its own `env` says."""
        env = scope.environment()
        contexts = scope.contexts(env, action_id=run.id)
        own = resolve_env(resolve_mapping(run.step.env, contexts, functions=scope.functions()))
        if own:
            contexts = scope.contexts(env | own, action_id=run.id)
        return Call(env | own, own, contexts)

    def _do(self, run: StepRun, scope: Scope, call: Call) -> Outcome:
        step = run.step
        if step.uses:
            return self._use(run, scope, call)
        if step.resource is not None:
            from sqnc.engine.resources import ResourceRun  # noqa: PLC0415  (few workflows have resources)

            own = self._container(None)
            resource = ResourceRun(self._job, call, scope, run, own=own, execution=self._execution)
            return resource.run(self._containers)
        work = Work(step, scope, run.key, call.step_env(scope), call.contexts, timeout=call.timeout)
        if step.run is not None:
            return self._outcome(self._execution.script(work, self._container(step, call.contexts)))
        if step.image is None:
            raise WorkflowError(
                step.position, "the step does nothing", hint="give it `run`, `uses`, or `image` with `cmd`"
            )
        container = self._container(step, call.contexts)
        return self._outcome(self._execution.entrypoint(work, container))

    def _use(self, run: StepRun, scope: Scope, call: Call) -> Outcome:
        given = self._given(run, call, scope)
        repository = self._job.services.repository
        if run.action is None and repository.answers(run.step.uses, given):
            return self._check_out(run, given)
        if run.action is None:
            self._resolve_late(run)
        action = run.action
        assert action is not None
        for complaint in complaints(action, given):
            self._job.annotate(run.key, "warning", complaint)
        inputs = self._inputs(run, given, call, scope)
        if action.is_composite:
            return self._compose(run, call, inputs)
        self._register_post(run, scope)
        main = action.steps(Stage.MAIN)
        assert len(main) == 1  # what is not composite has one main step
        return self._act(run, main[0], scope, replace(call, inputs=inputs))

    def _resolve_late(self, run: StepRun) -> None:
        """Resolve an action of the workspace, or one whose `with` turned out not to mean the own tree."""
        container = self._container(None)
        run.action = self._actions.resolve_remote(run.step.uses, container.agent)
        if run.action is None:
            run.action = self._actions.resolve_local(run.step.uses, container.agent)
        self._expand(run)

    def _expand(self, run: StepRun) -> None:
        if run.action is None or not run.action.is_composite:
            return
        if run.depth >= MAX_DEPTH:
            from sqnc_plugins.uses import ActionError  # noqa: PLC0415  (as in sqnc.engine.actions)

            raise ActionError(f"{run.step.uses}: Composite action depth exceeded max depth {MAX_DEPTH}")
        run.children = [
            run.child(from_document(step, run.step.uses), number)
            for number, step in enumerate(run.action.document.steps, 1)
        ]
        self.resolve(run.children)

    def _pre_of_composite(self, run: StepRun, scope: Scope) -> None:
        """Run the pre steps of the actions inside, with the inputs as far as they are known by now."""
        if not run.has_pre:
            return
        try:
            call = self._called(run, scope)
            inputs = self._inputs(run, self._given(run, call, scope), call, scope)
        except _STEP_FAILURES:
            with self._reported(run, Stage.PRE, scope):
                raise
        else:
            self.run_pre(run.children, self._inner(run, call.env, inputs))

    def _compose(self, run: StepRun, call: Call, inputs: dict[str, str]) -> Outcome:
        assert run.action is not None
        inner = self._inner(run, call.env, inputs)
        inner.timeout = call.timeout
        self.run_main(run.children, inner)
        return self._concluded(run, inner, run.action.document)

    def _concluded(self, run: StepRun, inner: Scope, document: StepDocument) -> Outcome:
        """What the steps of *document* came to."""
        contexts = inner.contexts(inner.environment(), action_id=run.id)
        outputs = {
            name: Template.parse(value).render(contexts, functions=inner.functions())
            for name, value in document.outputs.items()
        }
        if inner.status != "failure":
            return Outcome(Status.SUCCEEDED, outputs=outputs)
        message = ""
        if inner.timeout is not None and inner.timeout.left_s <= 0:
            message = inner.timeout.complaint(self._job.step_name(run.key))
        return Outcome(Status.FAILED, message, outputs=outputs)

    def _inner(self, run: StepRun, env: Mapping[str, str], inputs: dict[str, str]) -> Scope:
        known = {**self._state.env, **self._state.exported}
        added = {name: value for name, value in env.items() if known.get(name) != value}
        return Scope(self._state, self.hash_files, run.action, inputs, added, status="success")

    def _act(self, run: StepRun, step: Step, scope: Scope, call: Call) -> Outcome:
        """Run one process of an action."""
        contexts = {**call.contexts, "github": scope.github(run.id, run.action)}
        raw = resolve_mapping(step.env, {**contexts, "inputs": call.inputs}, functions=scope.functions())
        declared = {name: value for name, value in resolve_env(raw).items() if name not in call.env}
        action_env = {
            **declared,
            **input_environment(call.inputs),
            **state_environment(run.state),
        }
        work = Work(
            step,
            scope,
            run.key,
            call.step_env(scope),
            contexts,
            action_env=action_env,
            inputs=call.inputs,
            is_action=True,
            timeout=call.timeout,
        )
        if step.own_image:
            return self._in_own_container(run, work)
        done = self._execution.entrypoint(work, self._container(None))
        if step.is_special and not done.failed:
            return self._follow(run, done, scope, call)
        return self._outcome(done, run)

    def _follow(self, run: StepRun, done: Done, scope: Scope, call: Call) -> Outcome:
        """Run the steps that a special step printed. Raise DocumentError."""
        found = parse_foreign(done.stdout)
        assert run.action is not None
        steps = [from_document(step, run.step.uses) for step in found.steps if step.stage is Stage.MAIN]
        action = replace(run.action, document=found)
        inner = Scope(
            self._state, self.hash_files, action, call.inputs, call.step_env(scope), status="success"
        )
        inner.timeout = call.timeout
        runs = [run.child(step, number) for number, step in enumerate(steps, 1)]
        self.resolve(runs)
        self.run_main(runs, inner)
        run.state.update(done.state)
        outcome = self._concluded(run, inner, found)
        outcome.outputs = {**done.outputs, **outcome.outputs}
        return outcome

    def _in_own_container(self, run: StepRun, work: Work) -> Outcome:
        if not self._job.isolated:
            raise RuntimeFailure(
                f"{run.step.uses}: a docker action needs containers, and this job has none: "
                "use --runtime docker"
            )
        self._container(None)  # the job's own container comes first: it decides on the workspace
        if run.image is None:
            run.image = self._image(run, work)
        volumes = {volume.path: volume for volume in self._containers.storage.volumes}
        layout = self._state.layout
        extra = docker_volumes(volumes[layout.workspace], volumes[layout.temp])
        container = self._containers.start(run.image, {}, extra=extra)
        try:
            return self._outcome(self._execution.own_container(work, container), run)
        finally:
            container.close()

    def _image(self, run: StepRun, work: Work) -> Image:
        services, build = self._job.services, work.step.build
        if build is None:
            reference = resolve_text(work.step.image, work.contexts)
            return self._job.runtime.image(reference, pull=services.options.pull, progress=self._job.progress)
        assert run.action is not None
        from sqnc.engine.actionimage import build_image  # noqa: PLC0415  (few actions have a Dockerfile)

        agent = self._container(None).agent
        return build_image(
            run.action, build, self._job.runtime, agent, scratch=services.folder, progress=self._job.progress
        )

    def _check_out(self, run: StepRun, given: Mapping[str, str]) -> Outcome:
        """Answer `actions/checkout` of the own repository from the user's tree."""
        repository, layout = self._job.services.repository, self._state.layout
        target = checkout_target(layout.workspace, given)
        if target is None:
            raise WorkflowError(run.step.position, f"path: expected a folder in '{layout.workspace}'")
        if not self._job.services.options.bind:
            agent = self._containers.agent
            if agent is not None and target != layout.workspace:
                agent.remove(target)
            self._containers.storage.place(self._job.tree(), target, agent)
        self._job.log(run.key, f"The working tree of {repository.slug} {repository.place}")
        outputs = {"ref": repository.ref, "commit": repository.sha}
        return Outcome(Status.SUCCEEDED, outputs=outputs)

    def _stage(self, run: StepRun, step: Step, stage: Stage, scope: Scope) -> None:
        """Run the pre or post step of an action."""
        with self._reported(run, stage, scope) as report:
            call = self._called(run, scope)
            report.name = stage_name(stage, self._job.masked(resolved_name(run.step, call.contexts, scope)))
            if not _condition(step.if_, implicit_success=False).holds(call.contexts, scope.functions()):
                report.outcome = Outcome(Status.SKIPPED)
                return
            report.start()
            inputs = self._inputs(run, self._given(run, call, scope), call, scope)
            report.outcome = self._act(run, step, scope, replace(call, inputs=inputs))

    # what a step needs

    def _container(self, step: Step | None, contexts: Contexts | None = None) -> JobContainer:
        """The container that a step runs in: that of its own `image`, or the job's."""
        own = resolve_text(step.image, contexts or {}) if step is not None else ""
        if own and not self._job.isolated:
            self._job.warn_once(f"image {own} is not used: the process runtime runs steps on this machine")
        container = self._containers.get(own or self._job.plan.image.reference)
        if not own and self._state.container is not None:
            self._state.container = ServiceFacts(container.container.id, self._containers.network)
        return container

    def _given(self, run: StepRun, call: Call, scope: Scope) -> dict[str, str]:
        return resolve_env(resolve_mapping(run.step.with_, call.contexts, functions=scope.functions()))

    def _inputs(self, run: StepRun, given: Mapping[str, str], call: Call, scope: Scope) -> dict[str, str]:
        assert run.action is not None
        return resolve_inputs(run.action, given, call.contexts, functions=scope.functions())

    def _register_post(self, run: StepRun, scope: Scope) -> None:
        assert run.action is not None
        if not run.action.steps(Stage.POST):
            return
        if run.post_scope is None:
            self._posts.append(run)
        run.post_scope = scope  # that of the main step knows more than that of the pre step

    def _is_checkout(self, step: Step) -> bool:
        """Whether the own tree may answer the step, so that the real action is not needed until it is."""
        return self._job.services.repository.answers(step.uses, {})

    def _timeout(self, run: StepRun, call: Call, scope: Scope) -> Timeout | None:
        """None is as long as it takes, and so are 0 and, as on GitHub, what does not evaluate to a number."""
        if scope.timeout is not None:
            return replace(scope.timeout, inherited=True)
        try:
            minutes = resolve_number(run.step.timeout_minutes, call.contexts, functions=scope.functions())
        except WorkflowError as error:
            self._job.annotate(run.key, "error", f"The step runs without a timeout: {error}")
            return None
        return Timeout.starting_now(minutes) if minutes and minutes > 0 else None

    def _outcome(self, done: Done, run: StepRun | None = None) -> Outcome:
        if run is not None:
            run.state.update(done.state)
        if done.failed and self._job.cancellation.is_asked:
            return Outcome(Status.CANCELED, "The operation was canceled.", done.code, dict(done.outputs))
        status = Status.FAILED if done.failed else Status.SUCCEEDED
        return Outcome(status, done.message, done.code, dict(done.outputs))

    def _heed_cancellation(self) -> None:
        cancellation = self._job.cancellation
        if cancellation.is_asked:
            self._state.status, cancellation.is_heeded = "cancelled", True

    @contextmanager
    def _reported(self, run: StepRun, stage: Stage, scope: Scope) -> Iterator[Report]:
        """Tell of a step's start and end, and draw the consequences for the scope."""
        self._heed_cancellation()
        report = Report(self._job, run, stage)
        try:
            yield report
        except _STEP_FAILURES as error:
            report.outcome = Outcome(Status.FAILED, str(error))
        except _STEP_ERRORS as error:
            self.errored = True
            report.outcome = Outcome(Status.ERRORED, str(error))
        self._heed_cancellation()
        conclusion = report.finish()
        if stage is Stage.MAIN:
            scope.record(run.step.id, report.outcome.outputs, report.outcome.status, conclusion)
        if conclusion in {Status.FAILED, Status.ERRORED}:
            scope.fail() if stage is Stage.MAIN else self._state.fail()
