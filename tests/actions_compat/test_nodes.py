"""What a tree means at run time: values, text, spliced mappings, and errors at the template's place."""

from __future__ import annotations

import math

import pytest

from actions_compat.nodes import (
    Mapping,
    Node,
    Position,
    Scalar,
    WorkflowError,
    WorkflowErrors,
    resolve,
    resolve_mapping,
    resolve_number,
    resolve_text,
    to_text,
)
from actions_compat.yaml_tree import read_yaml


def tree(text: str) -> Node:
    node = read_yaml(text, file="f.yml")
    assert node is not None
    return node


def test_a_tree_becomes_python_values_with_types_kept() -> None:
    text = "a: [1, 2.5, true, ~, 'x', '${{ github.n }}', 'n${{ github.n }}']"
    assert resolve(tree(text), {"github": {"n": 3}}) == {"a": [1, 2.5, True, None, "x", 3, "n3"]}


def test_nothing_resolves_to_nothing() -> None:
    assert (resolve(None, {}), resolve_text(None, {}), resolve_mapping(None, {})) == (None, "", {})
    assert resolve_mapping(tree("~"), {}) == {}


def test_a_whole_mapping_may_be_one_expression() -> None:
    node = tree("${{ fromJSON(vars.env) }}")
    assert resolve_mapping(node, {"vars": {"env": '{"A": 1, "B": "x"}'}}) == {"A": 1, "B": "x"}


def test_insert_splices_a_mapping_where_it_stands() -> None:
    node = tree("a: 1\n${{ insert }}: ${{ vars.more }}\nc: 4")
    more = {"vars": {"more": {"b": 2, "d": 3}}}
    assert list(resolve_mapping(node, more).items()) == [("a", 1), ("b", 2), ("d", 3), ("c", 4)]


def test_what_is_spliced_may_not_be_there_already() -> None:
    with pytest.raises(WorkflowError, match="'A' is already defined"):
        resolve(tree("a: 1\n${{ insert }}: ${{ vars.more }}"), {"vars": {"more": {"A": 2}}})
    with pytest.raises(WorkflowError, match="'a' is already defined"):
        resolve(tree("A: 1\n${{ insert }}: ${{ vars.more }}"), {"vars": {"more": {"a": 2}}})


def test_keys_may_be_expressions() -> None:
    assert resolve_mapping(tree("${{ github.k }}: v"), {"github": {"k": "key"}}) == {"key": "v"}


def test_a_list_from_an_expression_is_inserted_into_the_list_around_it() -> None:
    contexts = {"vars": {"more": [1, [2]], "one": "x"}}
    node = tree("[a, '${{ vars.more }}', '${{ vars.one }}', [b], '${{ vars.more }} c']")
    assert resolve(node, contexts) == ["a", 1, [2], "x", ["b"], "Array c"]


@pytest.mark.parametrize(("text", "number"), [("5", 5), ("'2.5'", 2.5), ("${{ vars.n }}", 7), ("~", None)])
def test_a_number_may_stand_in_text(text: str, number: float | None) -> None:
    assert resolve_number(tree(text), {"vars": {"n": "7"}}) == number


@pytest.mark.parametrize("text", ["soon", "true", "[1]", ".inf", "${{ vars.n }}"])
def test_what_is_no_number_is_told_at_its_place(text: str) -> None:
    with pytest.raises(WorkflowError, match="Unexpected value"):
        resolve_number(tree(text), {"vars": {"n": "many"}})


def test_functions_reach_templates() -> None:
    functions = {"hashFiles": lambda *patterns: "+".join(map(str, patterns))}
    assert resolve_text(tree("k-${{ hashFiles('a', 'b') }}"), {}, functions=functions) == "k-a+b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", "5"),
        ("3.10", "3.1"),
        ("0x10", "16"),
        ("true", "true"),
        ("~", ""),
        ("1e20", "1E+20"),
        (".inf", "Infinity"),
    ],
)
def test_text_is_coerced_as_github_does(text: str, expected: str) -> None:
    assert resolve_text(tree(text), {}) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: ${{ secrets.x }}", "Unrecognized named-value: 'secrets'"),
        ("a: ${{ fromJSON('{') }}", "Unexpected end of content"),
        ("a: ${{ github. }}", "Unexpected end of expression"),
    ],
)
def test_what_does_not_evaluate_is_told_at_its_place(text: str, words: str) -> None:
    with pytest.raises(WorkflowError, match=words) as caught:
        resolve(tree(text), {"github": {}})
    assert (caught.value.file, caught.value.line, caught.value.column) == ("f.yml", 1, 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [("[1]", "A sequence was not expected"), ("a: 1", "A mapping was not expected")],
)
def test_collections_are_no_text(text: str, words: str) -> None:
    with pytest.raises(WorkflowError, match=words):
        resolve_text(tree(text), {})


@pytest.mark.parametrize("text", ["[1]", "x", "${{ 1 }}"])
def test_only_mappings_resolve_to_mappings(text: str) -> None:
    with pytest.raises(WorkflowError, match="A mapping was expected"):
        resolve_mapping(tree(text), {})


def test_insert_needs_a_mapping() -> None:
    with pytest.raises(WorkflowError, match="A mapping was expected"):
        resolve(tree("${{ insert }}: x"), {})


def test_a_mapping_finds_its_keys_exactly() -> None:
    node = tree("a: 1")
    assert isinstance(node, Mapping)
    assert isinstance(node.get("a"), Scalar)
    assert node.get("A") is None


def test_errors_print_place_message_and_hint_and_githubs_form_apart() -> None:
    error = WorkflowError(
        Position("ci.yml", 3, 5), "Unexpected value 'run-on'", hint="did you mean `runs-on`?"
    )
    assert str(error) == "ci.yml:3:5: Unexpected value 'run-on' (did you mean `runs-on`?)"
    assert error.github == "ci.yml (Line: 3, Col: 5): Unexpected value 'run-on'"
    assert str(WorkflowErrors([error, error])).count("\n") == 1


def test_errors_without_a_place_and_long_ones() -> None:
    assert str(WorkflowError(Position("ci.yml", 0, 0), "too long")) == "ci.yml: too long"
    assert str(WorkflowError(Position("", 0, 0), "too deep")) == "too deep"
    unlocated = WorkflowError(Position("ci.yml", 3, 5), "x", located=False)
    assert (unlocated.github, str(unlocated)) == ("ci.yml: x", "ci.yml:3:5: x")
    long = WorkflowError(Position("", 0, 0), "x" * 600)
    assert long.github == "x" * 500 + "[...]"


def test_github_tells_of_ten_errors() -> None:
    errors = WorkflowErrors([WorkflowError(Position("f", 1, 1), "x")] * 11)
    assert len(errors.github.splitlines()) == 10
    assert len(str(errors).splitlines()) == 11


def test_numbers_as_text_have_fifteen_digits() -> None:
    assert to_text(0.1 + 0.2) == "0.3"
    assert to_text(math.nan) == "NaN"
