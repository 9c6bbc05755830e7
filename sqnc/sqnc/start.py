"""The start of a run: what other processes do for it begins first, and the engine is imported meanwhile.

git's look at the repository, the watcher and the first agent take 20 ms, and so do the import of the engine
and the reading of the workflow. Hence this module imports neither before they are at work.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from actions_compat.frozen import frozen
from sqnc.engine.options import EVERYTHING, Options, Selection
from sqnc.events import Progress
from sqnc.runtimes import RuntimeUnavailable, steps_run_here
from sqnc.sweep import sweep
from sqnc.watcher import watch
from sqncshim.git.repository import Describing

if TYPE_CHECKING:
    from collections.abc import Callable

    from actions_compat.workflow import Workflow
    from sqnc.events import EventStream
    from sqnc.status import Status


@frozen
class Request:
    """What to run, where. *read* reads the workflow; it is called once, and raises what is wrong in it."""

    read: Callable[[], Workflow]
    options: Options
    runtime: str = "auto"
    selection: Selection = EVERYTHING


def execute(request: Request, events: EventStream) -> Status:
    """Run it; return what it came to. An interrupt cancels it, a second one ends it at once.

    Raise RuntimeUnavailable, SourceError, WorkflowErrors and GitError before any step has started.
    """
    sweep(request.options.cache)
    with Describing(request.options.directory) as describing:
        start = _Start(request, describing, events)
        said = _why_here(request.runtime)
        return start.somewhere() if said is None else start.here(said)


def _why_here(runtime: str) -> str | None:
    """What to say of steps that are sure to run on this machine; None where only the workflow can tell."""
    if sys.platform == "win32":  # they never do
        return None
    if runtime == "auto":
        from sqnc.runtimes.endpoint import find_endpoint  # noqa: PLC0415 -- only `auto` asks

        try:
            find_endpoint()
        except RuntimeUnavailable as error:
            return steps_run_here(error)
    return "" if runtime == "process" else None


class _Start:
    """A request as a run."""

    def __init__(self, request: Request, describing: Describing, events: EventStream) -> None:
        self._request, self._describing, self._events = request, describing, events
        self._run, self._cache = os.urandom(6).hex(), request.options.cache

    def somewhere(self) -> Status:
        """Run it where the request and the workflow say."""
        from sqnc.runs import execute, open_for, read_order  # noqa: PLC0415 -- see above

        order = read_order(self._request, self._run, self._describing)
        runtime = open_for(order, self._request.runtime, self._say)
        try:
            with watch(self._run, runtime, cache=self._cache) as folder:
                return execute(order, runtime, folder, self._events)
        finally:
            runtime.close()

    def here(self, said: str) -> Status:
        """Run it on this machine; the watcher and an agent come up while the workflow is read."""
        from sqnc.runtimes.process import ProcessRuntime  # noqa: PLC0415 -- it imports the socket module

        runtime = ProcessRuntime(self._cache)
        with watch(self._run, runtime, cache=self._cache) as folder:
            runtime.start_ahead(self._run)
            from sqnc.runs import check_order, execute, read_order  # noqa: PLC0415 -- see above

            try:
                order = read_order(self._request, self._run, self._describing)
                check_order(order, isolated=False)
            except Exception as error:  # noqa: BLE001 -- raised below: it leaves the watcher nothing to clean
                mistake = error
            else:
                if said:
                    self._say(said)
                return execute(order, runtime, folder, self._events)
            runtime.prune(self._run)
        raise mistake

    def _say(self, message: str) -> None:
        self._events.emit(Progress("", message))
