"""Where programs run: variables, file systems, users, signals."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sqnc_resources.conform.build import BUILD_VARIABLES, build_environment
from sqnc_resources.conform.executor import ANYBODY, OUT, Ability
from sqnc_resources.conform.rules.rule import Rules
from sqnc_resources.conform.subject import Broken, Subject, Unjudged

RULES: Final = Rules()
_VARIABLE: Final = re.compile(r"\$(\w+)|\$\{(\w+)\}")


@RULES.rule(
    "works-without-build-variables",
    "needs no BUILD_* variable and no ATC_EXTERNAL_URL",
    why="Other engines, `fly check-resource` and people at a shell set none or not all of them.",
    remedy="read them with a default",
)
def works_without_build_variables(subject: Subject) -> str:
    return _demand_all(subject, "without them", env=subject.env({}))


@RULES.rule(
    "works-in-one-off-builds",
    "works in a build that has no job and no pipeline, with the variables that are set besides",
    why="`fly execute` starts such builds: BUILD_JOB_NAME and BUILD_PIPELINE_NAME are absent there.",
    remedy="take each variable from the environment as it is, one by one, with a default",
)
def works_in_one_off_builds(subject: Subject) -> str:
    return _demand_all(subject, "in a one-off build", env=subject.env(build_environment(one_off=True)))


@RULES.rule(
    "build-variables-are-filled-in",
    "puts values in for the build variables that source or params mention",
    why="`$BUILD_URL` in a message, as it stands, tells nobody where to look.",
    remedy="replace every variable that Concourse sets, BUILD_CREATED_BY, BUILD_URL and BUILD_STATUS among "
    "them",
)
def build_variables_are_filled_in(subject: Subject) -> str:
    env = subject.env(build_environment(created_by="ann", status="succeeded"))
    mentioned = set()
    for role in subject.roles():
        request = subject.request(role, None if role != "in" else subject.gettable)
        names = _variables(json.dumps(request)) & BUILD_VARIABLES
        if not names:
            continue
        mentioned |= names
        outcome = subject.again(role, env=env)
        subject.demand(outcome, role)
        texts = (outcome.stdout, outcome.stderr, *(entry.data for entry in outcome.tree.values()))
        for text in texts:
            if left := sorted(_variables(text.decode("utf-8", "replace")) & names):
                raise Broken(f"{role} leaves ${left[0]} as it is: {subject.shown(outcome)}")
    if not mentioned:
        raise Unjudged("neither source nor params of the scenario mention one, such as $BUILD_URL")
    return ", ".join(sorted(mentioned))


def _variables(text: str) -> set[str]:
    return {found[1] or found[2] for found in _VARIABLE.finditer(text)}


@RULES.rule(
    "works-without-home",
    "works where HOME is not set, and where it cannot be written to",
    why="Engines set no HOME for a user whom the image does not know, or `/`.",
    remedy="give programs that need one a temporary folder as HOME",
)
def works_without_home(subject: Subject) -> str:
    env = subject.env()
    env.pop("HOME", None)
    _demand_all(subject, "without HOME", env=env)
    return _demand_all(subject, "with HOME=/proc", env={**env, "HOME": "/proc"})


@RULES.rule(
    "works-without-path",
    "works where PATH is not set",
    why="Not every engine sets one, and an image need not.",
    remedy="name the interpreter by its absolute path in `#!`, and set PATH where programs are called by "
    "name",
)
def works_without_path(subject: Subject) -> str:
    env = subject.env()
    env.pop("PATH", None)
    return _demand_all(subject, "without PATH", env=env)


@RULES.rule(
    "works-read-only",
    "works where nothing but its folder, /tmp and /dev/shm can be written to",
    why="Engines harden containers so, and Concourse's certificates are read-only already.",
    remedy="write temporary files to /tmp, and nothing beside the programs",
)
def works_read_only(subject: Subject) -> str:
    _demand_ability(subject, Ability.READ_ONLY)
    return _demand_all(subject, "read-only", read_only=True)


@RULES.rule(
    "works-as-any-user",
    "works as a user who is neither root nor known",
    why="OpenShift and hardened workers run images as users of their own choice.",
    remedy="make the programs readable for all, and do not look the user up by its number",
)
def works_as_any_user(subject: Subject) -> str:
    _demand_ability(subject, Ability.OTHER_USER)
    return _demand_all(subject, f"as {ANYBODY}", user=ANYBODY)


def _demand_ability(subject: Subject, ability: Ability) -> None:
    if reason := subject.executor.missing(ability):
        raise Unjudged(reason)


def _demand_all(subject: Subject, how: str, **changes: Any) -> str:
    """Demand that what goes well otherwise goes well so, too."""
    roles = subject.roles()
    for role in roles:
        outcome = subject.again(role, **changes)
        subject.demand(outcome, f"{role} {how}")
    return ", ".join(roles)


@RULES.rule(
    "ends-on-sigterm",
    "ends, with all that it started, soon after SIGTERM",
    why="Concourse sends SIGTERM when a build is aborted or takes too long, to the program alone, and "
    "SIGKILL ten seconds later: what is half done stays so.",
    remedy="on SIGTERM end what you started, tidy up, and exit; in a shell, `trap` it and `wait` for a "
    "child in the background",
)
def ends_on_sigterm(subject: Subject) -> str:
    slow = subject.scenario.slow
    if slow is not None:
        return _demand_end(subject, slow.role, slow.request)
    for role in subject.roles():
        _demand_end(subject, role, None)
    return (
        "while they wait for their request; `slow` in the scenario says how to try it in the middle of work"
    )


def _demand_end(subject: Subject, role: str, request: Mapping[str, object] | None) -> str:
    if role == OUT and subject.scenario.put is None:
        raise Unjudged("the scenario has no `put`")
    outcome = subject.ask(role, request, stop_after_s=subject.settle_s, timeout_s=subject.grace_s)
    if outcome.status is None:
        raise Broken(f"{role} still runs, or what it started does, {subject.grace_s:g} s after SIGTERM")
    if outcome.status == 0 and request is not None:
        took = f"{role} was done before {subject.settle_s:g} s were over"
        raise Unjudged(f"{took}, or takes SIGTERM for success; make `slow` slower")
    return f"{role}: exit status {outcome.status} after {outcome.duration_s:.1f} s"
