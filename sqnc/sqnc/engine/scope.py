"""What expressions see: the state of a job, and one scope for each list of steps in it."""

from __future__ import annotations

import os
from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from actions_compat.conditions import status_functions
from actions_compat.contexts import job_context, step_context
from actions_compat.expressions import CaseSensitive
from actions_compat.frozen import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from actions_compat.contexts import ServiceFacts
    from actions_compat.workflow import Defaults
    from sqnc.engine.actions import Action
    from sqnc.engine.limits import Timeout
    from sqnc.engine.storage import Layout
    from sqnc.status import Status

_FILES: Final = ("path", "env", "step_summary", "state", "output")


def _unique() -> str:
    return os.urandom(8).hex()


StatusWord: TypeAlias = Literal["success", "failure", "cancelled"]


@record
class JobState:
    """What changes while a job runs, and what its steps see of it."""

    layout: Layout
    github: dict[str, object]
    runner: dict[str, object]
    contexts: Mapping[str, object]
    """The contexts that stay as they are: secrets, vars, needs, strategy, matrix, inputs."""
    env: dict[str, str]
    """The workflow's and the job's own."""
    defaults: Defaults
    exported: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    status: StatusWord = "success"
    container: ServiceFacts | None = None
    """The one that the job names; without an id until it is needed and started."""
    process: str = field(default_factory=_unique)
    """What marks the files of the process that runs next, or now: `GITHUB_OUTPUT` and the like."""
    resource_fields: dict[str, object] = field(default_factory=dict)
    """The metadata of what was got and put, by the names of the steps: `((.:name.field))`."""

    def command_files(self, temp: str = "") -> dict[str, str]:
        """The files of that process by their names in `github`; *temp* is RUNNER_TEMP as it sees it."""
        folder = f"{temp or self.layout.temp}/_runner_file_commands"
        return {name: f"{folder}/{name}_{self.process}" for name in _FILES}

    def next_process(self) -> None:
        self.process = _unique()

    def fail(self) -> None:
        """One step has failed: `job.status` is so from here on, unless the job is cancelled."""
        if self.status == "success":
            self.status = "failure"


@record
class Scope:
    """One list of steps: the job's own, or those of a composite action, with its inputs."""

    state: JobState
    hash_files: Callable[..., str]
    action: Action | None = None
    inputs: Mapping[str, str] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    """What the calling step adds; empty for the job's own steps."""
    status: StatusWord | None = None
    """`github.action_status`: None in the job's own steps."""
    steps: dict[str, object] = field(default_factory=dict)
    timeout: Timeout | None = None
    """That of the calling step, which holds for all of these together."""

    def environment(self) -> dict[str, str]:
        """The `env` context before a step's own `env`."""
        return {**self.state.env, **self.state.exported, **self.env}

    def contexts(self, env: Mapping[str, str], *, action_id: str = "") -> dict[str, object]:
        """All contexts of a step. Those that GitHub keeps from composite actions are missing there."""
        shared = {
            "github": self.github(action_id),
            "env": CaseSensitive(env),
            "job": job_context(self.state.status, self.state.container),
            "runner": self.state.runner,
            "steps": self.steps,
        }
        if self.action is None:
            return {**self.state.contexts, **shared}
        known = {name: self.state.contexts.get(name) for name in ("strategy", "matrix")}
        return {**known, **shared, "inputs": self.inputs or {}}

    def github(self, action_id: str, action: Action | None = None) -> dict[str, object]:
        """The `github` context of a step; *action* is the one whose process it is for, if it is for one."""
        github = {**self.state.github, **self.state.command_files(), "action": action_id}
        named = action or self.action
        if named is not None:
            github |= {
                "action_path": named.path,
                "action_repository": named.repository,
                "action_ref": named.ref,
            }
        if self.action is not None:
            github["action_status"] = self.status or "success"
        return github

    def functions(self) -> dict[str, Callable[..., object]]:
        return {
            **status_functions(self.state.status, action_status=self.status),
            "hashFiles": self.hash_files,
        }

    def fail(self) -> None:
        if self.action is not None:
            self.status = "failure"
        else:
            self.state.fail()

    def record(self, step_id: str, outputs: Mapping[str, str], outcome: Status, conclusion: Status) -> None:
        """Add the step to the `steps` context; one without an id of its own is not there."""
        if step_id and not step_id.startswith("__"):
            self.steps[step_id] = step_context(outputs, outcome.result, conclusion.result)
