"""What is shown to whom: these look at every run that the other rules made, also at those that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from actions_compat.masking import Masker, SecretSet
from sqnc_resources.conform.executor import Outcome
from sqnc_resources.conform.rules.requests import refusals
from sqnc_resources.conform.rules.rule import Rules
from sqnc_resources.conform.subject import Broken, Subject, Unjudged

RULES: Final = Rules()
Texts: TypeAlias = Callable[[Outcome], Iterable[tuple[str, bytes]]]


@RULES.rule(
    "secrets-not-in-standard-error",
    "shows no secret of its source on standard error, in any form",
    why="Everybody who may see the build reads it, with public pipelines the whole world.",
    remedy="mask what you and the programs you start write; never run a shell with `set -x`",
)
def secrets_not_in_standard_error(subject: Subject) -> str:
    return _demand_absence(subject, lambda outcome: [("standard error", outcome.stderr)])


@RULES.rule(
    "secrets-not-in-answers",
    "puts no secret of its source into versions and metadata",
    why="They are stored, and shown to everybody who may see the pipeline.",
    remedy="leave the login out of addresses, and the header out of errors, before they become metadata",
)
def secrets_not_in_answers(subject: Subject) -> str:
    return _demand_absence(subject, lambda outcome: [("standard output", outcome.stdout)])


@RULES.rule(
    "secrets-not-in-files",
    "leaves no secret of its source in the folder that it filled",
    why="The folder is cached, and handed to tasks that never were to know the login.",
    remedy="remove the login from configuration that get leaves behind, such as `.git/config`",
)
def secrets_not_in_files(subject: Subject) -> str:
    return _demand_absence(
        subject, lambda outcome: ((path, entry.data) for path, entry in outcome.tree.items())
    )


def _demand_absence(subject: Subject, texts: Texts) -> str:
    if not subject.scenario.secrets:
        raise Unjudged("the scenario's source holds no secret; `secrets` names keys that do")
    refusals(subject)  # failures, too, are looked at, also where no other rule made any
    masker = Masker(SecretSet(subject.scenario.secrets))
    for call, outcome in subject.runs:
        for where, data in texts(outcome):
            text = data.decode("utf-8", "replace")
            if masker.mask(text) != text:
                raise Broken(f"{call.role} ({subject.outlined(call, outcome)}) shows a secret: {where}")
    return f"{len(subject.scenario.secrets)} secrets, {len(subject.runs)} runs"
