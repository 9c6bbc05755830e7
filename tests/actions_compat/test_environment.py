"""The default environment: which variables there are, and which layer wins."""

from __future__ import annotations

import pytest

from actions_compat.environment import (
    ACTION_ONLY_NAMES,
    GITHUB_NAMES,
    STEP_SERVICE_NAMES,
    EnvironmentLayers,
    github_environment,
    input_environment,
    input_name,
    merge_environment,
    prepend_path,
    runner_environment,
    state_environment,
    translate_paths,
)


def test_the_list_is_githubs() -> None:
    words = """
        action action_path action_ref action_repository actor actor_id api_url artifacts
        artifacts_list base_ref env event_name event_path graphql_url head_ref job output path ref
        ref_name ref_protected ref_type repository repository_id repository_owner
        repository_owner_id retention_days run_attempt run_id run_number server_url sha state
        step_summary triggering_actor workflow workflow_ref workflow_sha workspace
    """
    assert set(words.split()) == GITHUB_NAMES


def test_only_the_listed_keys_of_github_become_variables() -> None:
    github = dict.fromkeys(GITHUB_NAMES, "x") | {
        "token": "secret",
        "event": {},
        "repositoryUrl": "x",
        "job": "build",
    }
    environment = github_environment(github)
    assert set(environment) == {f"GITHUB_{name.upper()}" for name in GITHUB_NAMES}
    assert environment["GITHUB_JOB"] == "build"


def test_booleans_are_words_and_other_values_are_left_out() -> None:
    assert github_environment({"ref_protected": True, "run_id": 7, "base_ref": None, "head_ref": ""}) == {
        "GITHUB_REF_PROTECTED": "true",
        "GITHUB_HEAD_REF": "",
    }


def test_every_text_of_runner_becomes_a_variable() -> None:
    runner = {"os": "Linux", "tool_cache": "/t", "debug": "1", "anything": "x", "number": 1}
    assert runner_environment(runner) == {
        "RUNNER_OS": "Linux",
        "RUNNER_TOOL_CACHE": "/t",
        "RUNNER_DEBUG": "1",
        "RUNNER_ANYTHING": "x",
    }


@pytest.mark.parametrize(
    ("name", "variable"),
    [("token", "INPUT_TOKEN"), ("fetch-depth", "INPUT_FETCH-DEPTH"), ("who to greet", "INPUT_WHO_TO_GREET")],
)
def test_an_input_has_a_variable(name: str, variable: str) -> None:
    assert input_name(name) == variable
    assert input_environment({name: ""}) == {variable: ""}


def test_state_keeps_its_case() -> None:
    assert state_environment({"isPost": "true"}) == {"STATE_isPost": "true"}


def test_each_layer_overrides_those_below() -> None:
    names = ("process", "workflow", "job", "exported", "step", "action", "defaults")
    layers = EnvironmentLayers(
        **{
            name: {f"V{later}": name for later in range(place, len(names))}
            for place, name in enumerate(names)
        }
    )
    merged = merge_environment(layers)
    assert {name: merged[name] for name in sorted(merged) if name.startswith("V")} == {
        f"V{place}": name for place, name in enumerate(names)
    }


def test_ci_is_a_default_and_github_actions_is_not() -> None:
    assert merge_environment(EnvironmentLayers()) == {"CI": "true", "GITHUB_ACTIONS": "true"}
    ours = {"CI": "", "GITHUB_ACTIONS": "no"}
    assert merge_environment(EnvironmentLayers(process=ours)) == {"CI": "", "GITHUB_ACTIONS": "true"}
    assert merge_environment(EnvironmentLayers(job=ours)) == {"CI": "", "GITHUB_ACTIONS": "true"}


def test_the_folder_added_last_is_searched_first() -> None:
    assert prepend_path("/bin", ["/a", "/b", "/a"]) == "/a:/b:/bin"
    assert prepend_path("", ["/a"]) == "/a"
    assert (
        merge_environment(EnvironmentLayers(process={"PATH": "/bin"}), added_path=["/a", "/b"])["PATH"]
        == "/b:/a:/bin"
    )
    assert "PATH" not in merge_environment(EnvironmentLayers())


def test_paths_below_a_mounted_folder_are_translated() -> None:
    values = {
        "A": "/data",
        "B": "/data/x",
        "C": "/dataer",
        "D": "/data/temp/f",
        "E": "x:/data/y",
        "F": "/data/temp",
    }
    assert translate_paths(values, {"/data": "/__w", "/data/temp/": "/t"}) == {
        "A": "/__w",
        "B": "/__w/x",
        "C": "/dataer",
        "D": "/t/f",
        "E": "x:/data/y",
        "F": "/t",
    }


def test_service_variables_have_two_audiences() -> None:
    assert not set(ACTION_ONLY_NAMES) & set(STEP_SERVICE_NAMES)
    assert all(name.startswith("ACTIONS_") for name in (*ACTION_ONLY_NAMES, *STEP_SERVICE_NAMES))
