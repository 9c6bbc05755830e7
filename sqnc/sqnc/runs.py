"""One run from start to end: the runtime, the watcher, the secrets, the workflow's jobs."""

from __future__ import annotations

import getpass
import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from actions_compat.contexts import RunFacts, github_context
from actions_compat.frozen import frozen
from sqnc.engine.checkout import LocalRepository
from sqnc.engine.job import RunServices
from sqnc.engine.jobimage import check_images, known_images
from sqnc.engine.run import EVERYTHING, Selection, WorkflowRun, new_run_id, secret_set, selected_jobs
from sqnc.events import EventStream, Progress
from sqnc.resource_steps import has_resources, read_resources
from sqnc.runtimes import ImageUnavailable, open_runtime
from sqnc.sources import SourceError
from sqnc.sweep import sweep
from sqnc.watcher import watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from actions_compat.workflow import Workflow
    from sqnc.engine.options import Options
    from sqnc.engine.resources import RunResources
    from sqnc.runtimes import Runtime
    from sqnc.status import Status
    from sqnc_plugins.uses import ActionStore

_SERVER: Final = "https://github.com"


@frozen
class Order:
    """What to run, where."""

    workflow: Workflow
    options: Options
    runtime: str = "auto"
    selection: Selection = EVERYTHING


def execute(order: Order, events: EventStream) -> Status:
    """Run it; return what it came to. An interrupt cancels it, a second one ends it at once.

    Raise RuntimeUnavailable, SourceError, WorkflowErrors and GitError before anything has started.
    """
    _check(order.workflow, order.selection)
    options, run_id = order.options, new_run_id()

    def progress(message: str) -> None:
        events.emit(Progress("", message))

    sweep(options.cache)
    repository = LocalRepository.find(options.directory)
    facts = _facts(order.workflow, options, repository, run_id)
    runtime = _open(order, facts, progress)
    host = open_runtime("process", cache=options.cache, progress=progress)
    try:
        with watch(run_id, runtime, cache=options.cache) as folder:
            services = RunServices(
                run=run_id,
                options=options,
                runtime=runtime,
                host=host,
                folder=folder,
                events=events,
                secrets=secret_set(options.secrets, facts.token),
                store=_store(options, facts),
                repository=repository,
                event=facts.event,
                resources=_resources(order),
            )
            run = WorkflowRun(order.workflow, services, facts, order.selection)
            with _interruptible(run, progress):
                status = run.run()
            for used in (runtime, host):
                used.prune(run_id)
            return status
    finally:
        runtime.close()


def _open(order: Order, facts: RunFacts, progress: Callable[[str], None]) -> Runtime:
    """Open the runtime; `auto` is process, too, where the engine cannot get an image of the selected jobs."""
    options = order.options
    runtime = open_runtime(order.runtime, cache=options.cache, progress=progress)
    if not runtime.isolated:
        return runtime
    contexts = {"github": github_context(facts), "vars": dict(options.variables), "inputs": {}}
    jobs = selected_jobs(order.workflow, order.selection).values()
    try:
        check_images(jobs, contexts, options)
        if order.runtime != "auto":
            return runtime
        for reference in known_images(jobs, contexts, options):
            runtime.image(reference, pull=options.pull, progress=progress)
    except ImageUnavailable as error:
        runtime.close()
        progress(f"{error}; steps run on this machine itself (runtime process)")
        return open_runtime("process", cache=options.cache, progress=progress)
    except BaseException:
        runtime.close()
        raise
    return runtime


def _resources(order: Order) -> RunResources | None:
    if not has_resources(order.workflow):
        return None
    from sqnc.engine.resources import run_resources  # noqa: PLC0415  (few workflows have resources)

    return run_resources(read_resources(order.workflow), order.options)


def _store(options: Options, facts: RunFacts) -> Callable[[], ActionStore]:
    """Make what opens the run's one store: not before an action is asked for, as most of it is imports."""
    opened: list[ActionStore] = []
    opening = threading.Lock()  # jobs ask at the same time

    def store() -> ActionStore:
        from sqnc_plugins.uses import ActionStore  # noqa: PLC0415  (see above)

        with opening:
            if not opened:
                cache, server = options.cache / "actions", facts.server_url
                made = ActionStore(cache, server_url=server, offline=options.offline, token=facts.token)
                opened.append(made)
        return opened[0]

    return store


def _check(workflow: Workflow, selection: Selection) -> None:
    if selection.job and selection.job not in workflow.jobs:
        known = ", ".join(workflow.jobs)
        raise SourceError(f"{workflow.file}: there is no job {selection.job!r}; its jobs are {known}")
    if not selection.step:
        return
    steps = workflow.jobs[selection.job].steps
    names = [step.id or getattr(step.name, "text", "") or str(number) for number, step in enumerate(steps, 1)]
    known_names = {str(number) for number in range(1, len(steps) + 1)} | set(names)
    known_names |= {getattr(step.name, "text", "") for step in steps} - {""}
    if selection.step not in known_names:
        raise SourceError(
            f"{workflow.file}: job {selection.job!r} has no step {selection.step!r}; "
            f"its steps are {', '.join(names)}"
        )


def _facts(workflow: Workflow, options: Options, repository: LocalRepository, run_id: str) -> RunFacts:
    token = options.secrets.get("GITHUB_TOKEN", "") or os.environ.get("GITHUB_TOKEN", "")
    actor = os.environ.get("GITHUB_ACTOR") or _user()
    slug, ref, sha = repository.slug, repository.ref, repository.sha
    return RunFacts(
        repository=slug,
        sha=sha,
        ref=ref,
        event_name="push",
        event=_push(slug, ref, sha, actor),
        workflow=workflow.name or workflow.file,
        workflow_path=workflow.file,
        token=token,
        actor=actor,
        run_id=str(int(run_id, 16)),
        server_url=os.environ.get("GITHUB_SERVER_URL", _SERVER),
        api_url=os.environ.get("GITHUB_API_URL", "https://api.github.com"),
        graphql_url=os.environ.get("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
    )


def _push(slug: str, ref: str, sha: str, actor: str) -> Mapping[str, object]:
    """The payload of a push of what is here."""
    owner, _, name = slug.partition("/")
    return {
        "ref": ref,
        "before": "0" * 40,
        "after": sha,
        "repository": {"full_name": slug, "name": name, "owner": {"login": owner, "name": owner}},
        "pusher": {"name": actor},
        "sender": {"login": actor},
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "sequence"


@contextmanager
def _interruptible(run: WorkflowRun, progress: Callable[[str], None]) -> Iterator[None]:
    """Let SIGINT and SIGTERM cancel the run for the time of the block; a second one is merciless."""
    asked = 0

    def cancel(word: str, *, force: bool) -> None:
        progress(f"interrupted: {word}")
        run.cancel(force=force)

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del number, frame
        asked += 1
        force = asked > 1
        word = "ending at once" if force else "canceling; once more ends it at once"
        threading.Thread(target=cancel, args=(word,), kwargs={"force": force}).start()  # events take a lock

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
