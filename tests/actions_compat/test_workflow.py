"""The workflow reader: models, hints, and the caller's own keys."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from actions_compat.nodes import (
    Mapping,
    Sequence,
    WorkflowErrors,
    resolve,
    resolve_text,
)
from actions_compat.workflow import (
    BACKGROUND_STEPS,
    Extensions,
    read_job,
    read_step,
    read_workflow,
)

SEQUENCE = Extensions(
    workflow={"resources": "sequence"},
    job={"image": "scalar"},
    step={
        "image": "scalar",
        "entrypoint": ("scalar", "sequence"),
        "cmd": ("scalar", "sequence"),
        "get": "scalar",
        "params": "mapping",
    },
    optional={"runs-on"},
)


def errors_of(text: str, **options: Any) -> list[str]:
    with pytest.raises(WorkflowErrors) as caught:
        read_workflow(text, file="ci.yml", **options)
    return [str(error) for error in caught.value.errors]


def job_errors(text: str, **options: Any) -> list[str]:
    with pytest.raises(WorkflowErrors) as caught:
        read_job(text, file="j", **options)
    return [str(error) for error in caught.value.errors]


FULL = """\
name: CI ${{ '' }}
on: {push: {branches: [main]}, workflow_dispatch: {inputs: {x: {type: boolean}}}}
run-name: by ${{ github.actor }}
env: {A: 1}
defaults: {run: {shell: bash, working-directory: src}}
permissions: read-all
concurrency: {group: g, cancel-in-progress: true}
jobs:
  build:
    name: b ${{ matrix.os }}
    if: github.ref == 'x'
    runs-on: [self-hosted, linux]
    strategy: {matrix: {os: [a, b]}, fail-fast: false, max-parallel: 2}
    container: {image: alpine, env: {B: 2}}
    services: {db: {image: postgres}}
    environment: {name: prod, url: x}
    outputs: {o: '${{ steps.s.outputs.v }}'}
    timeout-minutes: 5
    cancel-timeout-minutes: 1
    continue-on-error: ${{ matrix.os == 'a' }}
    steps:
      - id: s
        name: step
        if: always()
        run: echo ${{ matrix.os }}
        shell: sh
        working-directory: /tmp
        env: {C: 3}
        continue-on-error: true
        timeout-minutes: 1.5
      - uses: actions/checkout@v4
        with: {fetch-depth: 0}
  call:
    needs: [build]
    uses: ./.github/workflows/x.yml
    with: {a: 1}
    secrets: inherit
"""


def test_every_field_lands_in_the_models() -> None:
    workflow = read_workflow(FULL.replace("CI ${{ '' }}", "CI"), file="ci.yml", strict=True)
    assert (workflow.file, workflow.name, list(workflow.jobs)) == ("ci.yml", "CI", ["build", "call"])
    assert resolve(workflow.env, {}) == {"A": 1}
    assert resolve_text(workflow.defaults.shell, {}) == "bash"
    assert resolve_text(workflow.run_name, {"github": {"actor": "me"}}) == "by me"
    build = workflow.jobs["build"]
    assert build.position.line == 9
    assert isinstance(build.runs_on, Sequence)
    assert build.strategy is not None
    assert resolve(build.strategy.matrix, {}) == {"os": ["a", "b"]}
    assert resolve(build.strategy.fail_fast, {}) is False
    assert isinstance(build.container, Mapping)
    assert resolve(build.services, {}) == {"db": {"image": "postgres"}}
    assert list(build.outputs) == ["o"]
    assert resolve(build.continue_on_error, {"matrix": {"os": "a"}}) is True
    first, second = build.steps
    assert (first.id, first.shell, first.uses) == ("s", "sh", "")
    assert resolve_text(first.run, {"matrix": {"os": "a"}}) == "echo a"
    assert resolve(first.timeout_minutes, {}) == 1.5
    assert (second.uses, second.run, second.id) == ("actions/checkout@v4", None, "")
    assert resolve(second.with_, {}) == {"fetch-depth": 0}
    call = workflow.jobs["call"]
    assert (call.needs, call.steps) == (("build",), ())
    assert resolve_text(call.uses, {}) == "./.github/workflows/x.yml"
    assert resolve_text(call.secrets, {}) == "inherit"


def test_models_are_values() -> None:
    text = FULL.replace("CI ${{ '' }}", "CI")
    assert read_workflow(text, file="ci.yml") == read_workflow(text, file="ci.yml")


def test_near_matches_are_suggested() -> None:
    assert errors_of("on: push\njobs:\n  a:\n    run-on: x\n    steps: []") == [
        "ci.yml:4:5: Unexpected value 'run-on' (did you mean `runs-on`?)",
        "ci.yml:4:5: Required property is missing: runs-on",
    ]
    assert errors_of("on: push\njobs:\n  a:\n    runs-on: x\n    permissions: {contents: wirte}") == [
        "ci.yml:5:29: Unexpected value 'wirte' (did you mean `write`?)"
    ]
    [error] = errors_of("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: ${{ step.x }}")
    assert error.endswith("(did you mean `steps`?)")
    [error] = errors_of("on: push\njobs:\n  a:\n    runs-on: x\n    if: secrets.x")
    assert "available here: github, inputs, needs, vars" in error


def test_a_hint_names_what_is_available_for_unknown_names_alone() -> None:
    assert "(available here: github," in job_errors("runs-on: x\nname: ${{ zzz.ref }}")[0]
    assert job_errors("runs-on: x\nname: ${{ github. }}")[0].endswith("within expression: github.")


def test_keys_of_the_other_kind_are_explained() -> None:
    [error] = errors_of(
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps: [{uses: a/b@c, working-directory: x}]"
    )
    assert error.endswith(
        "Unexpected value 'working-directory' (`working-directory` does not go with `uses`)"
    )


def test_all_mistakes_are_told_and_at_most_ten() -> None:
    steps = "\n".join(f"      - {{runn: {n}}}" for n in range(12))
    assert len(errors_of(f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n{steps}")) == 10


@pytest.mark.parametrize("key", ["background", "wait", "wait-all", "cancel", "parallel"])
def test_background_steps_are_refused_by_name_and_read_where_the_caller_takes_them(key: str) -> None:
    value = "[{run: x}]" if key == "parallel" else "true"
    text = (
        f"runs-on: x\nsteps:\n  - run: x\n    {key}: {value}"
        if key == "background"
        else f"runs-on: x\nsteps: [{{{key}: {value}}}]"
    )
    found = job_errors(text)
    assert f"Unexpected value '{key}'" in found[0]
    assert "background steps are not supported" in found[0]
    assert list(read_job(text, file="j", extensions=BACKGROUND_STEPS).steps[0].extra) == [key]


WITH_EXTRA = """\
resources: [a]
on: push
jobs:
  j:
    image: alpine
    steps:
      - {image: x, cmd: [a], env: {A: 1}}
      - {run: x, image: y}
      - {get: repo, params: {a: 1}}
"""


def test_the_callers_keys_land_in_extra() -> None:
    workflow = read_workflow(WITH_EXTRA, file="f", extensions=SEQUENCE)
    assert list(workflow.extra) == ["resources"]
    job = workflow.jobs["j"]
    assert resolve_text(job.extra["image"], {}) == "alpine"
    assert [list(step.extra) for step in job.steps] == [["image", "cmd"], ["image"], ["get", "params"]]
    assert resolve(job.steps[0].env, {}) == {"A": 1}


def test_the_callers_keys_say_what_a_step_does() -> None:
    step = read_step("image: a\nworking-directory: b", file="s", extensions=SEQUENCE)
    assert step.run is None
    with pytest.raises(WorkflowErrors, match="Required property is missing: run"):
        read_step("working-directory: b", file="s", extensions=SEQUENCE)


def test_the_callers_keys_leave_githubs_rules_for_jobs_and_workflows() -> None:
    strict = Extensions(workflow={"resources": "sequence"}, job={"image": "scalar"})
    assert "missing: runs-on" in job_errors("image: x\nsteps: [{run: x}]", extensions=strict)[0]
    assert "missing: jobs" in errors_of("resources: []", extensions=strict)[0]
    assert read_workflow("name: x", file="f", extensions=Extensions(optional={"jobs"})).jobs == {}


def test_the_callers_keys_may_use_secrets() -> None:
    jobs = "jobs: {j: {image: '${{ secrets.y }}', steps: []}}"
    text = "resources: [{source: '${{ secrets.x }}'}]\non: push\n" + jobs
    assert list(read_workflow(text, file="f", extensions=SEQUENCE).extra) == ["resources"]


def test_without_the_caller_the_same_keys_are_refused() -> None:
    assert "Unexpected value 'image'" in job_errors("runs-on: x\nsteps: [{image: x}]")[0]


def test_the_callers_keys_hold_the_kinds_it_names() -> None:
    found = job_errors("steps: [{image: [x]}, {get: {a: 1}}, {params: x}]", extensions=SEQUENCE)
    assert [error.split(": ", 1)[1] for error in found] == [
        "A sequence was not expected (expected one value)",
        "A mapping was not expected (expected one value)",
        "Unexpected value 'x'",
    ]


def test_expressions_in_the_callers_keys_are_checked() -> None:
    [error] = job_errors("steps: [{image: '${{ nope.x }}'}]", extensions=SEQUENCE)
    assert "Unrecognized named-value: 'nope'" in error


def test_a_step_with_none_of_the_deciding_keys_is_still_refused() -> None:
    [error] = job_errors("steps: [{name: x}]", extensions=SEQUENCE)
    assert "There's not enough info" in error


def test_single_steps_and_jobs_are_documents() -> None:
    step = read_step("run: echo hi\nid: x", file="s")
    assert (step.id, resolve_text(step.run, {})) == ("x", "echo hi")
    assert read_step("image: alpine", file="s", extensions=SEQUENCE).extra.keys() == {"image"}
    assert read_job("runs-on: x\nsteps: [{run: a}]", file="j").id == "job"
    with pytest.raises(WorkflowErrors, match="not enough info"):
        read_step("name: x", file="s")


@pytest.mark.parametrize("text", ["", "# nothing", "- a", "a"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    assert "A mapping was expected" in errors_of(text)[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [("strategy", "a ${{ fromJSON('{}') }}"), ("defaults", "{run: '${{ fromJSON(vars.x) }}'}")],
)
def test_expressions_for_whole_sections_that_the_models_cannot_hold_are_refused(key: str, value: str) -> None:
    [error] = job_errors(f"runs-on: x\n{key}: {value}")
    assert "is not supported" in error


@pytest.mark.parametrize(
    ("given", "fails_fast"),
    [({"fail-fast": False, "max-parallel": 2}, False), ({"fail-fast": True}, True), ({}, True)],
)
def test_a_strategy_may_be_one_expression(given: dict[str, Any], fails_fast: bool) -> None:
    job = read_job("runs-on: x\nstrategy: ${{ fromJSON(needs.plan.outputs.it) || 1 }}", file="j")
    whole = {"matrix": {"os": ["a", "b"], "include": [{"x": 1}]}, **given}
    contexts = {"needs": {"plan": {"outputs": {"it": json.dumps(whole)}}}}
    assert job.strategy is not None
    assert resolve(job.strategy.matrix, contexts) == whole["matrix"]
    assert resolve(job.strategy.fail_fast, contexts) is fails_fast
    assert resolve(job.strategy.max_parallel, contexts) == given.get("max-parallel")


def test_a_wrong_expression_for_a_strategy_is_told() -> None:
    error = job_errors("runs-on: x\nstrategy: ${{ fromJSON(matrix.x) }}")[0]
    assert error.startswith("j:2:11: Unrecognized named-value: 'matrix'")


def test_a_key_that_is_an_expression_may_bring_what_is_required() -> None:
    read_job("runs-on: x\nconcurrency: {'${{ insert }}': '${{ matrix.c }}'}", file="j")


def test_tolerant_for_running_and_strict_for_linting() -> None:
    text = "on: {push: {branch: x}, made_up: }\njobs: {a: {runs-on: x}}"
    assert list(read_workflow(text, file="f").on.events) == ["push", "made_up"]
    found = errors_of(text, strict=True)
    assert "did you mean `branches`?" in found[0]
    assert "Unexpected value 'made_up'" in found[1]
    assert "Required property is missing: on" in errors_of("jobs: {a: {runs-on: x}}", strict=True)[0]


def test_a_strict_reader_tells_of_all_that_is_wrong_at_once() -> None:
    keys = "".join(f"  wrong{number}: 1\n" for number in range(12))
    text = f"on: push\njobs:\n a:\n  runs-on: x\n  needs: nobody\n{keys}"
    assert len(errors_of(text)) == 10
    found = errors_of(text, strict=True)
    assert len(found) == 13
    assert "depends on unknown job 'nobody'" in found[-1]  # what no table says


def test_a_strict_reader_tells_of_a_mistake_once() -> None:
    assert len(errors_of("on: push\njobs: {a: {runs-on: x, steps: [{uses: ''}]}}", strict=True)) == 1
    wrong = "on: push\njobs: {a: {runs-on: x, timeout-minutes: '${{ a( }}'}}"
    assert [len(errors_of(wrong, strict=strict)) for strict in (False, True)] == [2, 1]


def test_a_strict_reader_stops_at_a_thousand_mistakes() -> None:
    keys = ", ".join(f"k{number}: 1" for number in range(1100))
    assert len(errors_of(f"{{on: push, jobs: {{a: {{runs-on: x}}}}, {keys}}}", strict=True)) == 1000


def test_needs_match_in_any_case() -> None:
    workflow = read_workflow("on: push\njobs: {A: {runs-on: x}, b: {runs-on: x, needs: a}}", file="f")
    assert workflow.jobs["b"].needs == ("a",)


def test_jobs_that_all_need_others_are_told_with_what_they_need() -> None:
    jobs = "{a: {runs-on: x, needs: [B, c]}, b: {runs-on: x, needs: a}, c: {runs-on: x, needs: b}}"
    with pytest.raises(WorkflowErrors) as found:
        read_workflow(f"on: push\njobs: {jobs}", file="f")
    (error,) = found.value.errors
    assert error.message == "The workflow must contain at least one job with no dependencies."
    assert error.hint == "a needs B, b needs a, c needs b"


def test_a_job_that_needs_itself_or_waits_for_a_cycle() -> None:
    jobs = "on: push\njobs:\n  r: {runs-on: x}\n  a: {runs-on: x, needs: [a, r]}\n  b: {runs-on: x, needs: a}"
    assert [error.split(": ", 1)[1] for error in errors_of(jobs)] == [
        "Job 'a' depends on job 'a' which creates a cycle in the dependency graph."
    ]


def test_long_chains_of_jobs_are_checked_in_time() -> None:
    jobs = "\n".join(f"  j{n}: {{runs-on: x, needs: [j{n + 1}]}}" for n in range(3000))
    assert len(read_workflow(f"on: push\njobs:\n{jobs}\n  j3000: {{runs-on: x}}", file="f").jobs) == 3001


@pytest.mark.parametrize(
    "text",
    [
        "on: push\njobs: {a: {runs-on: x, " + ", ".join(f"runs-on{n}: x" for n in range(20_000)) + "}}",
        "on: push\njobs: {a: {runs-on: x, steps: ["
        + ", ".join("{run: '${{ x.y }}'}" for _ in range(9_000))
        + "]}}",
        "on: push\njobs: {a: {runs-on: x, needs: [" + ", ".join("b" * n for n in range(1, 1000)) + "]}}",
    ],
)
def test_many_mistakes_cost_little_time(text: str) -> None:
    started = time.thread_time()
    assert len(errors_of(text)) == 10
    assert time.thread_time() - started < 2


def test_static_mistakes_of_a_matrix_are_told_at_once() -> None:
    found = job_errors("runs-on: x\nstrategy: {matrix: {os: [a], exclude: [{ox: a}, {}]}}")
    assert "Matrix exclude key 'ox' does not match any key within the matrix" in found[0]
    assert "Matrix exclude filter must not be empty" in found[1]
    for nothing in ("{}", "{include: []}"):
        assert "at least one vector" in job_errors(f"runs-on: x\nstrategy: {{matrix: {nothing}}}")[0]
    found = job_errors("runs-on: x\nstrategy: {matrix: {os: [a], include: [{}]}}")
    assert found == ["j:2:40: Matrix include mapping does not contain any values"]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("snapshot: {image-name: a, version: 1.2}", "Expected format '{major-version}.*' Actual '1.2'"),
        (f"concurrency: {'g' * 401}", "Concurrency group name must be less than 400 characters"),
        (f"concurrency: {{group: {'g' * 401}}}", "Concurrency group name must be less than 400 characters"),
    ],
)
def test_a_value_that_no_table_describes_is_checked_too(key: str, message: str) -> None:
    [found] = job_errors(f"runs-on: x\n{key}")
    assert message in found
    assert found.startswith("j:2:")


@pytest.mark.parametrize(
    "key",
    [
        "snapshot: {image-name: a, version: 1.*}",
        "snapshot: a",
        f"concurrency: {'g' * 400}",
        "concurrency: ${{ github.ref }}" + "g" * 400,
    ],
)
def test_what_fits_or_is_not_known_yet_is_let_pass(key: str) -> None:
    read_job(f"runs-on: x\n{key}", file="job.yml")
