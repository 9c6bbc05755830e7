"""What get and put do with their folders and answers."""

from __future__ import annotations

from typing import Final

from sqnc_resources.conform import answers
from sqnc_resources.conform.executor import IN, OUT, Outcome
from sqnc_resources.conform.folders import differences
from sqnc_resources.conform.rules.rule import Rules
from sqnc_resources.conform.rules.versions import unknown_version, words
from sqnc_resources.conform.subject import Broken, Subject, Unjudged

RULES: Final = Rules()
_SHOWN: Final = 5


@RULES.rule(
    "get-answers-with-its-version",
    "answers a get with the version that was asked for",
    why="Concourse keeps what get fetched as the version it asked for; later steps read the wrong one.",
    remedy="print the version that came in, with all its keys",
)
def get_answers_with_its_version(subject: Subject) -> str:
    asked = subject.gettable
    got = answers.version(subject.value(subject.base(IN)))
    if got != asked:
        raise Broken(f"asked for {words(asked)}, and get answers with {words(got or {})}")
    return words(asked)


@RULES.rule(
    "get-is-repeatable",
    "gets the same files and the same metadata for the same version, source and params",
    why="Concourse caches a get by these, and gives one build another's files.",
    remedy="fetch what the version names, never `latest`; write no times of the run; `get.varying` in the "
    "scenario names files that may differ",
)
def get_is_repeatable(subject: Subject) -> str:
    first, second = subject.base(IN), subject.second_get
    subject.demand(second, "the second get")
    _demand_same(subject, first, second, "the first get and the second")
    return f"{len(first.tree)} files"


@RULES.rule(
    "get-ignores-the-build",
    "gets the same files whatever build asks",
    why="Concourse's cache does not know the build: the file would tell of another one.",
    remedy="write nothing of BUILD_ID and its like into the folder",
)
def get_ignores_the_build(subject: Subject) -> str:
    first, other = subject.base(IN), subject.other_builds_get
    subject.demand(other, "for another build")
    _demand_same(subject, first, other, "two builds")
    return f"{len(first.tree)} files"


def _demand_same(subject: Subject, first: Outcome, second: Outcome, which: str) -> None:
    different = differences(first.tree, second.tree, subject.scenario.varying)
    if different:
        more = f"; and {len(different) - _SHOWN} more" if len(different) > _SHOWN else ""
        raise Broken(f"{which} differ: {'; '.join(different[:_SHOWN])}{more}")
    one, other = subject.value(first), subject.value(second)
    if one != other:
        raise Broken(f"{which} answer differently: {subject.shown(first)}, then {subject.shown(second)}")


@RULES.rule(
    "gone-version-is-refused",
    "fails to get a version that does not exist",
    why="A build would get other files under the name of that version, and Concourse would keep them.",
    remedy="look for the version that was asked for, and exit with 1 where it is not there",
)
def gone_version_is_refused(subject: Subject) -> str:
    subject.base(IN)
    if subject.scenario.gets_every_version:
        raise Unjudged("the scenario says that get takes any version")
    unknown = unknown_version(subject)
    outcome = subject.ask(IN, subject.request(IN, unknown))
    if outcome.status == 0:
        raise Broken(f"get of {words(unknown)}: {subject.shown(outcome)}")
    return words(unknown)


@RULES.rule(
    "put-version-can-be-fetched",
    "gets the version that its put made",
    why="Concourse runs a get after every put, with the version that put answered with.",
    remedy="let get succeed for each version that out prints, if only with an empty folder",
)
def put_version_can_be_fetched(subject: Subject) -> str:
    made = answers.version(subject.value(subject.base(OUT)))
    if not made:
        raise Unjudged("put makes no version: see version-not-empty")
    outcome = subject.ask(IN, subject.request(IN, made))
    subject.demand(outcome, f"get of {words(made)}")
    return words(made)


@RULES.rule(
    "working-directory-is-not-used",
    "leaves nothing in its working directory: the folder is its argument",
    why="In Concourse the working directory is `/`: what is written there is lost, and read-only where "
    "images are.",
    remedy="write below the folder that is given as $1",
)
def working_directory_is_not_used(subject: Subject) -> str:
    subject.roles()
    for call, outcome in subject.runs:
        if outcome.strays:
            raise Broken(f"{call.role} leaves {', '.join(sorted(outcome.strays)[:_SHOWN])} there")
    return f"{len(subject.runs)} runs"
