"""`if`: what is implied, and what the status functions say at each level."""

import pytest

from actions_compat.conditions import Condition, job_status_functions, status_functions
from actions_compat.expressions import ExpressionError, ExpressionSyntaxError, UnknownNameError, evaluate


@pytest.mark.parametrize("text", [None, "", "  ", "success()", "true", "${{ true }}", "'always()'", "env.A"])
def test_success_is_implied_without_a_status_function(text: str | None) -> None:
    contexts = {"env": {"A": "1"}}
    condition = Condition.parse(text)
    assert condition.holds(contexts, status_functions("success"))
    assert not condition.holds(contexts, status_functions("failure"))
    assert not condition.holds(contexts, status_functions("cancelled"))


@pytest.mark.parametrize(
    "text", ["always()", "true || Failure()", "${{ !Cancelled() || true }}", "a ${{ ALWAYS() }}"]
)
def test_nothing_is_implied_with_one(text: str) -> None:
    for status in ("success", "failure", "cancelled"):
        assert Condition.parse(text).holds({}, status_functions(status))


def test_pre_and_post_conditions_stand_as_written() -> None:
    failed = status_functions("failure")
    assert Condition.parse(None, implicit_success=False).holds({}, failed)
    assert Condition.parse("true", implicit_success=False).holds({}, failed)
    assert not Condition.parse("success()", implicit_success=False).holds({}, failed)


def test_text_around_an_expression_makes_it_a_text_and_so_true() -> None:
    assert Condition.parse("${{ false }} ").holds({}, status_functions("success"))
    assert not Condition.parse("${{ false }}").holds({}, status_functions("success"))


def test_the_condition_is_the_truth_of_its_value() -> None:
    functions = status_functions("success")
    assert Condition.parse("fromJSON('[]')").holds({}, functions)
    assert Condition.parse("'false'").holds({}, functions)
    assert not Condition.parse("''").holds({}, functions)


def test_an_unknown_name_is_an_error_even_after_a_failure() -> None:
    with pytest.raises(UnknownNameError, match="'secrets'"):
        Condition.parse("secrets.X").holds({"github": {}}, status_functions("failure"))
    with pytest.raises(ExpressionError):
        Condition.parse("${{ 1 ==")


def test_in_a_composite_action_success_and_failure_ask_for_the_action() -> None:
    functions = status_functions("cancelled", action_status="failure")
    assert evaluate("failure() && cancelled() && !success()", {}, functions=functions) is True
    assert evaluate(
        "success() && cancelled()", {}, functions=status_functions("cancelled", action_status="success")
    )


def test_a_steps_status_functions_take_no_arguments() -> None:
    with pytest.raises(ExpressionSyntaxError, match="Too many parameters supplied: 'success'"):
        evaluate("success('build')", {}, functions=status_functions("success"))


@pytest.mark.parametrize(
    ("results", "success", "failure"),
    [
        ({}, True, False),
        ({"a": "success", "b": "success"}, True, False),
        ({"a": "success", "b": "skipped"}, False, False),
        ({"a": "failure", "b": "success"}, False, True),
        ({"a": "cancelled"}, False, False),
    ],
)
def test_a_jobs_status_functions_ask_for_what_it_needs(
    results: dict[str, str], *, success: bool, failure: bool
) -> None:
    functions = job_status_functions(results)
    assert evaluate("success()", {}, functions=functions) is success
    assert evaluate("failure()", {}, functions=functions) is failure
    assert evaluate("always() && !cancelled()", {}, functions=functions) is True


def test_a_jobs_status_functions_may_name_jobs() -> None:
    functions = job_status_functions({"build": "success", "lint": "failure"})
    assert evaluate("success('Build') && failure('lint') && !success()", {}, functions=functions) is True
    assert evaluate("success('nowhere') || failure('build', 'nowhere')", {}, functions=functions) is False


def test_a_cancelled_run_is_no_success() -> None:
    functions = job_status_functions({"a": "success"}, cancelled=True)
    assert evaluate("cancelled() && !success() && !failure()", {}, functions=functions) is True
