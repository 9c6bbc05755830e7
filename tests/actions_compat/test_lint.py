"""What a strict reader tells beyond its tables: each rule, where it points, and what it lets pass."""

from __future__ import annotations

import pytest

from actions_compat.action import ActionErrors, read_action
from actions_compat.nodes import WorkflowErrors
from actions_compat.workflow import read_workflow


def told(text: str) -> list[str]:
    """What a strict reader says, without the place; a tolerant one has nothing against *text*."""
    read_workflow(text, file="f")
    try:
        read_workflow(text, file="f", strict=True)
    except WorkflowErrors as errors:
        return [f"{error.line}:{error.column}: {error.message}" for error in errors.errors]
    return []


def told_of_event(event: str) -> list[str]:
    return told(f"on: {{{event}}}\njobs: {{a: {{runs-on: x}}}}")


def told_of_job(job: str, root: str = "") -> list[str]:
    return told(f"{root}\non: push\njobs:\n  a: {{{job}}}")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("schedule: [{cron: '0 0 * *'}]", "1:24: Invalid cron expression."),
        ("schedule: [{cron: '0 0 * * *', timezone: 'CE T'}]", "1:47: Unexpected value 'CE T'"),
        ("push: {branches: [a], branches-ignore: [b]}", "1:45: you may only define one of `branches`"),
        ("push: {tags: [a], tags-ignore: [b]}", "1:37: you may only define one of `tags` and"),
        ("pull_request: {paths: a, paths-ignore: b}", "1:45: you may only define one of `paths` and"),
        ("workflow_run: {types: [completed]}", "1:6: on.workflow_run does not reference any workflows"),
        ("workflow_dispatch: {inputs: {a: {type: choice}}}", "1:38: Missing 'options' for choice input"),
        ("workflow_dispatch: {inputs: {a: {options: [x]}}}", "1:38: Input type is not 'choice', but"),
        (
            "workflow_dispatch: {inputs: {a: {type: choice, options: [x], default: y}}}",
            "1:76: Unexpected value 'y'",
        ),
        ("workflow_dispatch: {inputs: {a: {type: boolean, default: 1}}}", "1:63: Unexpected value '1'"),
        ("workflow_call: {inputs: {a: {type: number, default: x}}}", "1:58: Unexpected value 'x'"),
    ],
)
def test_an_event_that_cannot_be_meant_is_told(event: str, message: str) -> None:
    [found] = told_of_event(event)
    assert found.startswith(message)


@pytest.mark.parametrize(
    "event",
    [
        "schedule: [{cron: '15,45 4-6 * * MON-FRI', timezone: America/Argentina/Buenos_Aires}]",
        "push: {branches: [a], tags-ignore: [b], paths: [c]}",
        "workflow_run: {workflows: CI}",
        "workflow_dispatch: {inputs: {a: {type: choice, options: [x, 1], default: 1}, b: , c: {default: x}}}",
        "workflow_dispatch: {inputs: {a: {type: boolean, default: 'true'}, b: {type: number, default: 1e3}}}",
        "workflow_dispatch: {inputs: {a: {type: choice, options: [x], default: ''}}}",
        "workflow_call: {inputs: {a: {type: number, default: '${{ vars.n }}'}}}",
    ],
)
def test_an_event_that_can_is_not(event: str) -> None:
    assert told_of_event(event) == []


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ("runs-on: x, if: \"${{ github.ref }} == 'x'\"", "Conditional expression contains literal text"),
        ('runs-on: x, steps: [{run: a, if: "! ${{ failure() }}"}]', "Conditional expression contains"),
        ("runs-on: x, if: \"${{ format('a{0}', 1) }}\"", "Conditional expression contains literal text"),
        ("runs-on: x, steps: [{uses: o/r/.github/workflows/x.yml@v1}]", "Reusable workflows should be"),
        ("runs-on: x, concurrency: {group: g, queue: max, cancel-in-progress: true}", "'queue: max' cannot"),
        (
            "runs-on: x, steps: [{run: a, shell: dash}]",
            "Invalid shell option. Shell must be a valid built-in",
        ),
        ("runs-on: x, defaults: {run: {shell: bash -x}}", "Invalid shell option. Shell must be a valid"),
        ("uses: ./x.yml", "Invalid workflow reference './x.yml': references to workflows must be rooted"),
        ("uses: o/r/x.yml@v1", "Invalid workflow reference 'o/r/x.yml@v1': references to workflows must be"),
        ("uses: x.yml", "Invalid workflow reference 'x.yml': references to workflows must be prefixed"),
        (
            "uses: ./.github/workflows/x.yml@v1",
            "Invalid workflow reference './.github/workflows/x.yml@v1': c",
        ),
        ("uses: o/r/.github/workflows/x.yml", "Invalid workflow reference 'o/r/.github/workflows/x.yml': no"),
        ("uses: ./.github/workflows/a/x.yml", "Invalid workflow reference './.github/workflows/a/x.yml': w"),
        ("uses: ./.github/workflows/x.json", "Invalid workflow reference './.github/workflows/x.json': w"),
        (
            "runs-on: x, name: \"${{ format('{0} {1}', 1) }}\"",
            "The following format string references more arguments than were supplied: {0} {1}",
        ),
        (
            "runs-on: x, name: \"a ${{ github.ref && format('{0', format('{', 1)) }}\"",
            "The following format string is invalid: {",
        ),
    ],
)
def test_a_job_that_cannot_be_meant_is_told(job: str, message: str) -> None:
    [found, *_] = told_of_job(job)
    assert found.startswith("4:")
    assert found.split(": ", 1)[1].startswith(message)


@pytest.mark.parametrize(
    "job",
    [
        "runs-on: x, if: \"${{ github.ref == 'x' }}\"",
        'runs-on: x, if: "${{ github.ref }}${{ github.sha }}"',
        "runs-on: x, if: \"github.ref == format('a{0}', 1)\"",
        "runs-on: x, name: \"${{ format('{{{0}}}', 1) }} ${{ format(github.ref) }}\"",
        "runs-on: x, concurrency: {group: g, queue: max, cancel-in-progress: false}",
        "runs-on: x, steps: [{run: a, shell: 'perl {0}'}, {run: b, shell: PWSH}]",
        "uses: ./.github/workflows/x.yml",
        "uses: $/.github/workflows-lab/x.yaml",
        "uses: o/r/.github/workflows/x.yml@v1",
    ],
)
def test_a_job_that_can_is_not(job: str) -> None:
    assert told_of_job(job) == []


@pytest.mark.parametrize("style", ["|", ">", "|+"])
def test_a_newline_behind_a_condition_makes_it_true(style: str) -> None:
    text = f"on: push\njobs:\n a:\n  runs-on: x\n  if: {style}\n   ${{{{ false }}}}\n"
    [found] = told(text)
    assert found.startswith("5:7: Conditional expression contains literal text")
    assert told(text.replace(style, "|-")) == []
    assert told(text.replace("${{ false }}", "false")) == []


def test_a_job_in_its_workflow_s_group_waits_for_itself() -> None:
    assert told_of_job("runs-on: x, concurrency: {group: g}", "concurrency: g") == [
        "4:32: Concurrency group 'g' is also defined at the workflow level. This will cause a deadlock."
    ]
    assert told_of_job("runs-on: x, concurrency: h", "concurrency: g") == []
    assert told_of_job("runs-on: x, concurrency: '${{ github.ref }}'", "concurrency: ${{ github.ref }}") == []


def test_a_merge_key_is_told_where_it_stands() -> None:
    text = "on: push\nenv: &a {A: b}\njobs:\n a:\n  runs-on: x\n  env:\n   <<: *a\n"
    with pytest.raises(WorkflowErrors) as caught:
        read_workflow(text, file="f", strict=True)
    [error] = caught.value.errors
    assert str(error).startswith("f:7:4: Unexpected value '<<' (merge keys are not supported")


def test_the_steps_of_an_action_are_told_of_too() -> None:
    text = """
name: a
runs:
  using: composite
  steps:
    - {run: a, shell: sh, if: "${{ inputs.x }} == 'x'"}
    - {run: "${{ format('{0}') }}", shell: sh}
"""
    read_action(text, file="action.yml")
    with pytest.raises(ActionErrors) as caught:
        read_action(text, file="action.yml", strict=True)
    assert [error.position.line for error in caught.value.errors] == [2, 6, 7]  # 2: no description


def test_what_does_not_fit_its_table_is_linted_without_a_crash() -> None:
    text = """
on: {schedule: x, workflow_run: [], push: {tags: {a: b}, tags-ignore: [[1]]}, workflow_dispatch: {inputs: []}}
concurrency: [{queue: max}]
jobs: {a: [], b: {uses: [], if: [x], steps: {a: b}}, c: {concurrency: {group: {}}, steps: [x, [y]]}}
"""
    with pytest.raises(WorkflowErrors):
        read_workflow(text, file="f", strict=True)
