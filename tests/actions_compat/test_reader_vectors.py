"""GitHub's own workflow files: what reads, reads as there; what does not, fails in GitHub's words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actions_compat.conditions import Condition
from actions_compat.nodes import (
    Mapping,
    Node,
    Position,
    Scalar,
    Sequence,
    WorkflowErrors,
    is_insert,
    resolve_text,
    to_text,
)
from actions_compat.permissions import WRITE_ALL, Permissions
from actions_compat.reusable import Called, CallLimits, read_called
from actions_compat.step_ids import step_ids
from actions_compat.workflow import BACKGROUND_STEPS, Defaults, Job, Step, Workflow, read_workflow
from actions_compat.yaml_tree import Limits

Json = Any  # a vector: the shapes are what the tests compare

VECTORS = Path(__file__).parents[3] / "shared/vectors/workflow_reader.json"
LEFT_OUT = {
    "errors-anchor-tag.yml": "anchors are allowed today, at GitHub and here",
    "errors-max-result-size.yml": "max-result-size.yml under a larger limit: one of them must fail",
}
# It names `branches` with `branches-ignore`, and so on: fine for GitHub's reader, refused by its service.
LINTED = "events-mapping-all.yml"


def load() -> list[Any]:
    if not VECTORS.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no vectors at {VECTORS}"))]
    entries = json.loads(VECTORS.read_text(encoding="utf-8"))
    return [_param(entry) for entry in entries]


def _param(entry: dict[str, Json]) -> Any:
    name = Path(entry["file"]).name
    marks = [pytest.mark.xfail(strict=True, reason=LEFT_OUT[name])] if name in LEFT_OUT else []
    return pytest.param(entry, id=name, marks=marks)


def read(entry: dict[str, Json]) -> Called:
    options = entry["options"]
    limits = {"max-depth": "depth", "max-file-size": "characters", "max-result-size": "memory_bytes"}
    workflow = read_workflow(
        entry["workflow"],
        file=entry["path"],
        # those with "C#" are the reader's truth for `on` in full
        strict="C#" in options.get("skip", ()) and Path(entry["file"]).name != LINTED,
        extensions=BACKGROUND_STEPS if "experimental-features" in options else None,
        limits=Limits(**{ours: options[theirs] for theirs, ours in limits.items() if theirs in options}),
    )
    if options.get("skip-reusable-workflows"):
        return Called(workflow, {})
    call_limits = {
        "max-nested-reusable-workflows-depth": "depth",
        "max-job-limit": "jobs",
        "max-result-size": "memory_bytes",
    }
    return read_called(
        workflow,
        lambda uses, _: str(entry["referenced"][uses]),
        granted=policy(entry),
        limits=CallLimits(
            **{ours: options[theirs] for theirs, ours in call_limits.items() if theirs in options}
        ),
    )


def policy(entry: dict[str, Json]) -> Permissions | None:
    limited_read = {"contents": "read", "packages": "read"}  # GitHub's default for new repositories
    return {"LimitedRead": limited_read, "Write": WRITE_ALL}.get(entry["options"].get("permissions-policy"))


@pytest.mark.parametrize("entry", load())
def test_github_and_we_agree(entry: dict[str, Json]) -> None:
    if "errors" in entry["expected"]:
        with pytest.raises(WorkflowErrors) as caught:
            read(entry)
        wanted = [error["Message"] for error in entry["expected"]["errors"]]
        assert [error.github for error in caught.value.errors] == wanted
    else:
        compare_workflow(entry["expected"], read(entry))


def test_the_strict_table_has_every_event_and_key_of_the_vectors() -> None:
    if not VECTORS.exists():
        pytest.skip(f"no vectors at {VECTORS}")
    [entry] = [entry for entry in json.loads(VECTORS.read_text()) if Path(entry["file"]).name == LINTED]
    with pytest.raises(WorkflowErrors) as caught:
        read_workflow(entry["workflow"], file="f", strict=True)
    assert {error.message for error in caught.value.errors} == {
        f"you may only define one of `{key}` and `{key}-ignore` for a single event"
        for key in ("branches", "tags", "paths")
    }


def test_only_the_known_entries_are_left_out() -> None:
    assert len(LEFT_OUT) == 2
    if VECTORS.exists():
        names = {Path(entry["file"]).name for entry in json.loads(VECTORS.read_text(encoding="utf-8"))}
        assert names >= LEFT_OUT.keys()


# --- the models against the vectors' tokens ---


def compare_workflow(expected: dict[str, Json], called: Called) -> None:
    workflow = called.workflow
    for key, node in (("env", workflow.env), ("concurrency", workflow.concurrency)):
        compare(expected.get(key), node, key)
    compare_defaults(expected.get("defaults"), workflow.defaults)
    if "events" in expected:
        compare_events(expected["events"], workflow)
    if "input-types" in expected:
        declared = workflow.on.events["workflow_dispatch"].inputs
        assert expected["input-types"] == {name: value.type for name, value in declared.items()}
    compare_jobs(expected["jobs"], called)


def compare_jobs(expected: list[Json], called: Called) -> None:
    jobs = called.workflow.jobs
    assert [literal(job["id"]) for job in expected] == list(jobs)
    for wanted, job in zip(expected, jobs.values(), strict=True):
        compare_position(wanted["id"], job.position)
        compare_job(wanted, job)
        if job.uses is not None:
            compare(wanted["ref"], job.uses, "ref")
            compare_call(wanted, job, called.calls.get(job.id))


def compare_call(wanted: dict[str, Json], job: Job, called: Called | None) -> None:
    compare(wanted.get("input-values"), job.with_, "input-values")
    if wanted.get("inherit-secrets"):
        assert resolve_text(job.secrets, {}) == "inherit"
    else:
        compare(wanted.get("secret-values"), job.secrets, "secret-values")
    if called is None:
        assert wanted["jobs"] == []
        return
    trigger = called.workflow.on.events["workflow_call"]
    inputs = [pair["Key"] for pair in wanted.get("input-definitions", {}).get("map", [])]
    secrets = [pair["Key"] for pair in wanted.get("secret-definitions", {}).get("map", [])]
    assert (inputs, secrets) == (list(trigger.inputs), list(trigger.secrets))
    for pair in wanted.get("input-definitions", {}).get("map", []):
        definition = {item["Key"]: item["Value"] for item in pair["Value"]["map"]}
        declared = trigger.inputs[pair["Key"]]
        assert (declared.type, declared.required) == (definition["type"], definition.get("required", False))
        compare(definition.get("default"), declared.default, "default")
    outputs = {pair["Key"]: pair["Value"]["map"] for pair in wanted.get("outputs", {}).get("map", [])}
    assert list(outputs) == list(trigger.outputs)
    for name, pairs in outputs.items():
        compare(next(pair["Value"] for pair in pairs if pair["Key"] == "value"), trigger.outputs[name], name)
    compare_jobs(wanted["jobs"], called)


def compare_job(wanted: dict[str, Json], job: Job) -> None:
    assert [literal(need) for need in wanted.get("needs", [])] == list(job.needs)
    assert wanted["if"]["expr"] == condition(job.if_)
    if job.name is not None:
        compare(wanted["name"], job.name, "name")
    else:
        assert literal(wanted["name"]) == job.id
    for key, node in (
        ("runs-on", job.runs_on),
        ("container", job.container),
        ("services", job.services),
        ("environment", job.environment),
        ("env", job.env),
        ("timeout-minutes", job.timeout_minutes),
        ("cancel-timeout-minutes", job.cancel_timeout_minutes),
        ("continue-on-error", job.continue_on_error),
        ("concurrency", job.concurrency),
        ("snapshot", job.snapshot),
    ):
        compare(wanted.get(key), node, key)
    if job.uses is None:
        compare_pairs(wanted.get("outputs", {}).get("map", []), job.outputs, "outputs")
    compare_defaults(wanted.get("defaults"), job.defaults)
    compare_strategy(wanted.get("strategy"), job)
    compare_steps(wanted.get("steps", []), job.steps)


def compare_strategy(wanted: Json, job: Job) -> None:
    strategy = job.strategy
    assert (wanted is None) == (strategy is None)
    if strategy is not None:
        pairs = {literal(pair["Key"]): pair["Value"] for pair in wanted["map"]}
        assert pairs.keys() <= {"matrix", "fail-fast", "max-parallel"}
        compare(pairs.get("matrix"), strategy.matrix, "matrix")
        compare(pairs.get("fail-fast"), strategy.fail_fast, "fail-fast")
        compare(pairs.get("max-parallel"), strategy.max_parallel, "max-parallel")


def compare_steps(wanted: list[Json], steps: tuple[Step, ...]) -> None:
    assert [step["id"] for step in wanted] == list(step_ids(steps))
    for expected, step in zip(wanted, steps, strict=True):
        if not {"wait", "wait-all", "cancel"} & expected.keys():
            assert expected["if"]["expr"] == condition(step.if_)
            compare(expected.get("name"), step.name, "name")
        assert expected.get("uses", "") == step.uses
        assert expected.get("shell", "") == step.shell
        for key, node in (
            ("run", step.run),
            ("env", step.env),
            ("with", step.with_),
            ("working-directory", step.working_directory),
            ("continue-on-error", step.continue_on_error),
            ("timeout-minutes", step.timeout_minutes),
        ):
            compare(expected.get(key), node, key)
        assert step.extra.keys() == expected.keys() & {"background", "wait", "wait-all", "cancel"}
        if "cancel" in step.extra:
            compare(expected["cancel"], step.extra["cancel"], "cancel")


def compare_defaults(wanted: Json, defaults: Defaults) -> None:
    sections = dict(map(pair_of, wanted["map"])) if wanted else {}
    run = dict(map(pair_of, sections["run"]["map"])) if sections else {}
    compare(run.get("shell"), defaults.shell, "shell")
    compare(run.get("working-directory"), defaults.working_directory, "working-directory")


def pair_of(pair: dict[str, Json]) -> tuple[str, Json]:
    return literal(pair["Key"]), pair["Value"]


def compare_events(wanted: dict[str, Json], workflow: Workflow) -> None:
    assert list(wanted) == list(workflow.on.events)
    for name, settings in wanted.items():
        trigger = workflow.on.events[name]
        if name == "schedule":
            assert [item["cron"] for item in settings] == [schedule.cron for schedule in trigger.schedules]
            continue
        filters = {key: tuple(value) for key, value in settings.items() if key not in {"inputs", "secrets"}}
        assert filters == trigger.filters
        assert list(settings.get("inputs", {})) == list(trigger.inputs)
        assert list(settings.get("secrets", {})) == list(trigger.secrets)


def compare(wanted: Json, node: Node | None, where: str) -> None:
    """Type, value, order and, where the vector holds it, the place."""
    if wanted is None and not isinstance(node, Scalar):
        assert node is None, where
        return
    assert node is not None, where
    compare_position(wanted, node.position)
    match node:
        case Scalar():
            assert wanted == scalar_token(wanted, node), where
        case Sequence():
            assert len(wanted["seq"]) == len(node.items), where
            for expected, item in zip(wanted["seq"], node.items, strict=True):
                compare(expected, item, where)
        case Mapping():
            assert len(wanted["map"]) == len(node.items), where
            for pair, (key, value) in zip(wanted["map"], node.items, strict=True):
                compare(pair["Key"], key, where)
                compare(pair["Value"], value, f"{where}.{key.text}")


def compare_pairs(wanted: list[Json], nodes: Any, where: str) -> None:
    assert [literal(pair["Key"]) for pair in wanted] == list(nodes)
    for pair in wanted:
        compare(pair["Value"], nodes[literal(pair["Key"])], where)


def compare_position(wanted: Json, position: Position) -> None:
    if isinstance(wanted, dict) and "line" in wanted:
        assert (wanted["line"], wanted["col"]) == (position.line, position.column)


def scalar_token(wanted: Json, node: Scalar) -> Json:
    """The vectors' form of *node*; a string where GitHub's table says so, which *wanted* shows."""
    place = {
        key: wanted[key] for key in ("file", "line", "col") if isinstance(wanted, dict) and key in wanted
    }
    if is_insert(node):
        return {"type": 4, "directive": "insert"} | place
    if node.has_expression and isinstance(wanted, dict):
        assert node.template is not None
        assert node.template.expression is not None
        return {"type": 3, "expr": node.template.expression.text} | place
    if node.has_expression:
        return resolve_text(node, {})  # an escaped `${{`
    if not place:
        return to_text(node.value) if isinstance(wanted, str) else node.value
    return (
        typed_token(node) | place if "lit" not in wanted else {"type": 0, "lit": to_text(node.value)} | place
    )


def typed_token(node: Scalar) -> dict[str, Json]:
    if node.value is None:
        return {"type": 7}
    number, key = {bool: (5, "bool"), int: (6, "num"), float: (6, "num")}[type(node.value)]
    return {"type": number, key: node.value}


def condition(node: Scalar | None) -> str:
    """The condition as GitHub completes it."""
    parsed = Condition.parse(to_text(node.value) if node else None)
    text = parsed.expression.text
    return f"success() && ({text})" if parsed.needs_success else text


def literal(token: Json) -> str:
    return str(token["lit"] if isinstance(token, dict) else token)
