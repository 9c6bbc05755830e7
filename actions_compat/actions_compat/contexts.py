"""Contexts of expressions from given facts: `github`, `runner`, `job`, `strategy`, an entry of `steps`."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

Os = Literal["Linux", "macOS", "Windows"]
Arch = Literal["X86", "X64", "ARM", "ARM64"]
Outcome = Literal["success", "failure", "cancelled", "skipped"]
JobStatus = Literal["success", "failure", "cancelled"]
Context: TypeAlias = dict[str, object]

_SYSTEMS: Final[Mapping[str, Os]] = {
    "linux": "Linux",
    "darwin": "macOS",
    "win32": "Windows",
    "windows": "Windows",
}
_MACHINES: Final[Mapping[str, Arch]] = {
    "x86_64": "X64",
    "amd64": "X64",
    "i386": "X86",
    "i686": "X86",
    "aarch64": "ARM64",
    "arm64": "ARM64",
    "armv6l": "ARM",
    "armv7l": "ARM",
    "arm": "ARM",
}


@frozen
class RunFacts:
    """What is known of a run before its first job. Numbers are text, as they are in GitHub's context."""

    repository: str
    """`owner/name`."""
    sha: str
    ref: str
    """In full: `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/merge`."""
    event_name: str
    event: Mapping[str, object]
    """The webhook's payload; it is passed on and never copied."""
    workflow: str
    """The workflow's name, or its path where it has none."""
    workflow_path: str = ""
    """As in `.github/workflows/ci.yml`."""
    workspace: str = ""
    event_path: str = ""
    token: str = ""
    actor: str = ""
    triggering_actor: str = ""
    """Who started this attempt; empty means the actor."""
    run_id: str = "1"
    run_number: str = "1"
    run_attempt: str = "1"
    base_ref: str = ""
    """For pull requests: the target branch's short name; *head_ref* the source's."""
    head_ref: str = ""
    ref_protected: bool = False
    actor_id: str = ""
    repository_id: str = ""
    repository_owner_id: str = ""
    retention_days: str = "90"
    server_url: str = "https://github.com"
    api_url: str = "https://api.github.com"
    graphql_url: str = "https://api.github.com/graphql"


@frozen
class RunnerFacts:
    """The machine, or what stands for it. Paths are as the step sees them."""

    temp: str
    tool_cache: str
    workspace: str
    """The folder above `github.workspace`."""
    name: str = "sequence"
    os: Os = "Linux"
    arch: Arch = "X64"
    environment: Literal["self-hosted", "github-hosted"] = "self-hosted"
    debug: bool = False


@frozen
class ServiceFacts:
    """A running container, of the job or of a service. *ports* maps its ports to the host's, as text."""

    id: str
    network: str
    ports: Mapping[str, str] = field(default_factory=dict)


@frozen
class StrategyFacts:
    """A job's place in its matrix; a job without one is the first of one."""

    fail_fast: bool = True
    job_index: int = 0
    job_total: int = 1
    max_parallel: int | None = None
    """None means all at once."""


def github_context(facts: RunFacts, *, job: str = "") -> Context:
    """Return the `github` context of job *job*, without what is a step's (`action…`, `env`, `output`, …)."""
    owner = facts.repository.partition("/")[0]
    workflow_ref = f"{facts.repository}/{facts.workflow_path}@{facts.ref}" if facts.workflow_path else ""
    return {
        "token": facts.token,
        "job": job,
        "ref": facts.ref,
        "ref_name": ref_name(facts.ref),
        "ref_type": ref_type(facts.ref),
        "ref_protected": facts.ref_protected,
        "sha": facts.sha,
        "repository": facts.repository,
        "repository_id": facts.repository_id,
        "repository_owner": owner,
        "repository_owner_id": facts.repository_owner_id,
        "repositoryUrl": f"git://{facts.server_url.partition('://')[2]}/{facts.repository}.git",
        "run_id": facts.run_id,
        "run_number": facts.run_number,
        "run_attempt": facts.run_attempt,
        "retention_days": facts.retention_days,
        "actor": facts.actor,
        "actor_id": facts.actor_id,
        "triggering_actor": facts.triggering_actor or facts.actor,
        "workflow": facts.workflow,
        "workflow_ref": workflow_ref,
        "workflow_sha": facts.sha,
        "head_ref": facts.head_ref,
        "base_ref": facts.base_ref,
        "event_name": facts.event_name,
        "event": facts.event,
        "event_path": facts.event_path,
        "server_url": facts.server_url,
        "api_url": facts.api_url,
        "graphql_url": facts.graphql_url,
        "workspace": facts.workspace,
        "secret_source": "Actions",
    }


def runner_context(facts: RunnerFacts) -> Context:
    """Return the `runner` context; `debug` is there only when it is on, and is then `1`."""
    context: Context = {
        "os": facts.os,
        "arch": facts.arch,
        "name": facts.name,
        "environment": facts.environment,
        "tool_cache": facts.tool_cache,
        "temp": facts.temp,
        "workspace": facts.workspace,
    }
    return {**context, "debug": "1"} if facts.debug else context


def job_context(
    status: JobStatus,
    container: ServiceFacts | None = None,
    services: Mapping[str, ServiceFacts] | None = None,
) -> Context:
    """Return the `job` context; `container` and `services` are there where the job has some."""
    context: Context = {"status": status}
    if container is not None:
        context["container"] = {"id": container.id, "network": container.network}
    if services:
        context["services"] = {
            name: {"id": service.id, "network": service.network, "ports": dict(service.ports)}
            for name, service in services.items()
        }
    return context


def strategy_context(facts: StrategyFacts) -> Context:
    """Return the `strategy` context, whose keys have dashes."""
    return {
        "fail-fast": facts.fail_fast,
        "job-index": facts.job_index,
        "job-total": facts.job_total,
        "max-parallel": facts.job_total if facts.max_parallel is None else facts.max_parallel,
    }


def step_context(outputs: Mapping[str, str], outcome: Outcome, conclusion: Outcome) -> Context:
    """Return the entry of one step in `steps`. Steps whose id begins with `__` have none."""
    return {"outputs": dict(outputs), "outcome": outcome, "conclusion": conclusion}


def ref_name(ref: str) -> str:
    """Return a ref's short name: `main`, `v1`, and `7/merge` for a pull request."""
    for prefix in ("refs/heads/", "refs/tags/", "refs/pull/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref


def ref_type(ref: str) -> str:
    """Return `tag` or `branch`, which a pull request's ref is too; empty where there is no ref."""
    if not ref:
        return ""
    return "tag" if ref.startswith("refs/tags/") else "branch"


def runner_os(platform: str) -> Os:
    """Return `runner.os` for Python's `sys.platform`, or the OS of an image; anything unknown is Linux."""
    return _SYSTEMS.get(platform.lower(), "Linux")


def runner_arch(machine: str) -> Arch:
    """Return `runner.arch` for `platform.machine()`, or the architecture of an image; unknown is X64."""
    return _MACHINES.get(machine.lower(), "X64")
