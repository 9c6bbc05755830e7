"""The workflow reader gives a workflow or WorkflowErrors, and no other exception, for anything at all."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.actions_compat.test_workflow import SEQUENCE

from actions_compat.nodes import MAX_ERRORS, MAX_STRICT_ERRORS, Scalar, WorkflowErrors
from actions_compat.workflow import read_workflow

KEYS = [
    "on", "name", "jobs", "push", "branches", "env", "build", "runs-on", "steps", "run", "uses", "with", "if",
    "needs", "strategy", "matrix", "include", "exclude", "container", "image", "services", "defaults", "id",
    "workflow_call", "workflow_dispatch", "inputs", "schedule", "secrets", "outputs", "${{ insert }}",
]  # fmt: skip
LEAVES = st.sampled_from(
    [
        "x",
        "",
        "5",
        "true",
        "~",
        "'${{ github.x }}'",
        "'${{'",
        "'${{ }}'",
        "'${{ insert }}'",
        "a/b@c",
        "build",
        "!!int x",
        "*a",
        "&a x",
    ]
)


def yaml_text(value: object) -> str:
    """The nested value as flow YAML, its leaves as they are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {yaml_text(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml_text, value)) + "]"
    return str(value)


trees = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=40,
)


@settings(max_examples=300)
@given(
    st.fixed_dictionaries(
        {
            "on": trees,
            "jobs": st.dictionaries(
                st.sampled_from(["a", "b"]), st.dictionaries(st.sampled_from(KEYS), trees)
            ),
        }
    ),
    st.booleans(),
)
def test_any_tree_gives_a_workflow_or_errors(value: dict[str, Any], strict: bool) -> None:
    read_or_refuse(yaml_text(value), strict=strict)


@given(
    st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
)
def test_any_text_gives_a_workflow_or_errors(text: str) -> None:
    read_or_refuse(text, strict=False)


def read_or_refuse(text: str, *, strict: bool) -> None:
    for extensions in (None, SEQUENCE):
        found = None
        try:
            workflow = read_workflow(text, file="f", strict=strict, extensions=extensions)
            assert all(isinstance(job.if_, Scalar | None) for job in workflow.jobs.values())
        except WorkflowErrors as errors:
            found = errors
        if found:
            assert 0 < len(found.errors) <= (MAX_STRICT_ERRORS if strict else MAX_ERRORS)
            assert str(found)
            assert found.github
