"""Contexts from facts."""

from __future__ import annotations

import pytest

from actions_compat.contexts import (
    RunFacts,
    RunnerFacts,
    ServiceFacts,
    StrategyFacts,
    github_context,
    job_context,
    ref_name,
    ref_type,
    runner_arch,
    runner_context,
    runner_os,
    step_context,
    strategy_context,
)
from actions_compat.environment import GITHUB_NAMES, github_environment

EVENT: dict[str, object] = {"ref": "refs/heads/main"}
RUN = RunFacts(
    repository="octo/repo",
    sha="0" * 40,
    ref="refs/heads/feature/x",
    event_name="push",
    event=EVENT,
    workflow="CI",
    workflow_path=".github/workflows/ci.yml",
    actor="octocat",
)

# keys of the context that belong to one step: the engine adds them
OF_A_STEP = {
    "action",
    "action_path",
    "action_ref",
    "action_repository",
    "artifacts",
    "artifacts_list",
    "env",
    "output",
}
OF_A_STEP |= {"path", "state", "step_summary"}


def test_github_holds_what_is_known_of_the_run() -> None:
    github = github_context(RUN, job="build")
    assert github["ref_name"] == "feature/x"
    assert github["ref_type"] == "branch"
    assert github["repository_owner"] == "octo"
    assert github["triggering_actor"] == "octocat"
    assert github["repositoryUrl"] == "git://github.com/octo/repo.git"
    assert github["workflow_ref"] == "octo/repo/.github/workflows/ci.yml@refs/heads/feature/x"
    assert github["job"] == "build"
    assert github["event"] is EVENT


def test_every_variable_of_a_run_comes_from_the_context() -> None:
    names = {name.removeprefix("GITHUB_").lower() for name in github_environment(github_context(RUN))}
    assert names == GITHUB_NAMES - OF_A_STEP


@pytest.mark.parametrize(
    ("ref", "name", "kind"),
    [
        ("refs/heads/main", "main", "branch"),
        ("refs/tags/v1", "v1", "tag"),
        ("refs/pull/7/merge", "7/merge", "branch"),
        ("", "", ""),
    ],
)
def test_a_ref_has_a_name_and_a_type(ref: str, name: str, kind: str) -> None:
    assert (ref_name(ref), ref_type(ref)) == (name, kind)


def test_runner_has_debug_only_when_it_is_on() -> None:
    facts = RunnerFacts(temp="/tmp/t", tool_cache="/opt/t", workspace="/w")
    runner = runner_context(facts)
    assert (runner["os"], runner["temp"], runner["environment"]) == ("Linux", "/tmp/t", "self-hosted")
    assert "debug" not in runner
    assert runner_context(RunnerFacts("/t", "/c", "/w", debug=True))["debug"] == "1"


@pytest.mark.parametrize(
    ("platform", "os", "machine", "arch"),
    [
        ("linux", "Linux", "x86_64", "X64"),
        ("darwin", "macOS", "arm64", "ARM64"),
        ("win32", "Windows", "AMD64", "X64"),
    ],
)
def test_systems_have_github_s_names(platform: str, os: str, machine: str, arch: str) -> None:
    assert (runner_os(platform), runner_arch(machine)) == (os, arch)


def test_job_names_its_containers() -> None:
    assert job_context("success") == {"status": "success"}  # `job.container` says whether there is one
    container = ServiceFacts("c1", "net")
    job = job_context("failure", container, {"db": ServiceFacts("s1", "net", {"5432": "32768"})})
    assert job["container"] == {"id": "c1", "network": "net"}
    assert job["services"] == {"db": {"id": "s1", "network": "net", "ports": {"5432": "32768"}}}


def test_strategy_is_all_at_once_unless_limited() -> None:
    assert strategy_context(StrategyFacts()) == {
        "fail-fast": True,
        "job-index": 0,
        "job-total": 1,
        "max-parallel": 1,
    }
    assert strategy_context(StrategyFacts(job_total=6))["max-parallel"] == 6
    assert strategy_context(StrategyFacts(job_total=6, max_parallel=2))["max-parallel"] == 2


def test_a_step_has_outputs_and_two_results() -> None:
    assert step_context({"a": "b"}, "failure", "success") == {
        "outputs": {"a": "b"},
        "outcome": "failure",
        "conclusion": "success",
    }
