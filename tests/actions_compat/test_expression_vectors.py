"""GitHub's and act's own test data: expressions, templates, conditions and results."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from actions_compat.conditions import Condition, status_functions
from actions_compat.expressions import EvaluationError, ExpressionError, evaluate
from actions_compat.expressions.values import kind_of
from actions_compat.hashfiles import hash_files
from actions_compat.results import job_status, merge_results
from actions_compat.templates import Template

FOLDER = Path(__file__).parents[2].parent / "shared" / "vectors"


def read(name: str) -> Any:
    file = FOLDER / name
    return json.loads(file.read_text()) if file.exists() else []


EXPRESSIONS: list[dict[str, Any]] = read("expressions.json")
MORE: dict[str, Any] = read("expressions_more.json") or {}
RUNNER: dict[str, Any] = read("runner.json") or {}

pytestmark = pytest.mark.skipif(
    not (EXPRESSIONS and MORE and RUNNER),
    reason="the vectors are not beside the project: ../shared/vectors",
)

# every context is known in these vectors; one that an entry does not name is empty
NAMES = [
    "github",
    "env",
    "job",
    "steps",
    "runner",
    "secrets",
    "vars",
    "strategy",
    "matrix",
    "needs",
    "inputs",
]


def number(value: object) -> float:
    """Read a vector's number, in which NaN and the infinities are strings."""
    assert isinstance(value, (int, float, str))
    return float(value)


def same(value: object, kind: str, expected: object) -> bool:
    if kind_of(value).lower() != kind.lower():
        return False
    if kind.lower() != "number":
        return value == expected
    wanted = number(expected)
    return number(value) == wanted or (math.isnan(wanted) and math.isnan(number(value)))


class ZeroGithub(dict[str, object]):
    """act's empty github context: each property that GitHub has is the empty string."""

    def __init__(self) -> None:
        super().__init__(dict.fromkeys(("action", "actor", "event_name", "ref", "sha", "workflow"), ""))


@cache
def contexts_of(name: str) -> Mapping[str, object]:
    given = {key: value for key, value in MORE["contexts"][name].items() if not key.startswith("_")}
    if name == "github_empty":
        given["github"] = ZeroGithub()
    return {**{key: {} for key in NAMES}, **given}


@pytest.mark.parametrize("vector", EXPRESSIONS, ids=lambda vector: vector["expr"][:60])
def test_an_expression_gives_githubs_value_or_message(vector: dict[str, Any]) -> None:
    contexts = vector.get("contexts") or {}
    if "err" in vector:
        with pytest.raises(ExpressionError) as raised:
            evaluate(vector["expr"], contexts)
        assert str(raised.value).startswith(vector["err"]["value"])
        assert isinstance(raised.value, EvaluationError) == (vector["err"]["kind"] == "evaluation")
        return
    value = evaluate(vector["expr"], contexts)
    assert same(value, vector["result"]["kind"], vector["result"]["value"]), value


ERRORS = {
    "format_invalid": "The following format string is invalid",
    "format_arg_index": "The following format string references more arguments than were supplied",
}


@pytest.fixture(scope="module")
def hashed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hashed")
    for name, text in MORE["contexts"]["hashfiles"]["_workspace_files"].items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("vector", MORE.get("vectors", []), ids=lambda vector: vector["id"])
def test_more_expressions_give_their_values(vector: dict[str, Any], hashed_folder: Path) -> None:
    functions = {
        **status_functions("success"),
        "hashFiles": lambda *patterns: hash_files(hashed_folder, [str(pattern) for pattern in patterns]),
    }
    contexts = contexts_of(vector["context"])
    if vector.get("expect_error"):
        with pytest.raises(EvaluationError, match=ERRORS[vector["error_kind"]]):
            evaluate(vector["expr"], contexts, functions=functions)
        return
    value = evaluate(vector["expr"], contexts, functions=functions)
    assert same(value, vector["expected"]["type"], vector["expected"]["value"]), value


@pytest.mark.parametrize("vector", MORE.get("interpolate", []), ids=lambda vector: vector["template"])
def test_a_text_is_rendered(vector: dict[str, Any]) -> None:
    assert Template.parse(vector["template"]).render(contexts_of(vector["context"])) == vector["expected"]


@pytest.mark.parametrize("vector", MORE.get("if_conditions", []), ids=lambda vector: vector["if"])
def test_a_condition_holds_or_not(vector: dict[str, Any]) -> None:
    functions = status_functions("success")
    condition = Condition.parse(vector["if"])
    if vector["expect_error"]:
        with pytest.raises(ExpressionError):
            condition.holds(contexts_of(vector["context"]), functions)
        return
    assert condition.holds(contexts_of(vector["context"]), functions) == vector["expected"]


@pytest.mark.parametrize("vector", MORE.get("step_if", []), ids=str)
def test_a_steps_condition_sees_the_steps_before_it(vector: dict[str, Any]) -> None:
    status = job_status(vector["prior_step_conclusions"])
    assert status != "skipped"
    assert Condition.parse(vector["if"]).holds({}, status_functions(status)) == vector["expected"]


@pytest.mark.parametrize("vector", RUNNER.get("status_functions", []), ids=str)
def test_a_status_function_answers_as_the_runner_does(vector: dict[str, Any]) -> None:
    # in a composite action, a status that is not set is a success
    action_status = (vector["action_status"] or "success") if vector.get("composite_main") else None
    functions = status_functions(vector["job_status"], action_status=action_status)
    assert evaluate(f"{vector['fn']}()", {}, functions=functions) is vector["expected"]


# the runner's internal words → those of its contexts
WORDS = {None: None, "succeeded": "success", "failed": "failure", "canceled": "cancelled"}


@pytest.mark.parametrize("vector", RUNNER.get("merge_results", []), ids=str)
def test_results_merge_as_the_runner_merges_them(vector: list[str | None]) -> None:
    current, coming, merged = (WORDS.get(word, word) for word in vector)
    assert merge_results(current, coming) == merged  # type: ignore[arg-type]  # words of the vectors


def test_no_vector_is_missing() -> None:
    counts = Counter(
        {key: len(MORE[key]) for key in ("vectors", "interpolate", "if_conditions", "step_if")},
        expressions=len(EXPRESSIONS),
        status_functions=len(RUNNER["status_functions"]),
        merge_results=len(RUNNER["merge_results"]),
    )
    assert counts == {
        "expressions": 1020,
        "vectors": 538,
        "interpolate": 32,
        "if_conditions": 59,
        "step_if": 9,
        "status_functions": 26,
        "merge_results": 30,
    }
