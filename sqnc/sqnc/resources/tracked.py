"""One resource as a step sees it: its check, get and put, with what is known of it from before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen
from sqnc.resources.executors import Role
from sqnc.resources.programs import Call, StepErrored, StepFailed, run_program
from sqnc_resources.emulator.answers import Answer, AnswerError, read_answer, read_versions
from sqnc_resources.emulator.cache_key import get_key
from sqnc_resources.emulator.requests import request
from sqncshim.agent import AgentFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqnc.resources.executors import Executor
    from sqnc.resources.getcache import GetCache
    from sqnc.resources.histories import HistoryFile
    from sqnc.resources.programs import Session
    from sqnc_resources.emulator.build import Build
    from sqnc_resources.emulator.configuration import Object, Version
    from sqnc_resources.emulator.history import History

CHECK_TIMEOUT_S: Final = 3600.0
"""What Concourse gives a check that says nothing else."""
CACHED: Final = "INFO: found existing resource cache"
"""Concourse's words where no `in` is run."""


@frozen
class Checked:
    """What a check answered, oldest first; which of that was new; and all that is known now."""

    versions: tuple[Version, ...]
    new: tuple[Version, ...]
    history: History


@frozen
class Got:
    """What a get told; *cached* where no program was run for it."""

    answer: Answer
    cached: bool


@dataclass(frozen=True, slots=True)
class TrackedResource:
    """See the package's docstring.

    source: over its type's defaults, every var put in; None is sent as null. cache: None fetches always anew.
    timeout_s: of a get or put; None is no limit.
    """

    name: str
    executor: Executor
    source: Object | None
    history: HistoryFile
    cache: GetCache | None
    session: Session
    build: Build
    check_timeout_s: float = CHECK_TIMEOUT_S
    timeout_s: float | None = None

    def check(self, since: Version | None = None) -> Checked:
        """Ask for the versions since *since*, by default the latest that is known, and keep them."""
        before = self.history.read()
        build = replace(self.build, id=0, name="check", job_id=0, job_name="", created_by="", status="")
        call = Call(
            Role.CHECK,
            request(self.source, version=since or before.latest),
            env=build.environment(),
            timeout_s=self.check_timeout_s,
        )
        output = run_program(self.executor, call, self.session)
        try:
            versions = read_versions(output)
            history = self.history.update(lambda known: known.checked(versions))
        except AnswerError as error:
            raise StepErrored(f"{self.name}: check: {error}") from error
        return Checked(versions, before.new_in(versions), history)

    def choose(self, wanted: Mapping[str, str] | None) -> Version:
        """Return the version that a get is to take; raise StepFailed where there is none.

        None is the latest, after a check. *wanted* is a version or a part of one, that is known or that a
        check from there finds; a part that nobody finds is taken for a whole version.
        """
        if wanted:
            known = self.history.read().matching(wanted)
            return known or self.check(wanted).history.matching(wanted) or wanted
        latest = self.check().history.latest
        if latest is None:
            raise StepFailed(f"{self.name}: there is no version: its check has found none yet")
        return latest

    def get(
        self,
        version: Version,
        params: Object,
        folder: Callable[[], str],
        place: Callable[[Path], None],
        *,
        after_put: bool = False,
    ) -> Got:
        """Fetch *version*, or give what an earlier get fetched.

        Either *folder* is called, to make an empty folder and say where the type's process sees it; or
        *place*, to copy the files of the folder that it is given to where they belong.
        """
        key = get_key(self.executor.identity, self.source, version, params)
        if self.cache is not None and (found := self.cache.find(key)):
            self.session.say(CACHED)
            place(found.tree)
            return Got(found.answer, cached=True)
        at = folder()
        build = replace(self.build, created_by="", status="succeeded" if after_put else self.build.status)
        asked = request(self.source, params=params, version=version)
        answer = self._run(Call(Role.IN, asked, at, build.environment(), self.timeout_s))
        self.history.update(lambda known: known.fetched(version, answer.metadata))
        self._keep(key, answer, at)
        return Got(answer, cached=False)

    def put(self, params: Object, folder: str) -> Answer:
        """Make a version from what *folder*, as the type's process sees it, holds; keep the version.

        Concourse gets that version afterwards, with the step's `get_params`, unless it says `no_get`.
        """
        asked = request(self.source, params=params)
        answer = self._run(Call(Role.OUT, asked, folder, self.build.environment(), self.timeout_s))
        try:
            self.history.update(lambda known: known.put(answer.version, answer.metadata))
        except AnswerError as error:
            raise StepErrored(f"{self.name}: put: {error}") from error
        return answer

    def _keep(self, key: str, answer: Answer, folder: str) -> None:
        """Keep what was fetched for the next time; the get is done also where that cannot be."""
        if self.cache is None:
            return
        agent = self.executor.agent
        try:
            self.cache.keep(key, answer, lambda target: agent.get_tree(folder, target))
        except (AgentFailure, OSError) as error:
            self.session.say(f"{self.name}: it is not kept for the next time: {error}")

    def _run(self, call: Call) -> Answer:
        output = run_program(self.executor, call, self.session)
        command = self.executor.command(call.role, call.folder).argv
        try:
            return read_answer(output, " ".join(command))
        except AnswerError as error:
            raise StepErrored(f"{self.name}: {call.role.value}: {error}") from error
