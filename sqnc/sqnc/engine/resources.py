"""The gets and puts of a job.

A type that is built in runs with the bundle in the job's container, any other in a container of its own
image, which sees the job's volumes too; there its folders are where Concourse has them.
"""

from __future__ import annotations

import posixpath
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from actions_compat.nodes import WorkflowError, to_text
from sqnc.engine.filling import Filling
from sqnc.engine.stepruns import Outcome
from sqnc.resource_steps import is_file
from sqnc.resources.executors import GET_FOLDER, PUT_FOLDER, BuiltInType, ImageType
from sqnc.resources.getcache import GetCache
from sqnc.resources.histories import HistoryFile, StateError
from sqnc.resources.kinds import IMAGE_TYPES, image_reference
from sqnc.resources.programs import Session, StepCanceled, StepErrored, StepFailed
from sqnc.resources.state import state_folder
from sqnc.resources.tracked import CHECK_TIMEOUT_S, TrackedResource
from sqnc.runtimes import RuntimeFailure
from sqnc.status import Status
from sqnc_resources.emulator.answers import Answer
from sqnc_resources.emulator.build import Build
from sqnc_resources.emulator.inputs import DETECT, InputNotFoundError, detected, put_inputs
from sqnc_resources.emulator.vars import Reference, Variables, expand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqnc.engine.containers import Containers, JobContainer
    from sqnc.engine.execution import Execution
    from sqnc.engine.job import JobRun
    from sqnc.engine.options import Options
    from sqnc.engine.scope import Scope
    from sqnc.engine.stepruns import Call, StepRun
    from sqnc.resource_steps import DeclaredStep
    from sqnc.resources.executors import Executor
    from sqnc.resources.programs import Running
    from sqnc_resources.emulator.configuration import Configuration, Object, Resource, ResourceType, Version
    from sqnc_resources.emulator.inputs import Inputs
    from sqncshim.agent import Agent


@dataclass(slots=True)
class RunResources:
    """The resources of a run. All its jobs see the same version of each, until one of them puts a new one."""

    configuration: Configuration
    layers: tuple[Mapping[str, object], ...]
    """Where `((vars))` come from."""
    histories: Path
    cache: GetCache
    versions: dict[str, Version] = field(default_factory=dict)
    locks: dict[str, threading.Lock] = field(init=False)
    """Held while a version of a resource is chosen, so that it is asked for once."""

    def __post_init__(self) -> None:
        self.locks = {name: threading.Lock() for name in self.configuration.resources}


def run_resources(configuration: Configuration, options: Options) -> RunResources:
    """The resources of a run whose vars are its variables, `a.b` being a field of `a`, and its secrets."""
    pairs = [(Reference.parse(name), value) for name, value in options.variables.items()]
    layers = (expand(pairs), options.secrets)
    return RunResources(configuration, layers, state_folder() / "histories", GetCache(options.cache / "gets"))


class ResourceRun:
    """One step that gets or puts; `run` is called once. *own* is the job's container."""

    def __init__(
        self, job: JobRun, call: Call, scope: Scope, run: StepRun, *, own: JobContainer, execution: Execution
    ) -> None:
        assert run.step.resource is not None
        assert job.services.resources is not None
        self._job, self._key, self._call = job, run.key, call
        self._own, self._execution = own, execution
        self._layout, self._fields = scope.state.layout, scope.state.resource_fields
        self._step: DeclaredStep = run.step.resource
        self._shared = job.services.resources
        self._resource = self._shared.configuration.resource(self._step.resource)
        variables = Variables(self._shared.layers, {".": self._fields})
        place = self._resource.node.position
        self._filling = Filling(call.contexts, scope.functions(), variables, place)

    def run(self, containers: Containers) -> Outcome:
        """Get or put. Raise WorkflowError, RuntimeFailure."""
        output = self._job.plain_output(self._key)
        try:
            with self._executor(containers) as executor:
                step = self._tracked(executor, Session(output.write, self._started))
                answer = self._get(step) if self._step.kind == "get" else self._put(step)
        except StepCanceled:
            return Outcome(Status.CANCELED, "The operation was canceled.")
        except StepFailed as error:
            return Outcome(Status.FAILED, f"{self._resource.name}: {error}")
        except (StepErrored, StateError) as error:
            raise RuntimeFailure(str(error)) from error
        finally:
            self._job.cancellation.done()
            output.close()
        self._tell(answer)
        return Outcome(Status.SUCCEEDED, outputs=dict(answer.version))

    def _started(self, running: Running) -> None:
        cancellation = self._job.cancellation
        cancellation.running(running, spared=cancellation.is_asked)

    # get

    def _get(self, step: TrackedResource) -> Answer:
        version = self._version(step)
        return self._fetch(step, version, self._filling.mapping(self._step.params))

    def _fetch(
        self, step: TrackedResource, version: Version, params: Object, *, after_put: bool = False
    ) -> Answer:
        """Fill the step's folder of the workspace."""
        target = posixpath.join(self._layout.workspace, self._step.name)
        folder = target if self._is_inside(step) else GET_FOLDER
        agent, user = self._own.agent, self._own.image.user
        agent.remove(target)
        agent.make_dirs(target, user=user)
        got = step.get(
            version,
            params,
            lambda: folder if folder == target else self._emptied(step, folder),
            lambda tree: agent.put_tree(tree, None, target, user=user),
            after_put=after_put,
        )
        if folder != target and not got.cached:
            step.executor.agent.copy(folder, target, move=True)
        return got.answer

    def _version(self, step: TrackedResource) -> Version:
        """The step's own version, the one that the run has chosen, or the newest."""
        if self._step.version is not None:
            return self._texts(self._filling.mapping(self._step.version))
        name = self._resource.name
        with self._shared.locks[name]:
            if name not in self._shared.versions:
                self._shared.versions[name] = step.choose(self._resource.version)
            return self._shared.versions[name]

    def _texts(self, version: Object) -> Version:
        for name, value in version.items():
            if not isinstance(value, str):
                message = f"version.{name}: a version's values are strings: quote it"
                raise WorkflowError(self._step.position, message)
        return cast("Version", version)

    # put

    def _put(self, step: TrackedResource) -> Answer:
        params = self._filling.mapping(self._step.params)
        agent = step.executor.agent
        temp = f"{self._layout.temp}/_put_{self._key}"
        folder = self._emptied(step, temp if self._is_inside(step) else PUT_FOLDER)
        try:
            if (names := self._inputs(agent)) is not None:
                agent.copy(self._layout.workspace, folder, names)
            answer = step.put(params, folder)
        finally:
            agent.remove(folder)
        self._shared.versions[self._resource.name] = answer.version
        if self._step.has_get:
            params = self._filling.mapping(self._step.get_params)
            got = self._fetch(step, answer.version, params, after_put=True)
            return Answer(answer.version, got.metadata or answer.metadata)
        return answer

    def _inputs(self, agent: Agent) -> Sequence[str] | None:
        """What the put sees of the top of the workspace: names, [] for everything, None for nothing.

        As in Concourse, `params` are looked at before vars are put in; what an expression gives counts.
        """
        inputs = self._asked_inputs()
        if inputs == "all":
            return []
        params = self._filling.without_vars().node(self._step.params)
        asked = detected(params) if inputs == DETECT else inputs
        names = [name for name in dict.fromkeys(asked) if name not in {"", ".", ".."} and "/" not in name]
        there = agent.which_exist([posixpath.join(self._layout.workspace, name) for name in names])
        found = [name for name, is_there in zip(names, there, strict=True) if is_there]
        try:
            return put_inputs(inputs, params, found) or None
        except InputNotFoundError as error:
            raise WorkflowError(
                self._step.position, str(error), hint="an earlier step has to make it"
            ) from error

    def _asked_inputs(self) -> Inputs:
        value = self._filling.node(self._step.inputs)
        if isinstance(value, list):
            return [to_text(item) for item in value]
        return "all" if value == "all" else DETECT

    # what both need

    def _tracked(self, executor: Executor, session: Session) -> TrackedResource:
        resource, shared = self._resource, self._shared
        source = self._source(resource)
        file = str(Path(shared.configuration.file).absolute())
        history = HistoryFile.of(shared.histories, file, resource.name, kind=resource.type, source=source)
        return TrackedResource(
            resource.name,
            executor,
            source,
            history,
            None if is_file(resource.type) else shared.cache,  # its code may be another one now
            session,
            self._build(),
            check_timeout_s=resource.check_timeout_s or CHECK_TIMEOUT_S,
            timeout_s=self._call.timeout_s,
        )

    def _source(self, entry: Resource | ResourceType) -> Object | None:
        """The entry's source over its type's defaults, filled."""
        return cast("Object | None", self._filling.value(self._shared.configuration.declared_source(entry)))

    @contextmanager
    def _executor(self, containers: Containers) -> Iterator[Executor]:
        """The resource's type, in the job's container or in one of its own."""
        kind = self._shared.configuration.types.get(self._resource.type)
        if kind is None:
            yield self._built_in()
            return
        if not self._job.isolated:
            raise RuntimeFailure(
                f"{self._resource.name}: the resource type {kind.name} is an image, and this job has no "
                "containers: use --runtime docker"
            )
        if kind.type not in IMAGE_TYPES:
            message = f"{kind.name}: a resource type made by {kind.type!r} is not supported in a workflow"
            hint = f"its `type` has to be {' or '.join(IMAGE_TYPES)}"
            raise WorkflowError(kind.node.position, message, hint=hint)
        reference = image_reference(kind, self._source(kind))
        pull = self._job.services.options.pull
        image = self._job.runtime.image(reference, pull=pull, progress=self._job.progress)
        options = {"privileged": True} if kind.privileged else {}
        start = cache(lambda: containers.start(image, options))
        try:
            yield ImageType(replace(image, env={**image.env, **self._call.own}), start)
        finally:
            if start.cache_info().currsize:
                start().close()

    def _built_in(self) -> BuiltInType:
        kind, own = self._resource.type, self._own
        if is_file(kind):
            kind = posixpath.join(self._layout.workspace, kind)
        environment = {**self._execution.base_environment(own, self._layout.home), **self._call.own}
        user = own.image.user if self._job.isolated else ""
        return BuiltInType(kind, lambda: own, environment, user)

    def _is_inside(self, step: TrackedResource) -> bool:
        """Whether the type runs in the job's own container, and so in the workspace itself."""
        return isinstance(step.executor, BuiltInType)

    def _emptied(self, step: TrackedResource, folder: str) -> str:
        """Make an empty folder for the type's own user."""
        agent = step.executor.agent
        agent.remove(folder)
        agent.make_dirs(folder, user=step.executor.user)
        return folder

    def _build(self) -> Build:
        github = self._call.contexts["github"]
        assert isinstance(github, dict)
        return Build(
            id=int(github["run_id"]),
            name=str(github["run_number"]),
            team_name="main",
            job_name=str(github["job"]),
            pipeline_name=str(github["workflow"]),
        )

    def _tell(self, answer: Answer) -> None:
        """Show version and metadata, and keep the metadata for `((.:name.field))`."""
        pairs = [*answer.version.items(), *answer.metadata]
        width = max((len(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            lines = value.rstrip("\n").replace("\n", "\n" + " " * (width + 2))
            self._job.log(self._key, f"{name:{width}}  {lines}")
        self._fields[self._step.name] = dict(answer.metadata)
