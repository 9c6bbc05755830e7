"""The form of the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqnc_resources.conform import answers
from sqnc_resources.conform.executor import CHECK, IN, OUT, Outcome
from sqnc_resources.conform.rules.rule import Rules
from sqnc_resources.conform.subject import Broken, Subject, Unjudged
from sqnc_resources.emulator.go_json import GoJsonError, decode_first

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqnc_resources.conform.answers import Json

RULES: Final = Rules()
_GARBAGE: Final = b'{"source": '


@RULES.rule(
    "check-and-in-are-there",
    "has the programs check and in; out, too, where there is something to put",
    why="Concourse runs check for every resource, and in after every put: both fail without them.",
    remedy="add the one that is missing, if it only prints `[]`, or the version that it was given",
)
def check_and_in_are_there(subject: Subject) -> str:
    missing = [role for role in (CHECK, IN) if role not in subject.executor.roles]
    if missing:
        raise Broken(f"there is no {' and no '.join(missing)}")
    return ", ".join(role for role in (CHECK, IN, OUT) if role in subject.executor.roles)


@RULES.rule(
    "check-answers",
    "answers a first check of the scenario's source with exit status 0",
    why="Concourse shows the resource as failing, and no build gets a version.",
    remedy="read what check writes to standard error",
)
def check_answers(subject: Subject) -> str:
    if subject.first_check.status == 0:
        return f"in {subject.first_check.duration_s:.1f} s"
    if not subject.scenario.is_given:
        raise Unjudged(
            f"check refuses an empty source ({subject.shown(subject.first_check)}): write a conform.yml"
        )
    raise Broken(subject.shown(subject.first_check))


@RULES.rule(
    "get-answers",
    "gets the newest version with exit status 0",
    why="Every job that uses the resource fails at its get step.",
    remedy="read what in writes to standard error",
)
def get_answers(subject: Subject) -> str:
    return _answers(subject, IN)


@RULES.rule(
    "put-answers",
    "makes a version with the scenario's put, with exit status 0",
    why="A put step that fails ends the build, and no version is recorded.",
    remedy="read what out writes to standard error",
)
def put_answers(subject: Subject) -> str:
    return _answers(subject, OUT)


def _answers(subject: Subject, role: str) -> str:
    outcome = subject.first_get if role == IN else subject.first_put
    if outcome.status != 0:
        raise Broken(subject.shown(outcome))
    return f"in {outcome.duration_s:.1f} s"


@RULES.rule(
    "one-json-value",
    "writes one JSON value to standard output and nothing else",
    why="Concourse reads the first value it finds: with `cloning…` before it the step errors with `invalid "
    "character 'c' looking for beginning of value`, and what comes after it is lost.",
    remedy="send everything else to standard error, also what programs print that you start: `exec 3>&1 "
    "1>&2`",
)
def one_json_value(subject: Subject) -> str:
    roles = subject.roles()
    for role in roles:
        outcome = subject.base(role)
        try:
            value = answers.strict(outcome.stdout)
        except answers.NoAnswer:
            raise Broken(f"{role}: {_in_concourse(outcome)}: {subject.shown(outcome)}") from None
        if value is None and role != CHECK:
            raise Broken(f"{role}: standard output is empty; Concourse: output a null version")
    return ", ".join(roles)


def _in_concourse(outcome: Outcome) -> str:
    """What Concourse makes of an answer that is not one JSON value."""
    try:
        decode_first(outcome.stdout.decode("utf-8", "replace"))
    except (GoJsonError, RecursionError) as error:
        return str(error)
    return "Concourse reads the first value alone"


@RULES.rule(
    "check-lists-versions",
    "answers a check with a list of objects",
    why="Concourse errors with `cannot unmarshal object into []atc.Version`, and shows nothing of what "
    "check said.",
    remedy="print a JSON list, `[]` where there is no version",
)
def check_lists_versions(subject: Subject) -> str:
    value = subject.value(subject.base(CHECK))
    try:
        return f"{len(answers.versions(value))} versions"
    except answers.NoAnswer:
        raise Broken(f"check answers with {subject.clean(json.dumps(value))}") from None


@RULES.rule(
    "version-is-strings",
    "makes versions whose values are strings",
    why="Concourse reads a version as a map of strings; a number, null or list in it is an error.",
    remedy="write numbers and times as texts, and leave out a key that has no value",
)
def version_is_strings(subject: Subject) -> str:
    counted = 0
    for role, version in _versions(subject):
        if not isinstance(version, dict) or not all(isinstance(value, str) for value in version.values()):
            raise Broken(f"{role} answers with the version {subject.clean(json.dumps(version))}")
        counted += 1
    return f"{counted} versions"


@RULES.rule(
    "version-not-empty",
    "makes versions with at least one key",
    why="Concourse refuses an empty version since 8.0, and before 8.2.5 dropped that of a put without a "
    "word.",
    remedy="give the version a key, if only the time; a type that only puts can use one fixed value",
)
def version_not_empty(subject: Subject) -> str:
    counted = 0
    for role, version in _versions(subject):
        if not version:
            raise Broken(f"{role} answers with an empty version")
        counted += 1
    return f"{counted} versions"


def _versions(subject: Subject) -> Iterator[tuple[str, Json]]:
    """Every version that the common runs answered with, in whatever form."""
    for role in subject.roles():
        value = subject.value(subject.base(role))
        if role == CHECK:
            yield from ((role, version) for version in (value if isinstance(value, list) else []))
        else:
            yield role, value.get("version") if isinstance(value, dict) else None


@RULES.rule(
    "metadata-is-names-and-values",
    "gives metadata as a list of objects whose name and value are strings",
    why="Anything else is an error in Concourse, after all the work was done.",
    remedy='write `"metadata": [{"name": "author", "value": "Ann"}]`, numbers as texts',
)
def metadata_is_names_and_values(subject: Subject) -> str:
    roles = [role for role in subject.roles() if role != CHECK]
    if not roles:
        raise Unjudged("no get and no put answers")
    counted = 0
    for role in roles:
        value = subject.value(subject.base(role))
        metadata = value.get("metadata") if isinstance(value, dict) else None
        if metadata is not None and not isinstance(metadata, list):
            raise Broken(f"{role}: metadata is {subject.clean(json.dumps(metadata))}")
        for entry in metadata or []:
            if not _is_entry(entry):
                raise Broken(f"{role}: metadata holds {subject.clean(json.dumps(entry))}")
            counted += 1
    return f"{counted} entries"


def _is_entry(entry: Json) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("name", "value"))


@RULES.rule(
    "failure-is-told",
    "ends with another exit status than 0, and a message on standard error, when it cannot read its request",
    why="With status 0 a failure looks like success; without a message nobody learns what to do.",
    remedy="exit with 1 after writing what went wrong to standard error",
)
def failure_is_told(subject: Subject) -> str:
    roles = subject.roles()
    for role in roles:
        outcome = subject.ask(role, _GARBAGE)
        if outcome.status == 0:
            raise Broken(f"{role} takes {_GARBAGE.decode()!r} for a request: {subject.shown(outcome)}")
        if not outcome.stderr.strip():
            raise Broken(f"{role} fails without a word on standard error")
    return ", ".join(roles)
