"""action.yml: GitHub's manifests, and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.action import (
    Action,
    ActionErrors,
    CompositeRuns,
    DockerRuns,
    NodeRuns,
    PluginRuns,
    dockerfile_action,
    is_dockerfile,
    read_action,
)
from actions_compat.nodes import resolve_text

VECTORS = Path(__file__).parents[3] / "shared/vectors/runner.json"
skipped = pytest.param({}, marks=pytest.mark.skip(reason=f"no vectors at {VECTORS}"))
RUNNER: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8")) if VECTORS.exists() else {}


@pytest.mark.parametrize("vector", RUNNER.get("action_manifests") or [skipped])
def test_githubs_manifests_read_as_there(vector: dict[str, Any]) -> None:
    if "error_contains" in vector:
        with pytest.raises(ActionErrors) as caught:
            read_action(vector["yaml"], file=vector["file"])
        assert vector["error_contains"] in caught.value.github
    else:
        compare(vector["expect"], read_action(vector["yaml"], file=vector["file"]))


def compare(expected: dict[str, Any], action: Action) -> None:
    assert action.name == expected["name"]
    if "inputs" in expected:
        assert expected["inputs"] == {
            name: value.default.text if value.default else "" for name, value in action.inputs.items()
        }
    deprecated = {
        name: value.deprecation_message for name, value in action.inputs.items() if value.deprecation_message
    }
    assert deprecated == expected.get("deprecated", {})
    compare_runs(expected["runs"], action)


def compare_runs(expected: dict[str, Any], action: Action) -> None:
    match action.runs:
        case DockerRuns() as runs:
            assert (expected["type"], expected["image"]) == ("container", runs.image)
            assert expected.get("entrypoint", "") == runs.entrypoint
            assert expected.get("args", []) == [arg.text for arg in runs.args]
            assert expected.get("env", {}) == {name: value.text for name, value in runs.env.items()}
            assert expected.get("pre", "") == runs.pre_entrypoint
            assert expected.get("post", "") == runs.post_entrypoint
            compare_conditions(expected, runs.pre_if, runs.post_if)
        case NodeRuns() as runs:
            assert (expected["type"], expected["main"]) == ("node", runs.main)
            assert expected.get("using", runs.using) == runs.using
            assert expected.get("pre", "") == runs.pre
            assert expected.get("post", "") == runs.post
            compare_conditions(expected, runs.pre_if, runs.post_if)
        case CompositeRuns() as runs:
            assert expected["type"] == "composite"
            assert len(runs.steps) == 6
        case PluginRuns() as runs:
            assert (expected["type"], expected["plugin"]) == ("plugin", runs.plugin)


def compare_conditions(expected: dict[str, Any], pre_if: str, post_if: str) -> None:
    assert expected.get("pre_if", "always()") == (pre_if or "always()")
    assert expected.get("post_if", "always()") == (post_if or "always()")


@pytest.mark.parametrize(
    ("image", "expected"),
    RUNNER.get("docker", {}).get("is_dockerfile") or [pytest.param("", False, marks=skipped.marks)],
)
def test_what_is_a_dockerfile(image: str, expected: bool) -> None:
    assert is_dockerfile(image) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: x", "Top level 'runs:' section is required for action.yml"),
        ("runs: {using: node22, main: x}", "'using: node22' is not supported, use 'docker', 'node12'"),
        (
            "runs: {using: docker, args: [x]}",
            "You are using a Container Action but an image is not provided in action.yml.",
        ),
        ("runs: {using: node24, pre: x}", "there is not an entry JavaScript file provided in action.yml."),
        (
            "runs: {using: docker, image: alpine}",
            "'alpine' should be either '[path]/Dockerfile' or 'docker://image[:tag]'.",
        ),
        (
            "runs: {using: node20, main: x, post-iff: x}",
            "Unexpected value 'post-iff' (did you mean `post-if`?)",
        ),
        ("runs: {using: composite, steps: [{run: x}]}", "Required property is missing: shell"),
        (
            "runs: {using: composite, steps: [{uses: x}]}",
            "Expected format {org}/{repo}[/path]@ref. Actual 'x'",
        ),
        (
            "runs: {using: composite, steps: [{run: '${{ secrets.x }}', shell: sh}]}",
            "Unrecognized named-value: 'secrets'",
        ),
        (
            "inputs: {a: {default: '${{ inputs.b }}'}}\nruns: {plugin: p}",
            "Unrecognized named-value: 'inputs'",
        ),
        ("runs: {using: docker, image: Dockerfile, env: '${{ inputs.env }}'}", "A mapping was expected"),
        ("runs: [x]", "A sequence was not expected"),
        ("", "A mapping was expected"),
    ],
)
def test_mistakes_are_told(text: str, message: str) -> None:
    with pytest.raises(ActionErrors) as caught:
        read_action(text, file="action.yml")
    assert message in str(caught.value)
    assert caught.value.github.endswith("Failed to load action.yml")


def test_case_and_unknown_keys_do_not_matter_at_the_top() -> None:
    action = read_action(
        "name: n\nbranding: {icon: x}\nanything: [1]\nruns: {using: Node20, main: m}", file="a"
    )
    assert action.runs == NodeRuns("node20", "m")


def test_inputs_and_outputs() -> None:
    text = """
name: n
description: d
author: me
inputs:
  a: {description: one, required: true, default: 5, type: string}
  b: {required: 'true'}
outputs: {o: {description: two, value: '${{ steps.s.outputs.v }}'}}
runs:
  using: composite
  steps: [{id: s, run: echo, shell: 'bash ${{ inputs.a }}'}]
"""
    action = read_action(text, file="a")
    assert (action.description, action.author) == ("d", "me")
    a, b = action.inputs["a"], action.inputs["b"]
    assert (a.description, a.required, resolve_text(a.default, {})) == ("one", True, "5")
    assert (b.required, b.default) == (True, None)
    assert resolve_text(action.outputs["o"].value, {"steps": {"s": {"outputs": {"v": 1}}}}) == "1"
    assert isinstance(action.runs, CompositeRuns)
    assert action.runs.steps[0].shell == "bash ${{ inputs.a }}"


def test_a_bare_dockerfile_is_an_action() -> None:
    action = dockerfile_action("x/Dockerfile")
    assert action.runs == DockerRuns("Dockerfile")
    assert (action.inputs, action.outputs) == ({}, {})


STRICT = "name: a\ndescription: b\nruns: {using: node20, main: x.js%s}\n"


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (STRICT % "", []),
        (STRICT % "" + "branding: {icon: zap, color: black}", []),
        (STRICT % ", post-if: succes()", ["Unrecognized function: 'succes'"]),
        (STRICT % "" + "titel: x", ["Unexpected value 'titel'"]),
        (STRICT % "" + "branding: {icon: dragon, color: red}", ["Unexpected value 'dragon'"]),
        (STRICT.replace("node20", "node21") % "", ["Unexpected value 'node21' (did you mean `node24`?)"]),
        ("runs: {using: composite, steps: []}", ["missing: name", "missing: description"]),
        (
            "name: a\ndescription: b\nruns: {using: composite, steps: [{run: x}, {uses: x}]}",
            ["missing: shell", "Expected format {org}/{repo}"],
        ),
    ],
)
def test_a_strict_reader_tells_of_what_the_runner_lets_pass(text: str, mistakes: list[str]) -> None:
    if not mistakes:
        assert read_action(text, file="action.yml", strict=True) == read_action(text, file="action.yml")
        return
    with pytest.raises(ActionErrors) as caught:
        read_action(text, file="action.yml", strict=True)
    for error, mistake in zip(caught.value.errors, mistakes, strict=True):
        assert mistake in str(error)


@given(st.text(max_size=100))
def test_any_text_gives_an_action_or_errors(text: str) -> None:
    for whole in (text, f"name: x\nruns: {{using: {text}, main: x}}"):
        try:
            read_action(whole, file="a")
        except ActionErrors as errors:
            failed = errors
        else:
            continue
        assert str(failed)
