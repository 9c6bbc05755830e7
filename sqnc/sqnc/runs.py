"""One run, once the workflow is read: the runtime, the secrets, the workflow's jobs."""

from __future__ import annotations

import getpass
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actions_compat.contexts import RunFacts, github_context
from actions_compat.frozen import frozen
from actions_compat.nodes import WorkflowErrors
from sqnc.engine.checkout import LocalRepository
from sqnc.engine.job import RunServices
from sqnc.engine.jobimage import check_images, known_images
from sqnc.engine.run import WorkflowRun, secret_set, selected_jobs
from sqnc.events import Progress
from sqnc.interrupts import handling
from sqnc.resource_steps import has_resources, read_resources
from sqnc.runtimes import ImageUnavailable, open_runtime, steps_run_here
from sqnc.sources import SourceError, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import AbstractContextManager

    from actions_compat.workflow import Job, Step, Workflow
    from sqnc.engine.options import Options, Selection
    from sqnc.engine.resources import RunResources
    from sqnc.events import EventStream
    from sqnc.runtimes import Runtime
    from sqnc.start import Request
    from sqnc.status import Status
    from sqnc_plugins.uses import ActionStore
    from sqncshim.git.repository import Describing

_SERVER: Final = "https://github.com"


@frozen
class Order:
    """What to run: jobs of a workflow, on what is known of the repository; *run* is the run's id."""

    run: str
    workflow: Workflow
    options: Options
    selection: Selection
    repository: LocalRepository
    facts: RunFacts


def read_order(request: Request, run: str, describing: Describing) -> Order:
    """Read the workflow; raise SourceError, WorkflowErrors and GitError."""
    workflow, options, selection = request.read(), request.options, request.selection
    _check(workflow, selection)
    if found := tuple(refused(selected_jobs(workflow, selection).values())):
        raise WorkflowErrors(found)
    repository = LocalRepository.found(options.directory, describing.answer())
    facts = _facts(workflow, options, repository, run)
    return Order(run, workflow, options, selection, repository, facts)


def execute(order: Order, runtime: Runtime, folder: Path, events: EventStream) -> Status:
    """Run it in the watched *folder*; return what it came to. For interrupts see `sqnc.start.execute`."""
    options, facts = order.options, order.facts

    def progress(message: str) -> None:
        events.emit(Progress("", message))

    host = open_runtime("process", cache=options.cache, progress=progress) if runtime.isolated else runtime
    services = RunServices(
        run=order.run,
        options=options,
        runtime=runtime,
        host=host,
        folder=folder,
        events=events,
        secrets=secret_set(options.secrets, facts.token),
        store=_store(options, facts),
        repository=order.repository,
        event=facts.event,
        resources=_resources(order),
    )
    run = WorkflowRun(order.workflow, services, facts, order.selection)
    with _interruptible(run, progress):
        status = run.run()
    for used in {id(used): used for used in (runtime, host)}.values():
        used.prune(order.run)
    return status


def check_order(order: Order, *, isolated: bool) -> None:
    """Raise WorkflowErrors where a job is known to ask for what its steps cannot run in."""
    check_images(*_known_first(order), order.options, isolated=isolated)


def _known_first(order: Order) -> tuple[Collection[Job], dict[str, object]]:
    """Return the jobs that are to run, and the contexts that are known before the first of them does."""
    github, variables = github_context(order.facts), dict(order.options.variables)
    jobs = selected_jobs(order.workflow, order.selection).values()
    return jobs, {"github": github, "vars": variables, "inputs": {}}


def open_for(order: Order, name: str, progress: Callable[[str], None]) -> Runtime:
    """Open the runtime *name*; `auto` is process, too, where the engine cannot get an image of the jobs.

    Raise RuntimeUnavailable, and ImageUnavailable where *name* is not `auto`.
    """
    options = order.options
    runtime = open_runtime(name, cache=options.cache, progress=progress)
    try:
        check_order(order, isolated=runtime.isolated)
        if name != "auto" or not runtime.isolated:
            return runtime
        for reference in known_images(*_known_first(order), options):
            runtime.image(reference, pull=options.pull, progress=progress)
    except ImageUnavailable as error:
        runtime.close()
        progress(steps_run_here(error))
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
    names = [
        step.id or getattr(step.name, "text", "") or _numbered(number, step)
        for number, step in enumerate(steps, 1)
    ]
    known_names = {str(number) for number in range(1, len(steps) + 1)} | set(names)
    known_names |= {getattr(step.name, "text", "") for step in steps} - {""}
    if selection.step not in known_names:
        raise SourceError(
            f"{workflow.file}: job {selection.job!r} has no step {selection.step!r}; "
            f"its steps are {', '.join(names)}"
        )


def _numbered(number: int, step: Step) -> str:
    said = (step.run.text if step.run else step.uses).strip().partition("\n")[0]
    return f"{number} ({said})" if said else str(number)


def _facts(workflow: Workflow, options: Options, repository: LocalRepository, run_id: str) -> RunFacts:
    token = options.secrets.get("GITHUB_TOKEN", "") or os.environ.get("GITHUB_TOKEN", "")
    actor = os.environ.get("GITHUB_ACTOR") or _user()
    slug, ref, sha = repository.slug, repository.ref, repository.sha
    path = _path_in(repository, workflow.file)
    return RunFacts(
        repository=slug,
        sha=sha,
        ref=ref,
        event_name="push",
        event=_push(repository, actor),
        workflow=workflow.name or path,
        workflow_path=path,
        token=token,
        actor=actor,
        run_id=str(int(run_id, 16)),
        server_url=os.environ.get("GITHUB_SERVER_URL", _SERVER),
        api_url=os.environ.get("GITHUB_API_URL", "https://api.github.com"),
        graphql_url=os.environ.get("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
    )


def _path_in(repository: LocalRepository, file: str) -> str:
    """The workflow's file from the root of the repository; one that lies elsewhere as it was named."""
    root, full = repository.root.resolve(), Path(file).resolve()
    inside = full.is_file() and full.is_relative_to(root)
    return full.relative_to(root).as_posix() if inside else file


def _push(repository: LocalRepository, actor: str) -> Mapping[str, object]:
    """The payload of a push of what is here."""
    owner, _, name = repository.slug.partition("/")
    return {
        "ref": repository.ref,
        "before": "0" * 40,
        "after": repository.sha,
        "repository": {
            "full_name": repository.slug,
            "name": name,
            "owner": {"login": owner, "name": owner},
            "default_branch": repository.default_branch,
        },
        "pusher": {"name": actor},
        "sender": {"login": actor},
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "sequence"


def _interruptible(run: WorkflowRun, progress: Callable[[str], None]) -> AbstractContextManager[None]:
    """Let SIGINT and SIGTERM cancel the run for the time of the block; a second one is merciless."""
    asked = 0

    def cancel(word: str, *, force: bool) -> None:
        progress(f"interrupted: {word}")
        run.cancel(force=force)

    def interrupt() -> None:
        nonlocal asked
        asked += 1
        force = asked > 1
        word = "ending at once" if force else "canceling; once more ends it at once"
        threading.Thread(target=cancel, args=(word,), kwargs={"force": force}).start()  # events take a lock

    return handling(interrupt)
