"""The default environment of a step: `GITHUB_*`, `RUNNER_*`, `INPUT_*`, `STATE_*`, and the layers."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The keys of the `github` context that become `GITHUB_…` variables; all others stay out of processes.
GITHUB_NAMES: Final = frozenset(
    {
        "action",
        "action_path",
        "action_ref",
        "action_repository",
        "actor",
        "actor_id",
        "api_url",
        "artifacts",
        "artifacts_list",
        "base_ref",
        "env",
        "event_name",
        "event_path",
        "graphql_url",
        "head_ref",
        "job",
        "output",
        "path",
        "ref",
        "ref_name",
        "ref_protected",
        "ref_type",
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
        "retention_days",
        "run_attempt",
        "run_id",
        "run_number",
        "server_url",
        "sha",
        "state",
        "step_summary",
        "triggering_actor",
        "workflow",
        "workflow_ref",
        "workflow_sha",
        "workspace",
    }
)

# What every step gets of the services behind a runner, where the engine has them …
STEP_SERVICE_NAMES: Final = (
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ORCHESTRATION_ID",
)
# … and what only node and docker actions get: a `run` script has no business with them.
ACTION_ONLY_NAMES: Final = (
    "ACTIONS_RUNTIME_URL",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_CACHE_URL",
    "ACTIONS_RESULTS_URL",
    "ACTIONS_CACHE_SERVICE_V2",
    "ACTIONS_CACHE_MODE",
)


@frozen
class EnvironmentLayers:
    """What a step's environment is made of, lowest first: each overrides those above it in this list."""

    process: Mapping[str, str] = field(default_factory=dict)
    """The image's `Env`, or the host's environment."""
    workflow: Mapping[str, str] = field(default_factory=dict)
    job: Mapping[str, str] = field(default_factory=dict)
    exported: Mapping[str, str] = field(default_factory=dict)
    """What earlier steps wrote to `GITHUB_ENV`."""
    step: Mapping[str, str] = field(default_factory=dict)
    action: Mapping[str, str] = field(default_factory=dict)
    """`INPUT_*` and `STATE_*`."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """`GITHUB_*`, `RUNNER_*` and `ACTIONS_*`, which nobody can override."""


def merge_environment(layers: EnvironmentLayers, *, added_path: Iterable[str] = ()) -> dict[str, str]:
    """Merge the layers, set `GITHUB_ACTIONS` and, where nothing sets it, `CI`, and prepend to `PATH`.

    *added_path* is in the order in which steps added to it, so its last entry comes first.
    """
    user = {**layers.workflow, **layers.job, **layers.exported, **layers.step, **layers.action}
    merged = {"CI": "true", **layers.process, **user, **layers.defaults, "GITHUB_ACTIONS": "true"}
    added = list(added_path)
    if added:
        merged["PATH"] = prepend_path(merged.get("PATH", ""), added)
    return merged


def prepend_path(path: str, added: Iterable[str]) -> str:
    """Put folders in front of *path*: the last one comes first; one added twice counts where it was last."""
    newest_first = dict.fromkeys(reversed(list(added)))
    return ":".join((*newest_first, *([path] if path else ())))


def github_environment(github: Mapping[str, object]) -> dict[str, str]:
    """Return the `GITHUB_*` variables for a `github` context; only strings and booleans can become one."""
    return _environment(
        "GITHUB_", {key: value for key, value in github.items() if key.lower() in GITHUB_NAMES}
    )


def runner_environment(runner: Mapping[str, object]) -> dict[str, str]:
    """Return the `RUNNER_*` variables for a `runner` context: every string in it."""
    return _environment("RUNNER_", {key: value for key, value in runner.items() if isinstance(value, str)})


def input_name(name: str) -> str:
    """Return the variable of an action's input: blanks become `_`, dashes stay: `INPUT_FETCH-DEPTH`."""
    return f"INPUT_{name.replace(' ', '_').upper()}"


def input_environment(inputs: Mapping[str, str]) -> dict[str, str]:
    """Return the `INPUT_*` variables; an input without a value is there and empty."""
    return {input_name(name): value for name, value in inputs.items()}


def state_environment(state: Mapping[str, str]) -> dict[str, str]:
    """Return the `STATE_*` variables, which an action's later stages get; names keep their case."""
    return {f"STATE_{name}": value for name, value in state.items()}


def translate_paths(environment: Mapping[str, str], folders: Mapping[str, str]) -> dict[str, str]:
    """Rewrite values that are, or lie below, a key of *folders* (a mounted folder) to its other path.

    The longest folder that fits wins. A folder in the midst of a value, as in a search path, is left alone.
    """
    trimmed = ((source.rstrip("/"), target.rstrip("/")) for source, target in folders.items())
    longest_first = sorted(trimmed, key=lambda item: -len(item[0]))
    return {name: _translate(value, longest_first) for name, value in environment.items()}


def _translate(value: str, folders: Iterable[tuple[str, str]]) -> str:
    for source, target in folders:
        if value == source or value.startswith(f"{source}/"):
            return target + value[len(source) :]
    return value


def _environment(prefix: str, values: Mapping[str, object]) -> dict[str, str]:
    texts = {True: "true", False: "false"}
    return {
        prefix + key.upper(): texts[value] if isinstance(value, bool) else value
        for key, value in values.items()
        if isinstance(value, (str, bool))
    }
