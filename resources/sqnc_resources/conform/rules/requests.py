"""What is asked, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from sqnc_resources.conform.answers import shape
from sqnc_resources.conform.executor import CHECK, IN, OUT, Outcome
from sqnc_resources.conform.rules.rule import Rules
from sqnc_resources.conform.scenario import leaves
from sqnc_resources.conform.subject import Broken, Subject, Unjudged

RULES: Final = Rules()

UNKNOWN_KEY: Final = "conform_unknown_key"
BIG: Final = 2**53 + 1
"""The smallest whole number that a float cannot hold."""
_TRACE: Final = re.compile(
    r"^Traceback \(most recent call last\)|^goroutine \d+ \[|^panic: "  # Python, Go
    r"|^\s+at .+\(.+:\d+(:\d+)?\)$|stack backtrace:",  # JavaScript and Java, Rust
    re.MULTILINE,
)


@RULES.rule(
    "null-is-absent",
    "takes null and {} for a part of the request as it takes a part that is not there",
    why="Concourse leaves out an empty version and empty params, writes `null` for an empty source, and "
    "other engines write `null` or `{}` for each of them.",
    remedy="read `version`, `params` and `source` with a default, and treat null as that default",
)
def null_is_absent(subject: Subject) -> str:
    counted = 0
    for role in subject.roles():
        expected = shape(subject.value(subject.base(role)))
        for key in _absent_parts(subject, role):
            for nothing in ("null", "{}"):
                outcome = subject.ask(role, {**_request(subject, role), key: json.loads(nothing)})
                said = f"{role} with {key}: {nothing}"
                subject.demand(outcome, said)
                if shape(subject.value(outcome)) != expected:
                    raise Broken(f"{said} gives another answer: {subject.shown(outcome)}")
                counted += 1
    return f"{counted} requests"


def _absent_parts(subject: Subject, role: str) -> Iterator[str]:
    if not subject.scenario.source:
        yield "source"
    if role == CHECK:
        yield "version"
    elif not subject.params(role):
        yield "params"


def _request(subject: Subject, role: str) -> dict[str, object]:
    return subject.request(role, subject.gettable if role == IN else None)


@RULES.rule(
    "unknown-source-keys-refused",
    "refuses a key in `source` that it does not know, and names it",
    why="A misspelt key is otherwise ignored in silence: the wrong branch is built, and nobody is told.",
    remedy="compare the keys of `source` with those that there are, and say which one is unknown",
)
def unknown_source_keys_refused(subject: Subject) -> str:
    roles = subject.roles()
    for role in roles:
        request = _request(subject, role)
        request["source"] = {**subject.scenario.source, UNKNOWN_KEY: "x"}
        _demand_refusal(subject, role, subject.ask(role, request), f"source.{UNKNOWN_KEY}")
    return ", ".join(roles)


@RULES.rule(
    "unknown-params-refused",
    "refuses a key in `params` that it does not know, and names it",
    why="As with `source`: a misspelt `rebase` pushes without rebasing.",
    remedy="compare the keys of `params` with those that get, or put, has",
)
def unknown_params_refused(subject: Subject) -> str:
    roles = [role for role in subject.roles() if role != CHECK]
    if not roles:
        raise Unjudged("no get and no put answers")
    for role in roles:
        request = _request(subject, role)
        request["params"] = {**subject.params(role), UNKNOWN_KEY: "x"}
        _demand_refusal(subject, role, subject.ask(role, request), f"params.{UNKNOWN_KEY}")
    return ", ".join(roles)


def _demand_refusal(subject: Subject, role: str, outcome: Outcome, path: str) -> None:
    if outcome.status == 0:
        raise Broken(f"{role} takes {path}: {subject.shown(outcome)}")
    if UNKNOWN_KEY.encode() not in outcome.stdout + outcome.stderr:
        raise Broken(f"{role} refuses {path} without naming it: {subject.shown(outcome)}")


@RULES.rule(
    "value-types-are-checked",
    "refuses a value of the wrong type in `source` and `params`",
    why="A list where a text belongs becomes the text `['a']`, and a wrong number an error long after.",
    remedy="check each value's type when the request is read; `any_value` in the scenario names keys that "
    "take any value",
)
def value_types_are_checked(subject: Subject) -> str:
    checked = set()
    for role in subject.roles():
        for part, values in (("source", subject.scenario.source), ("params", subject.params(role))):
            for key in values:
                path = f"{part}.{key}"
                if path not in subject.scenario.any_value:
                    _demand_type(subject, role, part, key)
                    checked.add(path)
    if not checked:
        raise Unjudged("the scenario gives neither source nor params whose types could be wrong")
    return ", ".join(sorted(checked))


def _demand_type(subject: Subject, role: str, part: str, key: str) -> None:
    request = _request(subject, role)
    values = subject.scenario.source if part == "source" else subject.params(role)
    wrong = _misfit(values[key])
    request[part] = {**values, key: wrong}
    outcome = subject.ask(role, request)
    if outcome.status == 0:
        raise Broken(f"{role} takes {wrong!r} for {part}.{key}: {subject.shown(outcome)}")


def _misfit(value: object) -> object:
    """A value that is surely of another type: no text that might spell it, no list of what it is."""
    return [[{"conform": []}]] if not isinstance(value, list | Mapping) else True


@RULES.rule(
    "refusals-are-readable",
    "says what is wrong with a request in words, without a stack trace",
    why="Whoever wrote the pipeline reads it, and knows nothing of the type's code.",
    remedy="catch what reading the request raises, and write one line that names the key and what was "
    "expected",
)
def refusals_are_readable(subject: Subject) -> str:
    refused = [(role, outcome) for role, outcome in refusals(subject) if outcome.status != 0]
    if not refused:
        raise Unjudged("the type refuses nothing: see unknown-source-keys-refused")
    for role, outcome in refused:
        text = outcome.stderr.decode("utf-8", "replace")
        if not text.strip():
            raise Broken(f"{role} refuses a request without a word on standard error")
        if found := _TRACE.search(text):
            raise Broken(f"{role} shows a stack trace ({found[0].strip()}): {subject.shown(outcome)}")
    return f"{len(refused)} refusals"


def refusals(subject: Subject) -> list[tuple[str, Outcome]]:
    """What came of requests that are wrong, by their roles."""
    return subject.once("refusals", lambda: list(_wrong_requests(subject)))


def _wrong_requests(subject: Subject) -> Iterator[tuple[str, Outcome]]:
    for role in subject.roles():
        request = _request(subject, role)
        request["source"] = {**subject.scenario.source, UNKNOWN_KEY: "x"}
        requests: list[dict[str, object]] = [request, {**_request(subject, role), "source": ["x"]}]
        if role in {IN, OUT}:
            requests.append({**_request(subject, role), "params": ["x"]})
        for one in requests:
            yield role, subject.ask(role, one)


@RULES.rule(
    "big-integers-kept",
    "keeps all digits of a whole number",
    why=f"Numeric ids outgrow what a float holds: {BIG} becomes {BIG - 1}.",
    remedy="read whole numbers as integers; with jq before 1.7, take them as texts",
)
def big_integers_kept(subject: Subject) -> str:
    path = subject.scenario.big_integer
    if not path:
        raise Unjudged("the scenario names no `big_integer`")
    part, _, key = path.partition(".")
    roles = [role for role in subject.roles() if part == "source" or key in subject.params(role)]
    for role in roles:
        request = _request(subject, role)
        values = subject.scenario.source if part == "source" else subject.params(role)
        request[part] = {**values, key: BIG}
        outcome = subject.ask(role, request)
        shown = (outcome.stdout, outcome.stderr, *(entry.data for entry in outcome.tree.values()))
        if any(str(BIG).encode() in text for text in shown):
            return f"{role}: {BIG}"
    if not roles or not any(True for found, _ in leaves(subject.scenario.source, "source") if found == path):
        raise Unjudged(f"no request of the scenario has {path}")
    raise Broken(f"{path}: {BIG} shows up in no answer and no file")
