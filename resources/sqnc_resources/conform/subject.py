"""The type under judgement: what it is asked, and what it answered; common runs are made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from actions_compat.masking import Masker
from sqnc_resources.conform import answers
from sqnc_resources.conform.build import build_environment
from sqnc_resources.conform.executor import CHECK, IN, OUT, Call, Executor, Outcome
from sqnc_resources.emulator.go_json import encode

if TYPE_CHECKING:
    from sqnc_resources.conform.answers import Json
    from sqnc_resources.conform.scenario import Put, Scenario, Version

T = TypeVar("T")

_SHOWN: Final = 300
_WORDS: Final = {CHECK: "check", IN: "get", OUT: "put"}


class Broken(Exception):  # noqa: N818  (it is named for what happened)
    """The type breaks the rule; the message is the evidence."""


class Unjudged(Exception):  # noqa: N818  (it is named for what happened)
    """The rule cannot be judged here; the message says why, and what would let it."""


@dataclass(slots=True)
class Subject:
    """A resource type, its scenario, and every run that was made of it."""

    executor: Executor
    scenario: Scenario
    grace_s: float = 10.0
    """How long a run may take to end after SIGTERM."""
    settle_s: float = 1.0
    """How long a run may take to start."""
    runs: list[tuple[Call, Outcome]] = field(default_factory=list)
    _memory: dict[str, object] = field(default_factory=dict)

    # What is asked

    def env(self, build: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables of a run: the place's, those of a build (None: of a job's), the scenario's."""
        return {
            **self.executor.env,
            **(build_environment() if build is None else build),
            **self.scenario.env,
        }

    def request(self, role: str, version: Version | None = None) -> dict[str, object]:
        """What Concourse writes: no version for the first check, no params where there are none."""
        request: dict[str, object] = {"source": self.scenario.source or None}
        params = self.params(role)
        if params:
            request["params"] = params
        if version is not None:
            request["version"] = version
        return request

    def params(self, role: str) -> Mapping[str, object]:
        """The scenario's params for *role*; raise Unjudged for `out` where no put may be made."""
        if role == OUT:
            return self.put.params
        return self.scenario.get_params if role == IN else {}

    @property
    def put(self) -> Put:
        """The scenario's put; raise Unjudged where it allows none."""
        if self.scenario.put is None:
            raise Unjudged("the scenario has no `put`, and a put changes what is outside")
        return self.scenario.put

    def needs(self, role: str) -> None:
        """Raise Unjudged where the type has no such program."""
        if role not in self.executor.roles:
            raise Unjudged(f"the type has no `{role}`")

    def ask(self, role: str, request: Mapping[str, object] | bytes | None, **changes: Any) -> Outcome:
        """Run *role* with *request*; *changes* are fields of the Call."""
        self.needs(role)
        changes.setdefault("env", self.env())
        if role == OUT:
            changes.setdefault("inputs", self.put.inputs)
        data = encode(request).encode() if isinstance(request, Mapping) else request
        call = Call(role, data, **changes)
        outcome = self.executor.run(call)
        self.runs.append((call, outcome))
        return outcome

    # What is asked often

    def once(self, name: str, run: Callable[[], T]) -> T:
        """Remember what *run* gave; what it raises is raised again each time."""
        if name not in self._memory:
            try:
                self._memory[name] = run()
            except (Broken, Unjudged) as error:
                self._memory[name] = error
        found = self._memory[name]
        if isinstance(found, Broken | Unjudged):
            raise type(found)(*found.args)
        return found  # type: ignore[return-value]  # what *run* gave

    @property
    def first_check(self) -> Outcome:
        """A check without a version, whatever came of it."""
        return self.once("first check", lambda: self.ask(CHECK, self.request(CHECK)))

    @property
    def found(self) -> list[dict[str, str]]:
        """The versions of the first check."""
        return self.versions(self.first_check)

    @property
    def newest(self) -> dict[str, str]:
        """The newest version that check knows; raise Unjudged where there is none."""
        versions = [*self.scenario.versions, *self.found]
        if not versions:
            raise Unjudged("check finds no version; give a source that has one, or `versions`")
        return dict(versions[-1])

    @property
    def next_check(self) -> Outcome:
        """A check from the newest version on."""
        newest = self.newest
        return self.once("next check", lambda: self.ask(CHECK, self.request(CHECK, newest)))

    @property
    def gettable(self) -> dict[str, str]:
        """A version to get: the newest, or where check finds none the one that put made."""
        try:
            return self.newest
        except Unjudged:
            made = None
            with suppress(Unjudged):
                made = answers.version(self.value(self.first_put))
            if made is None:
                raise
            return made

    @property
    def first_get(self) -> Outcome:
        self.needs(IN)
        version = self.gettable
        return self.once("first get", lambda: self.ask(IN, self.request(IN, version)))

    @property
    def second_get(self) -> Outcome:
        return self.once("second get", lambda: self.again(IN))

    @property
    def other_builds_get(self) -> Outcome:
        """A get for another build."""
        env = self.env(build_environment(id=987654, name="42", team_name="others", job_name="deploy"))
        return self.once("other build's get", lambda: self.again(IN, env=env))

    @property
    def second_next_check(self) -> Outcome:
        newest = self.newest
        return self.once("second next check", lambda: self.ask(CHECK, self.request(CHECK, newest)))

    @property
    def first_put(self) -> Outcome:
        return self.once("first put", self._put)

    def _put(self) -> Outcome:
        """A put changes what is outside, so what must be the same twice is asked before."""
        self.needs(OUT)
        if self.scenario.put is not None:
            with suppress(Unjudged):  # without a version there is nothing that could change
                _ = self.newest, self.next_check, self.second_next_check
                _ = self.first_get, self.second_get, self.other_builds_get
        return self.ask(OUT, self.request(OUT))

    def base(self, role: str) -> Outcome:
        """The common run of *role*, which must have gone well; raise Unjudged."""
        runs = {CHECK: lambda: self.first_check, IN: lambda: self.first_get, OUT: lambda: self.first_put}
        outcome = runs[role]()
        if outcome.status != 0:
            raise Unjudged(f"{_WORDS[role]} does not answer: see {_WORDS[role]}-answers")
        return outcome

    def roles(self) -> list[str]:
        """The roles whose common run goes well; raise Unjudged where that is none."""
        found, reasons = [], []
        for role in (CHECK, IN, OUT):
            try:
                self.base(role)
                found.append(role)
            except Unjudged as reason:
                reasons.append(str(reason))
        if not found:
            raise Unjudged(reasons[0])
        return found

    def again(self, role: str, **changes: Any) -> Outcome:
        """The common run of *role*, repeated with *changes*."""
        version = self.gettable if role == IN else None
        return self.ask(role, self.request(role, version), **changes)

    # What was answered

    def demand(self, outcome: Outcome, what: str) -> None:
        """Raise Broken unless the run went well; *what* says which one it was."""
        if outcome.status != 0:
            raise Broken(f"{what}: {self.shown(outcome)}")

    def value(self, outcome: Outcome) -> Json:
        """The answer that was meant; raise Unjudged where there is none."""
        if outcome.status != 0:
            raise Unjudged("that run fails: see check-answers, get-answers and put-answers")
        try:
            return answers.lenient(outcome.stdout)
        except answers.NoAnswer as error:
            raise Unjudged(f"{error}: see one-json-value") from error

    def versions(self, outcome: Outcome) -> list[dict[str, str]]:
        """The versions in an answer of check; raise Unjudged where they cannot be read."""
        try:
            return answers.versions(self.value(outcome))
        except answers.NoAnswer as error:
            raise Unjudged(f"{error}: see check-lists-versions") from error

    def shown(self, outcome: Outcome) -> str:
        """What came of a run, in one line for people, without secrets."""
        said = outcome.stderr.decode("utf-8", "replace").strip().splitlines()[-3:]
        printed = outcome.stdout.decode("utf-8", "replace").strip()
        status = "it had to be killed" if outcome.status is None else f"exit status {outcome.status}"
        parts = [status]
        parts += [f"standard output {self.clean(printed)!r}"] if printed and outcome.status == 0 else []
        parts += [f"standard error {self.clean(' | '.join(said))!r}"] if said else []
        return ", ".join(parts)

    def outlined(self, call: Call, outcome: Outcome) -> str:
        """Which of many runs this was, without its content."""
        way = {
            "as it gets SIGTERM": call.stop_after_s is not None,
            "read-only": call.read_only,
            f"as {call.user}": bool(call.user),
        }
        ways = [text for text, is_so in way.items() if is_so]
        return ", ".join([*ways, "which succeeds" if outcome.status == 0 else "which fails"])

    def masked(self, text: str) -> str:
        """*text* without secrets."""
        return Masker(self.scenario.secrets).mask(text)

    def clean(self, text: str) -> str:
        """*text* without secrets, short enough to be shown."""
        text = self.masked(text)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
