"""One run of a workflow: each job starts when its own needs are done."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import field
from queue import SimpleQueue
from typing import TYPE_CHECKING

from actions_compat.conditions import Condition, job_status_functions
from actions_compat.contexts import RunFacts, StrategyFacts, github_context, strategy_context
from actions_compat.expressions import ExpressionError, is_truthy
from actions_compat.frozen import frozen, record, replaced
from actions_compat.masking import Masker, SecretSet
from actions_compat.matrix import Leg, MatrixError, expand, job_name
from actions_compat.nodes import WorkflowError, resolve, resolve_number, resolve_text
from actions_compat.results import ancestors, matrix_result
from actions_compat.workflow import Defaults
from sqnc.engine.job import JobPlan, JobResult, JobRun, RunServices
from sqnc.engine.jobimage import JobImage, UnusableImage, job_image
from sqnc.engine.limits import job_limits
from sqnc.events import Clock, JobFinished, JobStarted, Progress, RunFinished, RunStarted
from sqnc.status import Status, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actions_compat.workflow import Job, Workflow
    from sqnc.engine.options import Selection

_RESULTS = {
    "success": Status.SUCCEEDED,
    "failure": Status.FAILED,
    "cancelled": Status.CANCELED,
    "skipped": Status.SKIPPED,
}
Instance = tuple[str, JobResult]


@frozen
class Strategy:
    """What a job's `strategy` says beside its matrix; *max_parallel* None is all legs at once."""

    fail_fast: bool = True
    max_parallel: int | None = None


@record
class _Pending:
    """A job's legs while they run."""

    job: Job
    left: int
    strategy: Strategy
    results: list[JobResult] = field(default_factory=list)
    runs: list[JobRun] = field(default_factory=list)
    working: int = 0

    @property
    def has_room(self) -> bool:
        """Whether `max-parallel` lets another leg start."""
        return self.working < (self.strategy.max_parallel or self.left)


class WorkflowRun:
    """Runs a workflow once. `cancel` may come from any thread, and again with *force*."""

    def __init__(
        self, workflow: Workflow, services: RunServices, facts: RunFacts, selection: Selection
    ) -> None:
        self._workflow, self._services, self._facts = workflow, services, facts
        self._selection = selection
        self._jobs = selected_jobs(workflow, selection)
        self._needs = _needs(workflow, self._jobs)
        self._results: dict[str, JobResult] = {}
        self._pending: dict[str, _Pending] = {}
        self._finished: SimpleQueue[Instance] = SimpleQueue()
        self._waiting: deque[tuple[str, JobRun]] = deque()
        self._working = 0
        self._threads: list[threading.Thread] = []
        self._cancelled = threading.Event()
        self._lock = threading.Lock()

    def cancel(self, *, force: bool = False) -> None:
        self._cancelled.set()
        with self._lock:
            runs = [run for pending in self._pending.values() for run in pending.runs]
        for run in runs:
            run.cancel(force=force)

    def run(self) -> Status:
        """Run every job; return what the whole came to."""
        clock, emit = Clock(), self._services.events.emit
        name = self._workflow.name or self._workflow.file
        emit(RunStarted(self._services.run, name, self._services.runtime.name))
        try:
            self._start_ready()
            while self._pending:
                self._collect(*self._finished.get())
                self._start_ready()
        finally:
            for thread in self._threads:
                thread.join()
        status = worst(result.status for result in self._results.values())
        if self._cancelled.is_set():
            status = Status.CANCELED
        emit(RunFinished(self._services.run, status, clock.elapsed_s))
        return status

    def _start_ready(self) -> None:
        started = True
        while started:  # a job that is skipped makes others ready
            started = False
            for job in self._jobs.values():
                if job.id in self._results or job.id in self._pending or not self._is_ready(job):
                    continue
                started = True
                self._start(job)
        self._start_waiting()

    def _start_waiting(self) -> None:
        """Start legs as far as there is room (`concurrent.futures` would do this, but imports for 2 ms)."""
        for leg in tuple(self._waiting):
            pending = self._pending[leg[0]]
            if self._working == self._services.options.concurrent_jobs:
                break
            if not pending.has_room:
                continue
            self._waiting.remove(leg)
            self._working += 1
            pending.working += 1
            thread = threading.Thread(target=self._run_leg, args=leg, name="job")
            self._threads.append(thread)
            thread.start()

    def _is_ready(self, job: Job) -> bool:
        return all(need in self._results for need in self._needs[job.id])

    def _start(self, job: Job) -> None:
        try:
            strategy = self._strategy(job)
            plans = self._plans(job, strategy)
        except (WorkflowError, ExpressionError, MatrixError) as error:
            self._settle(job, JobResult(Status.ERRORED, message=self._masked(str(error))))
            return
        if plans is None:
            status = Status.CANCELED if self._cancelled.is_set() else Status.SKIPPED
            self._settle(job, JobResult(status))
            return
        pending = _Pending(job, len(plans), strategy)
        pending.runs = [JobRun(plan, self._services) for plan in plans]
        with self._lock:
            self._pending[job.id] = pending
        for run in pending.runs:
            if self._cancelled.is_set():
                run.cancel()
            self._waiting.append((job.id, run))

    def _run_leg(self, job_id: str, run: JobRun) -> None:
        plan, emit = run.plan, self._services.events.emit
        result = JobResult(Status.ERRORED, message="the engine failed; this is a defect of sequence")
        try:
            result = run.run()
        except Exception:  # noqa: BLE001 -- a thread's exception is seen by nobody: it is told here
            import traceback  # noqa: PLC0415  (only for a defect)

            emit(Progress(plan.key, self._masked(traceback.format_exc())))
            emit(JobFinished(plan.key, plan.name, result.status, 0.0, result.message))
        finally:
            self._finished.put((job_id, _forgiven(plan, result)))

    def _collect(self, job_id: str, result: JobResult) -> None:
        """Take the result of one leg, after `continue-on-error`."""
        self._working -= 1
        pending = self._pending[job_id]
        pending.left -= 1
        pending.working -= 1
        pending.results.append(result)
        failed = result.status in {Status.FAILED, Status.ERRORED} and result.ran
        if failed and pending.strategy.fail_fast and pending.left:
            for run in pending.runs:
                run.cancel()
        if pending.left:
            return
        with self._lock:
            del self._pending[job_id]
        self._results[job_id] = _merge(pending.results)

    def _settle(self, job: Job, result: JobResult) -> None:
        """A job that does not run at all."""
        emit, name = self._services.events.emit, job.id
        if job.name is not None:
            with suppress(WorkflowError):  # it needs a matrix, which there is none of
                name = resolve_text(job.name, self._contexts(job))
        emit(JobStarted(job.id, name))
        emit(JobFinished(job.id, name, result.status, 0.0, result.message))
        self._results[job.id] = result

    def _plans(self, job: Job, strategy: Strategy) -> list[JobPlan] | None:
        """The job's legs; None where its `if` says no."""
        contexts = self._contexts(job)
        if not self._selection.step and not self._condition_holds(job, contexts):
            return None
        legs = self._legs(job, contexts)
        total = len(legs)
        places = [
            StrategyFacts(strategy.fail_fast, index, total, strategy.max_parallel) for index in range(total)
        ]
        return [self._plan(job, leg, place, contexts) for leg, place in zip(legs, places, strict=True)]

    def _condition_holds(self, job: Job, contexts: dict[str, object]) -> bool:
        needed = ancestors(job.id, self._needs)
        results = {need: self._results[need].status.result for need in needed}
        functions = job_status_functions(results, cancelled=self._cancelled.is_set())
        if job.if_ is None:
            return Condition.parse(None).holds(contexts, functions)
        try:
            return Condition.parse(job.if_.text).holds(contexts, functions)
        except ExpressionError as error:
            raise WorkflowError(job.if_.position, str(error)) from error

    def _legs(self, job: Job, contexts: dict[str, object]) -> list[Leg]:
        if job.strategy is None or job.strategy.matrix is None:
            return [Leg({})]
        try:
            return expand(resolve(job.strategy.matrix, contexts))
        except MatrixError as error:
            raise WorkflowError(job.strategy.matrix.position, str(error)) from error

    def _strategy(self, job: Job) -> Strategy:
        """Raise WorkflowError where it does not evaluate to what GitHub takes."""
        if job.strategy is None:
            return Strategy()
        contexts = self._contexts(job)
        fast, limit = job.strategy.fail_fast, resolve_number(job.strategy.max_parallel, contexts)
        return Strategy(
            fail_fast=fast is None or is_truthy(resolve(fast, contexts)),
            max_parallel=int(limit) if limit and limit >= 1 else None,
        )

    def _plan(self, job: Job, leg: Leg, place: StrategyFacts, contexts: dict[str, object]) -> JobPlan:
        options, total = self._services.options, place.job_total
        strategy = strategy_context(place)
        seen = {**contexts, "strategy": strategy, "matrix": leg.values or None}
        image, refusal = JobImage(""), None
        try:
            image = job_image(job, seen, options, isolated=self._services.runtime.isolated)
        except UnusableImage as error:
            if total == 1:
                raise
            refusal = error
        secret = {**seen, "secrets": self._secrets()}
        base = resolve_text(job.name, seen) if job.name is not None else job.id
        has_own_name = job.name is not None and "${{" in getattr(job.name, "text", "")
        name = base if has_own_name else job_name(base, leg)
        key = job.id if total == 1 else job_name(job.id, leg)
        github = github_context(self._facts, job=job.id)
        own = replaced(job, defaults=self._defaults(job))
        return JobPlan(
            key,
            name,
            own,
            image,
            env=(self._workflow.env, job.env),
            github=github,
            contexts=secret,
            limits=job_limits(job, seen),
            forgiving=is_truthy(resolve(job.continue_on_error, seen)),
            only=self._only(job),
            refusal=refusal,
        )

    def _defaults(self, job: Job) -> Defaults:
        """Those of the job, and where it says nothing those of the workflow."""
        own, workflow = job.defaults, self._workflow.defaults
        return Defaults(own.shell or workflow.shell, own.working_directory or workflow.working_directory)

    def _only(self, job: Job) -> frozenset[int] | None:
        if not self._selection.step:
            return None
        wanted = self._selection.step
        found = [
            index
            for index, step in enumerate(job.steps)
            if wanted in {step.id, str(index + 1), getattr(step.name, "text", "")} - {""}
        ]
        return frozenset(found[:1])

    def _contexts(self, job: Job) -> dict[str, object]:
        needs = {
            need: {
                "result": self._results[need].status.result,
                "outputs": dict(self._results[need].outputs),
            }
            for need in self._needs[job.id]
            if need in self._results
        }
        return {
            "github": github_context(self._facts, job=job.id),
            "inputs": {},
            "vars": dict(self._services.options.variables),
            "needs": needs,
        }

    def _secrets(self) -> dict[str, str]:
        token = {"GITHUB_TOKEN": self._facts.token} if self._facts.token else {}
        return {**token, **self._services.options.secrets}

    def _masked(self, text: str) -> str:
        return Masker(self._services.secrets).mask(text)


def _needs(workflow: Workflow, jobs: Mapping[str, Job]) -> dict[str, tuple[str, ...]]:
    """Which of *jobs* each of them needs, by the ids that they are defined with: `needs` takes any case."""
    ids = {name.lower(): name for name in workflow.jobs}
    return {
        name: tuple(ids[need.lower()] for need in job.needs if ids[need.lower()] in jobs)
        for name, job in jobs.items()
    }


def _forgiven(plan: JobPlan, result: JobResult) -> JobResult:
    """What a leg counts for, also for the jobs that need it: `continue-on-error` forgives a failure."""
    if result.status is Status.FAILED and plan.forgiving:
        return replaced(result, status=Status.SUCCEEDED)
    return result


def secret_set(secrets_: Mapping[str, str], token: str) -> SecretSet:
    return SecretSet([*secrets_.values(), *([token] if token else [])])


def selected_jobs(workflow: Workflow, selection: Selection) -> dict[str, Job]:
    """The jobs to run, in file order."""
    if not selection.job:
        return dict(workflow.jobs)
    job = workflow.jobs[selection.job]
    if selection.step:
        return {job.id: job}
    ids = {name.lower(): name for name in workflow.jobs}
    graph = {name: [ids[need.lower()] for need in other.needs] for name, other in workflow.jobs.items()}
    wanted = {job.id, *ancestors(job.id, graph)}
    return {name: other for name, other in workflow.jobs.items() if name in wanted}


def _merge(results: list[JobResult]) -> JobResult:
    """What the legs of a job come to; of outputs the last that is not empty wins, as on GitHub."""
    outputs: dict[str, str] = {}
    for result in results:
        outputs |= {name: value for name, value in result.outputs.items() if value}
    if any(result.status is Status.ERRORED for result in results):
        return JobResult(Status.ERRORED, outputs)
    words = [result.status.result for result in results]
    return JobResult(_RESULTS[matrix_result(words)], outputs)
