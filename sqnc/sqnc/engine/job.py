"""One job: its containers, its steps in their three stages, its outputs."""

from __future__ import annotations

import json
import os
from dataclasses import field
from typing import TYPE_CHECKING

from actions_compat.contexts import ServiceFacts
from actions_compat.frozen import frozen
from actions_compat.masking import Masker
from actions_compat.nodes import WorkflowError, resolve_mapping, resolve_text, to_text
from actions_compat.step_ids import step_ids
from sqnc.engine.actions import Actions
from sqnc.engine.cancellation import Cancellation
from sqnc.engine.containers import Containers
from sqnc.engine.jobimage import HOST, UnusableImage
from sqnc.engine.limits import limited
from sqnc.engine.matchers import JobMatchers
from sqnc.engine.output import PlainOutput, StepOutput
from sqnc.engine.scope import JobState, Scope
from sqnc.engine.stages import Stages
from sqnc.engine.stepruns import StepRun
from sqnc.engine.steps import from_workflow
from sqnc.engine.storage import Storage, Tree
from sqnc.events import Annotation, Clock, JobFinished, JobStarted, Log, Progress, Summary
from sqnc.runtimes import RuntimeFailure
from sqnc.status import Status
from sqncshim.agent import AgentLost
from sqncshim.git import GitError
from sqncshim.plugins import PluginError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from actions_compat.masking import SecretSet
    from actions_compat.nodes import Node
    from actions_compat.workflow import Job
    from sqnc.engine.checkout import LocalRepository
    from sqnc.engine.jobimage import JobImage
    from sqnc.engine.limits import Limits
    from sqnc.engine.matchers import StepFiles
    from sqnc.engine.options import Options
    from sqnc.engine.resources import RunResources
    from sqnc.events import Event, EventStream
    from sqnc.runtimes import Runtime
    from sqnc_plugins.uses import ActionStore
    from sqncshim.agent import Agent


@frozen
class RunServices:
    """What the jobs of a run share."""

    run: str
    options: Options
    runtime: Runtime
    host: Runtime
    """This machine itself, for jobs on `-self-hosted`."""
    folder: Path
    events: EventStream
    secrets: SecretSet
    store: Callable[[], ActionStore]
    """Opens the store of actions; the same one for all."""
    repository: LocalRepository
    event: Mapping[str, object]
    resources: RunResources | None = None
    """None where the workflow has none."""


@frozen
class JobPlan:
    """A job, or one leg of its matrix, ready to run: everything that does not depend on its steps."""

    key: str
    name: str
    job: Job
    image: JobImage
    env: tuple[Node | None, ...]
    """The workflow's and the job's own, unevaluated: they may name the workspace."""
    github: dict[str, object]
    contexts: Mapping[str, object]
    limits: Limits
    forgiving: bool = False
    """Whether `continue-on-error` forgives a failure."""
    only: frozenset[int] | None = None
    """The indices of the steps to run; None is all."""
    refusal: UnusableImage | None = None
    """Why there is nothing to run this leg of a matrix in; the others run."""


@frozen
class JobResult:
    status: Status
    outputs: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    ran: bool = True
    """False for a leg that was refused, which says nothing of the others."""


class JobRun:
    """See the module's docstring. `run` is called once; `cancel` from any thread, and again with *force*."""

    def __init__(self, plan: JobPlan, services: RunServices) -> None:
        self.plan, self.services = plan, services
        self.runtime = services.host if plan.image.reference == HOST else services.runtime
        self.isolated = self.runtime.isolated
        self.in_container = plan.image.is_container
        self.host_environment: Mapping[str, str] = dict(os.environ)
        self.cancellation = Cancellation()
        self._matchers = JobMatchers()
        self._names: dict[str, str] = {}
        self._warned: set[str] = set()

    def cancel(self, *, force: bool = False) -> None:
        self.cancellation.ask(force=force)

    def run(self) -> JobResult:
        """Run the job to its end; nothing is raised but what the engine does not know."""
        clock = Clock()
        self.services.events.emit(JobStarted(self.plan.key, self.plan.name))
        try:
            if self.plan.refusal is not None:
                raise self.plan.refusal
            result = self._run()
        except UnusableImage as error:
            result = JobResult(Status.ERRORED, message=self.masked(str(error)), ran=False)
        except (RuntimeFailure, AgentLost, PluginError, GitError, WorkflowError) as error:
            result = JobResult(Status.ERRORED, message=self.masked(str(error)))
        except OSError as error:
            result = JobResult(Status.ERRORED, message=self.masked(_told(error)))
        self.services.events.emit(
            JobFinished(
                self.plan.key,
                self.plan.name,
                result.status,
                clock.elapsed_s,
                result.message,
                result.outputs,
                forgiven=self.plan.forgiving and result.status is Status.FAILED,
            )
        )
        return result

    def _run(self) -> JobResult:
        services, plan = self.services, self.plan
        options = services.options
        storage = Storage.open(
            self.runtime,
            services.run,
            folder=services.folder,
            tools=options.cache / "tool-cache",
            repository=services.repository.name,
            bind=services.repository.root if options.bind else None,
        )
        containers = Containers(
            self.runtime,
            services.run,
            storage,
            pull=options.pull,
            progress=self.progress,
            on_first=lambda agent, user: self._furnish(agent, user, storage),
            options={plan.image.reference: plan.image.options},
            extra={plan.image.reference: plan.image.volumes},
        )
        try:
            with limited(plan.limits, self.cancellation, self._tell_of_limit):
                return self._run_steps(storage, containers)
        finally:
            containers.close()

    def _run_steps(self, storage: Storage, containers: Containers) -> JobResult:
        plan = self.plan
        state = self._state(storage)
        actions = Actions(self.services.store, storage, self.services.repository, self.tree())
        stages = Stages(self, state, containers, actions)
        scope = Scope(state, stages.hash_files)
        ids = step_ids(plan.job.steps)
        runs = [
            StepRun(from_workflow(step), str(number), ids[number - 1])
            for number, step in enumerate(plan.job.steps, 1)
            if plan.only is None or number - 1 in plan.only
        ]
        if self.services.options.whole_tree and not self.services.options.bind:
            storage.place(self.tree(), storage.layout.workspace, None)
        stages.resolve(runs)
        stages.run_pre(runs, scope)
        stages.run_main(runs, scope)
        stages.run_post()
        try:
            outputs = self._outputs(scope)
        except WorkflowError as error:
            self.annotate("", "error", str(error))
            state.fail()
            outputs = {}
        return JobResult(self._status(state, errored=stages.errored), outputs)

    def _status(self, state: JobState, *, errored: bool) -> Status:
        if errored:
            return Status.ERRORED
        words = {"success": Status.SUCCEEDED, "failure": Status.FAILED, "cancelled": Status.CANCELED}
        return words[state.status]

    def _state(self, storage: Storage) -> JobState:
        layout = storage.layout
        github = {**self.plan.github, "workspace": layout.workspace, "event_path": layout.event_path}
        runner: dict[str, object] = {
            "os": "Linux",
            "arch": self.plan.image.arch,
            "name": "sequence",
            "environment": "self-hosted",
            "temp": layout.temp,
            "tool_cache": layout.tool_cache,
            "workspace": layout.runner_workspace,
        }
        contexts = {**self.plan.contexts, "github": github}
        env: dict[str, str] = {}
        for node in self.plan.env:
            env |= {name: to_text(value) for name, value in resolve_mapping(node, contexts).items()}
        env |= {**self.plan.image.env, **self.services.options.env}
        state = JobState(layout, github, runner, self.plan.contexts, env, self.plan.job.defaults)
        if self.in_container and self.isolated:
            state.container = ServiceFacts("", "")
        return state

    def _furnish(self, agent: Agent, user: str, storage: Storage) -> None:
        """Make what every job finds: its folders, and the event's payload."""
        layout = storage.layout
        agent.make_dirs(
            layout.workspace,
            layout.temp,
            layout.file_commands,
            layout.home,
            layout.actions,
            layout.tool_cache,
            user=user,
        )
        payload = json.dumps(self.services.event).encode()
        agent.put_file(layout.event_path, payload, user=user)

    def _outputs(self, scope: Scope) -> dict[str, str]:
        """The job's outputs; those that hold a secret are dropped, as GitHub drops them."""
        contexts = scope.contexts(scope.environment())
        found: dict[str, str] = {}
        for name, node in self.plan.job.outputs.items():
            value = resolve_text(node, contexts, functions=scope.functions())
            if self.masked(value) != value:
                self.annotate("", "warning", f"Skip output '{name}' since it may contain secret.")
            elif value:
                found[name] = value
        return found

    def _tell_of_limit(self, minutes: float) -> None:
        self.annotate("", "error", f"The job has exceeded the maximum execution time of {minutes:g} minutes.")

    def tree(self) -> Tree:
        """The user's working tree."""
        repository = self.services.repository
        return Tree(repository.root, repository.files, repository.hidden, repository.overlay)

    def masked(self, text: str) -> str:
        return Masker(self.services.secrets).mask(text)

    def name_step(self, key: str, name: str) -> None:
        self._names[key] = name

    # what the processes of the steps ask for: execution.JobServices

    def step_name(self, key: str) -> str:
        return self._names.get(key, key)

    def output(self, key: str, environment: Mapping[str, str], files: StepFiles) -> StepOutput:
        return StepOutput(
            self.plan.key,
            key,
            events=self.services.events,
            secrets=self.services.secrets,
            environment=environment,
            matchers=self._matchers,
            files=files,
        )

    def plain_output(self, key: str) -> PlainOutput:
        return PlainOutput(self.plan.key, key, self.services.events, self.services.secrets)

    def annotate(self, key: str, level: str, message: str) -> None:
        self.services.events.emit(Annotation(self.plan.key, key, level, self.masked(message)))

    def summarize(self, key: str, content: bytes) -> None:
        text = self.masked(content.decode(errors="replace"))
        self.services.events.emit(Summary(self.plan.key, key, text))

    # what the stages tell

    def emit(self, event: Event) -> None:
        self.services.events.emit(event)

    def log(self, key: str, line: str) -> None:
        self.emit(Log(self.plan.key, key, f"{self.masked(line)}\n".encode(errors="surrogateescape")))

    def progress(self, message: str) -> None:
        self.emit(Progress(self.plan.key, self.masked(message)))

    def warn_once(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            self.annotate("", "warning", message)


def _told(error: OSError) -> str:
    told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    remedy = ": let it be read, or let git ignore it" if isinstance(error, PermissionError) else ""
    return f"{told}{remedy}"
