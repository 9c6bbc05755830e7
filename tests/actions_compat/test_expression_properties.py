"""Whatever the text and the values: a value or a typed error, and never another exception."""

import json
import math
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from actions_compat.conditions import Condition, status_functions
from actions_compat.expressions import EvaluationError, ExpressionError, equals, evaluate, to_text
from actions_compat.expressions.values import fold, is_less, parse_number
from actions_compat.templates import Template, TemplateError

SYMBOLS = "( ) [ ] , . * ! != == < <= > >= && || & ' \u00e9 \U0001f60a \ud800 \x00 \x1c \n"
LITERALS = "'a' 'it''s' 1 -1 .5 0x1F 0o7 1e400 null true NaN Infinity '{0}{1:x}' '{{' '{' '[1,{}]'"
NAMES = (
    "github env matrix nowhere contains startsWith endsWith format join toJSON fromJSON case hashFiles always"
)
TOKENS = st.sampled_from(f"{SYMBOLS} {LITERALS} {NAMES}".split(" "))
TEXTS = st.one_of(
    st.text(max_size=60), st.lists(TOKENS, max_size=25).map(" ".join), st.lists(TOKENS).map("".join)
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
FUNCTIONS = {**status_functions("success"), "hashFiles": lambda *_: "digest"}


@given(TEXTS, VALUES, VALUES)
def test_any_text_gives_a_value_or_a_typed_error(text: str, github: object, matrix: object) -> None:
    contexts = {"github": github, "matrix": matrix, "env": {"A": "b"}}
    try:
        to_text(evaluate(text, contexts, functions=FUNCTIONS))
    except ExpressionError as error:
        assert str(error)  # noqa: PT017  (either outcome is right)


@given(TEXTS, VALUES)
def test_any_template_and_condition_too(text: str, github: object) -> None:
    contexts = {"github": github, "matrix": {}, "env": {}}
    for around in (text, f"a ${{{{ {text} }}}} b", f"${{{{{text}"):
        with suppress(ExpressionError):
            assert isinstance(Template.parse(around).render(contexts, functions=FUNCTIONS), str)
        with suppress(ExpressionError):
            assert isinstance(Condition.parse(around).holds(contexts, FUNCTIONS), bool)


@given(st.text(alphabet="[]{}:,'\"\\/*u0dea1 .-nN\n", max_size=40))
def test_any_text_read_as_json_too(text: str) -> None:
    for strict in (True, False):
        try:
            evaluate("fromJSON(a)", {"a": text}, strict_json=strict)
        except EvaluationError as error:
            assert str(error)  # noqa: PT017  (either outcome is right)


@given(st.text())
def test_a_text_is_quoted_and_read_back(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert evaluate(quoted, {}) == text


@given(st.text().filter(lambda text: "${{" not in text))
def test_a_text_around_an_expression_stays_as_it_is(text: str) -> None:
    # a `$` before what is added could open another expression
    assert Template.parse(f"{text}|${{{{ 1 }}}}|{text}").render({}) == f"{text}|1|{text}"
    assert Template.parse(text).render({}) == text


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**14), 10**14), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


def names_differ(value: object) -> bool:
    """Say whether no object has two names that differ in case alone."""
    if isinstance(value, dict):
        return len({fold(name) for name in value}) == len(value) and all(map(names_differ, value.values()))
    return all(map(names_differ, value)) if isinstance(value, list) else True


@given(JSON.filter(names_differ))
def test_json_is_written_and_read_back(value: object) -> None:
    written = evaluate("toJSON(a)", {"a": value})
    assert isinstance(written, str)
    assert json.loads(written) == value
    assert evaluate("fromJSON(toJSON(a))", {"a": value}) == value
    # the lenient reader is reached by what the standard one refuses
    assert evaluate("fromJSON(format('/**/{0}', toJSON(a)))", {"a": value}) == value


@given(st.floats(min_value=-1.79e308, max_value=1.79e308))  # beyond, fifteen digits round to infinity
def test_a_number_as_text_is_read_back_to_fifteen_digits(number: float) -> None:
    read = parse_number(to_text(number))
    assert math.isclose(read, number, rel_tol=1e-14)


@given(VALUES, VALUES)
def test_comparisons_agree_with_each_other(left: object, right: object) -> None:
    assert equals(left, right) == equals(right, left)
    assert not (is_less(left, right) and is_less(right, left))
    assert not (equals(left, right) and is_less(left, right))


@given(st.characters())
def test_case_is_folded_one_unit_at_a_time_and_for_good(character: str) -> None:
    folded = fold(character)
    assert len(folded) == 1
    assert fold(folded) == folded
    assert folded.isascii() == character.isascii()


@given(st.text(alphabet="${}' a", max_size=20))
def test_what_is_not_closed_is_named_so(text: str) -> None:
    try:
        Template.parse(text)
    except TemplateError as error:
        assert "${{" in text
        assert str(error)  # noqa: PT017  (as above)
    except ExpressionError:
        assert "${{" in text
