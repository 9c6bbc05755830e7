"""Texts that hold `${{ }}`."""

import pytest

from actions_compat.expressions import ExpressionLimitError, ExpressionSyntaxError, UnknownNameError
from actions_compat.templates import Template, TemplateError


def test_a_single_expression_keeps_its_type() -> None:
    contexts = {"matrix": {"n": 3, "list": [1]}}
    assert Template.parse("${{ matrix.n }}").evaluate(contexts) == 3
    assert Template.parse("${{ matrix.list }}").evaluate(contexts) is contexts["matrix"]["list"]
    assert Template.parse("${{ 'lit' }}").evaluate({}) == "lit"
    assert Template.parse("${{ matrix.n }}").render(contexts) == "3"
    assert Template.parse(" ${{ matrix.n }}").evaluate(contexts) == " 3"


def test_a_text_without_expressions_is_its_own_value() -> None:
    template = Template.parse("it's {0} $VAR }}")
    assert template.is_literal
    assert template.evaluate({}) == "it's {0} $VAR }}"
    assert not Template.parse("${{ 1 }}").is_literal


def test_quotes_and_braces_around_and_inside_stay() -> None:
    assert Template.parse("{'a'} ${{ '}}' }}{{x}}${{ 'it''s' }}").render({}) == "{'a'} }}{{x}}it's"


@pytest.mark.parametrize("text", ["${{", "a ${{ b }", "${{ 'a }}", "${{ 1 }} ${{ 2 }"])
def test_what_is_not_closed_is_an_error(text: str) -> None:
    with pytest.raises(TemplateError, match="The expression is not closed"):
        Template.parse(text)


@pytest.mark.parametrize("text", ["${{}}", "a ${{   }} b"])
def test_an_empty_expression_is_an_error(text: str) -> None:
    with pytest.raises(TemplateError, match="An expression was expected"):
        Template.parse(text)


def test_insert_is_for_keys_alone() -> None:
    with pytest.raises(TemplateError, match="directive 'insert' is not allowed"):
        Template.parse("${{ insert }}")


def test_an_error_names_its_place_in_the_expression_as_written() -> None:
    with pytest.raises(ExpressionSyntaxError) as raised:
        Template.parse("before ${{ 1 == }} after")
    assert str(raised.value).endswith("Located at position 3 within expression: 1 ==")
    with pytest.raises(UnknownNameError) as unknown:
        Template.parse("before ${{ 1 }} ${{ nowhere.x }}").render({})
    assert str(unknown.value).endswith("Located at position 1 within expression: nowhere.x")


def test_a_long_text_without_expressions_is_no_expression() -> None:
    script = "echo\n" * 10_000
    assert Template.parse(script).render({}) == script
    with pytest.raises(ExpressionLimitError):  # GitHub's own limit for a script that holds an expression
        Template.parse(script + "${{ 1 }}")


def test_expressions_are_given_as_written() -> None:
    template = Template.parse("a ${{ github.ref }} b ${{ env.X }}")
    assert [expression.text for expression in template.expressions] == ["github.ref", "env.X"]
    assert template.expression is not None
    assert template.expression.contexts_used == {"github", "env"}


def test_a_template_may_use_ten_times_the_memory_of_an_expression() -> None:
    contexts = {"a": "x" * 1_000_000}
    assert len(Template.parse("<${{ a }}>").render(contexts)) == 1_000_002
