"""What GitHub's vectors do not cover: the library's own promises about expressions."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from actions_compat import expressions
from actions_compat.conditions import job_status_functions, status_functions
from actions_compat.expressions import (
    CaseSensitive,
    EvaluationError,
    Expression,
    ExpressionError,
    ExpressionLimitError,
    ExpressionSyntaxError,
    MemoryExceededError,
    UnknownNameError,
    evaluate,
    is_truthy,
    to_text,
)


def test_an_empty_expression_is_none() -> None:
    assert evaluate("", {}) is None
    assert Expression.parse(" \t\n").evaluate({}) is None


@pytest.mark.parametrize(
    ("text", "value"), [("1.0", 1), ("1.5", 1.5), ("0x10", 16), ("1e3", 1000), ("-0", 0)]
)
def test_a_whole_number_comes_back_as_int(text: str, value: float) -> None:
    for result in (evaluate(text, {}), evaluate("x", {"x": float(value)})):
        assert result == value
        assert type(result) is type(value)


def test_a_text_of_another_class_comes_back_as_str() -> None:
    class Name(str):
        __slots__ = ()

    assert type(evaluate("x", {"x": Name("a")})) is str


def test_a_name_that_is_none_is_null_and_another_is_unknown() -> None:
    assert evaluate("matrix == null", {"matrix": None}) is True
    with pytest.raises(UnknownNameError) as raised:
        evaluate("true || secrets.TOKEN", {"matrix": None})
    assert str(raised.value) == (
        "Unrecognized named-value: 'secrets'. Located at position 9 within expression: true || secrets.TOKEN"
    )


def test_names_are_found_in_any_case() -> None:
    assert evaluate("GITHUB.Event_Name", {"github": {"event_name": "push"}}) == "push"
    assert evaluate("github.x", {"GitHub": {"X": 1}}) == 1


def test_an_object_is_itself_and_no_other() -> None:
    event: dict[str, object] = {"a": {}}
    assert evaluate("github.event == github.event", {"github": {"event": event}}) is True
    assert evaluate("a == b", {"a": {}, "b": {}}) is False
    assert evaluate("a", {"a": event}) is event


def test_env_can_be_marked_case_sensitive() -> None:
    contexts = {"env": CaseSensitive({"Path": "a", "PATH": "b"})}
    assert evaluate("env.Path", contexts) == "a"
    assert evaluate("env['PATH']", contexts) == "b"
    assert evaluate("env.path", contexts) is None
    assert evaluate("toJSON(env)", contexts) == '{\n  "Path": "a",\n  "PATH": "b"\n}'


class Lazy(Mapping[str, object]):
    """A context that is computed when it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getitem__(self, key: str) -> object:
        if key not in {"cheap", "dear"}:
            raise KeyError(key)
        return key.upper()

    def __contains__(self, key: object) -> bool:
        self.asked.append(str(key))
        return key in {"cheap", "dear"}

    def __iter__(self) -> Iterator[str]:
        return iter(("cheap", "dear"))

    def __len__(self) -> int:
        return 2


def test_a_lazy_context_is_asked_for_no_more_than_is_read() -> None:
    lazy = Lazy()
    assert evaluate("github.cheap", {"github": lazy}) == "CHEAP"
    assert lazy.asked == ["cheap"]


def test_a_filtered_array_comes_back_as_a_list() -> None:
    value = evaluate("a.*.b", {"a": [{"b": 1}, {"c": 2}, {"B": 3}]})
    assert type(value) is list
    assert value == [1, 3]


def test_what_the_caller_brings_is_called_with_plain_values() -> None:
    seen: list[object] = []

    def hash_files(*patterns: object) -> str:
        seen.extend(patterns)
        return "digest"

    assert evaluate("HASHFILES(a.*, 2, 'x')", {"a": [1]}, functions={"hashFiles": hash_files}) == "digest"
    assert seen == [[1], 2, "x"]


def test_hash_files_is_unknown_until_it_is_brought() -> None:
    with pytest.raises(UnknownNameError, match="Unrecognized function: 'hashFiles'"):
        evaluate("hashFiles('x')", {})
    with pytest.raises(ExpressionSyntaxError, match="Too few parameters supplied: 'hashFiles'"):
        evaluate("hashFiles()", {}, functions={"hashFiles": str})
    many = ", ".join(["'x'"] * 255)
    assert evaluate(f"hashFiles({many})", {}, functions={"hashFiles": lambda *patterns: len(patterns)}) == 255
    with pytest.raises(ExpressionSyntaxError, match="Too many parameters supplied: 'hashFiles'"):
        evaluate(f"hashFiles({many}, 'x')", {}, functions={"hashFiles": str})


@pytest.mark.parametrize("name", ["always", "cancelled", "success", "failure"])
def test_a_name_as_argument_is_for_success_and_failure_of_jobs_alone(name: str) -> None:
    for functions in (status_functions("success"), {name: lambda *_: True}):
        with pytest.raises(ExpressionSyntaxError, match=f"Too many parameters supplied: '{name}'"):
            evaluate(f"{name}('build')", {}, functions=functions)
    jobs = job_status_functions({"build": "success"})
    if name in {"success", "failure"}:
        assert evaluate(f"{name}('build')", {}, functions=jobs) is (name == "success")
    else:
        with pytest.raises(ExpressionSyntaxError, match=f"Too many parameters supplied: '{name}'"):
            evaluate(f"{name}('build')", {}, functions=jobs)


def test_an_expression_parsed_without_names_checks_them_when_evaluated() -> None:
    parsed = Expression.parse("false && Nowhere.x && nothing()")
    assert parsed.contexts_used == {"nowhere"}
    assert parsed.functions_used == {"nothing"}
    with pytest.raises(UnknownNameError, match=r"named-value: 'Nowhere'. Located at position 10"):
        parsed.evaluate({})
    with pytest.raises(UnknownNameError, match=r"function: 'nothing'. Located at position 23"):
        parsed.evaluate({"nowhere": {}})
    assert parsed.evaluate({"nowhere": {}}, functions={"nothing": lambda: 1}) is False


def test_names_given_to_parse_are_checked_there() -> None:
    with pytest.raises(UnknownNameError):
        Expression.parse("secrets.x", contexts=["github"])
    with pytest.raises(UnknownNameError):
        Expression.parse("always()", functions=["success"])
    with pytest.raises(ExpressionSyntaxError, match="Too many parameters supplied: 'success'"):
        Expression.parse("success('a')", functions=["success"])
    Expression.parse("success('a')", functions={"success": (0, 9)})
    with pytest.raises(
        ExpressionSyntaxError, match=r"Too few parameters supplied: 'contains'. Located at position 4"
    ):
        Expression.parse("!! contains('a')")


def test_an_unknown_name_comes_before_what_is_wrong_further_right() -> None:
    with pytest.raises(UnknownNameError, match="'nowhere'"):
        evaluate("nowhere.x == ) 'open", {})


def test_a_position_counts_utf16_units() -> None:
    with pytest.raises(UnknownNameError, match="Located at position 9 within"):
        evaluate("'😊' == x", {})
    assert len("'😊' == ") == 7


def test_a_wrong_expression_says_what_where_and_in_what() -> None:
    with pytest.raises(ExpressionSyntaxError) as raised:
        evaluate("1 == == 2", {})
    error = raised.value
    assert (error.reason, error.symbol, error.index) == ("Unexpected symbol", "==", 5)


@pytest.mark.parametrize(
    "text",
    ["(" * 10_000, "[" * 10_000, "!" * 20_000, "a[" * 10_000, "format(" * 3_000, "1 == " * 4_000],
)
def test_brackets_and_operators_without_end_are_errors(text: str) -> None:
    with pytest.raises(ExpressionSyntaxError):
        evaluate(text, {"a": 1})


@pytest.mark.parametrize("text", ["!" * 20_000 + "1", "(" * 9_000 + "!" * 60 + "1" + ")" * 9_000])
def test_what_is_whole_and_too_deep_is_an_error(text: str) -> None:
    with pytest.raises(ExpressionLimitError) as raised:
        evaluate(text, {})
    assert str(raised.value) == "Exceeded max expression depth 50"


def test_groups_and_chains_do_not_count_as_depth() -> None:
    assert evaluate("(" * 9_000 + "1" + ")" * 9_000, {}) == 1
    assert evaluate(" && ".join(["true"] * 2_000), {}) is True
    assert evaluate("!" * 49 + "true", {}) is False
    with pytest.raises(ExpressionLimitError):
        evaluate("!" * 50 + "true", {})


def test_length_is_limited() -> None:
    assert evaluate("1" + " " * 20_999, {}) == 1
    with pytest.raises(ExpressionLimitError, match="Exceeded max expression length 21000"):
        evaluate("1" + " " * 21_000, {})


def test_memory_is_limited_and_released() -> None:
    contexts = {"a": "x" * 300_000}
    with pytest.raises(MemoryExceededError, match="following expression: format"):
        evaluate("format('{0}{0}', a)", contexts)
    assert evaluate("startsWith(a, 'x') && startsWith(a, 'x') && startsWith(a, 'x')", contexts) is True
    assert len(str(evaluate("format('{0}{0}', a)", contexts, max_memory=10_000_000))) == 600_000


def test_a_mebibyte_is_the_limit() -> None:
    longest = (1_048_576 - 26) // 2  # a string is 26 bytes, and two for each character
    assert evaluate("a", {"a": "x" * longest}) == "x" * longest
    with pytest.raises(MemoryExceededError):
        evaluate("a", {"a": "x" * (longest + 1)})


def test_an_array_that_multiplies_itself_is_stopped() -> None:
    bomb: list[object] = []
    for _ in range(12):
        bomb = [bomb] * 10
    with pytest.raises(MemoryExceededError):
        evaluate("a" + ".*" * 12, {"a": bomb})


def test_a_value_that_holds_itself_is_stopped() -> None:
    endless: dict[str, object] = {}
    endless["again"] = endless
    with pytest.raises(MemoryExceededError):
        evaluate("toJSON(a)", {"a": endless})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': 1, b: [2,], /* c */ \"d\": 0x1F,}", {"a": 1, "b": [2], "d": 31}),
        ("[010, .5, 1., -Infinity, undefined] // end", [8, 0.5, 1, float("-inf"), None]),
        ("{} what follows is not read", {}),
        ('{"a": 1, "A": 2, "b": {"c": 1, "C": 2}}', {"a": 1, "b": {"c": 1}}),
        ("'it\\'s \\u00e9 \\ud83d\\ude0a\n'", "it's é 😊\n"),
        ("1e2", 100),
    ],
)
def test_from_json_is_lenient_as_githubs_is(text: str, value: object) -> None:
    assert evaluate("fromJSON(a)", {"a": text}) == value


@pytest.mark.parametrize(
    "text",
    ["", "  ", "{", "[1", "{a}", "'x", "[1 2]", "{'a' 1}", "]", "x", "[,]", "'\\q'", "1[2]", "null'x'"],
)
@pytest.mark.parametrize("strict", [True, False])
def test_what_is_no_json_at_all_is_an_error(text: str, *, strict: bool) -> None:
    with pytest.raises(EvaluationError):
        evaluate("fromJSON(a)", {"a": text}, strict_json=strict)


@pytest.mark.parametrize("text", ["{'a': 1}", "[1,]", "NaN", "[1] x", "/**/1", "01", '"\n"'])
def test_strict_json_takes_json_alone(text: str) -> None:
    evaluate("fromJSON(a)", {"a": text})
    with pytest.raises(EvaluationError):
        evaluate("fromJSON(a)", {"a": text}, strict_json=True)


@pytest.mark.parametrize("strict", [True, False])
def test_json_may_be_a_hundred_deep(*, strict: bool) -> None:
    assert evaluate("fromJSON(a)", {"a": "[" * 100 + "]" * 100}, strict_json=strict)
    for depth in (101, 100_000):
        with pytest.raises(EvaluationError, match="MaxDepth of 100"):
            evaluate("fromJSON(a)", {"a": "[" * depth + "]" * depth}, strict_json=strict)


def test_arguments_of_format_are_evaluated_once_and_only_if_met() -> None:
    calls: list[object] = []

    def note(value: object) -> object:
        calls.append(value)
        return value

    assert evaluate("format('{1}{1}', note(0), note(1))", {}, functions={"note": note}) == "11"
    assert calls == [1]


@pytest.mark.parametrize("text", ["format('{0:x}', 1)", "format('{0:}}y}', 1)"])
def test_a_format_specifier_is_refused_by_name(text: str) -> None:
    with pytest.raises(EvaluationError, match="not valid for objects of type 'Number'"):
        evaluate(text, {})


def test_a_placeholder_is_a_byte() -> None:
    with pytest.raises(EvaluationError, match=r"references more arguments than were supplied: \{255\}"):
        evaluate("format('{255}')", {})
    with pytest.raises(EvaluationError, match=r"format string is invalid: \{256\}"):
        evaluate("format('{256}')", {})


def test_a_mistake_in_json_has_its_line_and_position() -> None:
    with pytest.raises(EvaluationError, match=r"Line 2, position 2\.$"):
        evaluate("fromJSON(a)", {"a": "[1,\n  x]"})


def test_values_as_text_and_truth() -> None:
    assert [to_text(v) for v in (None, True, 1e15, 0.1 + 0.2, [], {}, 10**400)] == [
        "", "true", "1E+15", "0.3", "Array", "Object", "Infinity",
    ]  # fmt: skip
    assert [is_truthy(v) for v in (None, "", "0", 0, float("nan"), [], {})] == [
        False, False, True, False, False, True, True,
    ]  # fmt: skip


def test_a_parsed_expression_is_a_value() -> None:
    parsed = Expression.parse("a.b")
    assert parsed == Expression.parse("a.b") != Expression.parse("a.c")
    assert len({parsed, Expression.parse("a.b")}) == 1
    assert pickle.loads(pickle.dumps(parsed)) == copy.deepcopy(parsed) == parsed
    with pytest.raises(AttributeError):
        parsed.text = "other"  # type: ignore[misc]  # that it cannot is the point


def test_every_error_derives_from_expression_error() -> None:
    errors = [value for name, value in vars(expressions).items() if name.endswith("Error")]
    assert len(errors) == 6
    assert all(issubclass(error, ExpressionError) for error in errors)


def test_all_names_what_there_is() -> None:
    assert all(hasattr(expressions, name) for name in expressions.__all__)


def test_the_evaluator_imports_nothing_heavy() -> None:
    code = "import sys; from actions_compat import evaluate; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True, text=True)
    heavy = {"dataclasses", "inspect", "typing", "json", "yaml", "actions_compat.templates"}
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert not heavy & (set(loaded.stdout.split()) - set(bare.stdout.split()))


def test_what_a_string_was_made_of_is_released() -> None:
    contexts = {"a": "x" * 100_000}  # 200 kB each time; five at once would be too much
    nested = "a"
    for _ in range(4):
        nested = f"format('{{0}}', {nested})"
    assert evaluate(f"{nested} == a && {nested} == a", contexts) is True
    with pytest.raises(MemoryExceededError):
        evaluate("contains(format('{0}{0}', a), format('{0}{0}', a))", contexts, max_memory=700_000)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("ᾳ", "ᾼ", True),
        ("ς", "Σ", True),
        ("ß", "SS", False),
        ("ß", "ẞ", False),
        ("\u0131", "I", False),
        ("\u017f", "S", False),
    ],
)
def test_case_is_ignored_by_simple_upper_case(left: str, right: str, *, equal: bool) -> None:
    assert evaluate("a == b", {"a": left, "b": right}) is equal
