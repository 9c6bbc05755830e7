"""The gets and puts of a job.

A type that is built in runs with the bundle in the job's container, any other in a container of its own
image, which sees the job's volumes too; there its folders are where Concourse has them.
"""

from __future__ import annotations

import math
import posixpath
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from actions_compat.nodes import WorkflowError, to_text
from sqnc.engine.filling import Filling
from sqnc.engine.stepruns import Outcome
from sqnc.resource_steps import is_file
from sqnc.resources.executors import GET_FOLDER, PUT_FOLDER, BuiltInType, ImageType, without_build
from sqnc.resources.getcache import GetCache
from sqnc.resources.histories import HistoryFile, StateError
from sqnc.resources.kinds import image_reference
from sqnc.resources.programs import Session, StepCanceled, StepErrored, StepFailed, StepTimedOut
from sqnc.resources.shown import answer_lines
from sqnc.resources.state import state_folder
from sqnc.resources.tracked import CHECK_TIMEOUT_S, TrackedResource
from sqnc.runtimes import RuntimeFailure
from sqnc.status import Status
from sqnc_resources.emulator.answers import Answer
from sqnc_resources.emulator.build import Build
from sqnc_resources.emulator.configuration import places_of_vars
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
    """The resources of a run. All its jobs see the same version of each, until one of them puts a new one.

    What is remembered of a resource stands under its name and source: expressions may give each job its own.
    """

    configuration: Configuration
    layers: tuple[Mapping[str, object], ...]
    """Where `((vars))` come from."""
    histories: Path
    cache: GetCache
    versions: dict[str, Version] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    """The folders that gets of this run have filled, which later ones may empty again."""
    _locks: dict[str, threading.Lock] = field(default_factory=dict)

    def lock(self, key: str) -> threading.Lock:
        """What to hold while a version is chosen, so that it is asked for once."""
        return self._locks.setdefault(key, threading.Lock())


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
        self._spared = job.cancellation.is_heeded
        self._deadline = math.inf if call.timeout is None else call.timeout.until_s
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
        self._job.cancellation.running(running, spared=self._spared)

    def _limited(self, step: TrackedResource) -> TrackedResource:
        """The same for what is left of the step's time, of which each of its programs takes some."""
        if self._deadline == math.inf:
            return step
        left_s = max(0.0, self._deadline - time.monotonic())
        return replace(step, timeout_s=left_s, check_timeout_s=min(step.check_timeout_s, left_s))

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
        self._protect_own()
        agent.remove(target)
        agent.make_dirs(target, user=user)
        got = self._limited(step).get(
            version,
            params,
            lambda: folder if folder == target else self._emptied(step, folder),
            lambda tree: agent.put_tree(tree, None, target, user=user),
            after_put=after_put,
        )
        if folder != target and not got.cached:
            step.executor.agent.copy(folder, target, move=True)
        return got.answer

    def _protect_own(self) -> None:
        """A get begins with an empty folder; raise WorkflowError where that would empty one of the user's."""
        name, job = self._step.name, self._job.services
        if not job.options.bind or name in self._shared.filled:
            return
        if job.repository.has_own(name):
            message = f"{job.repository.root / name} is there, and with --bind the get would empty it"
            hint = "remove it, or name another folder: `get: FOLDER` with `resource`"
            raise WorkflowError(self._step.position, message, hint=hint)
        self._shared.filled.add(name)

    def _version(self, step: TrackedResource) -> Version:
        """The step's own version, the one that the run has chosen, or the newest."""
        if self._step.version is not None:
            return self._texts(self._filling.mapping(self._step.version))
        chosen, key = self._shared.versions, step.history.key
        with self._turn(step):
            if key in chosen:
                return chosen[key]
            found = self._limited(step).choose(self._resource.version)
            return chosen.setdefault(key, found)  # another job's put may have made a newer one meanwhile

    @contextmanager
    def _turn(self, step: TrackedResource) -> Iterator[None]:
        """Wait until no other job chooses a version of the same resource; raise StepTimedOut."""
        lock = self._shared.lock(step.history.key)
        left_s = self._deadline - time.monotonic()
        if not lock.acquire(timeout=-1 if left_s == math.inf else max(0.0, left_s)):
            raise StepTimedOut("timeout exceeded")
        try:
            yield
        finally:
            lock.release()

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
            answer = self._limited(step).put(params, folder)
        finally:
            agent.remove(folder)
        self._shared.versions[step.history.key] = answer.version
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
            shared.cache if self._is_kept else None,
            session,
            self._build(),
            check_timeout_s=resource.check_timeout_s or CHECK_TIMEOUT_S,
        )

    @property
    def _is_kept(self) -> bool:
        """Whether a later get may have what this one fetched: type, version, source, params say it all.

        The code of a file may be another one by then, and so may the step's own environment.
        """
        return not (is_file(self._resource.type) or self._call.own)

    def _source(self, entry: Resource | ResourceType) -> Object | None:
        """The entry's source over its type's defaults, filled; raise WorkflowError that names the entry."""
        try:
            source = self._filling.value(self._shared.configuration.declared_source(entry))
        except WorkflowError as error:
            names = getattr(error.__cause__, "names", ())
            place = next(places_of_vars(entry.node, names), entry.node.position)
            raise WorkflowError(place, f"{entry.name}: {error.message}", hint=error.hint) from error
        return cast("Object | None", source)

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
        environment = without_build(self._execution.base_environment(own, self._layout.home))
        environment |= self._call.own
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
        for line in answer_lines(answer.version, answer.metadata):
            self._job.log(self._key, line)
        self._fields[self._step.name] = dict(answer.metadata)
