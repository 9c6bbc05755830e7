"""Matrices: GitHub's documented examples and rules, leg by leg."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.matrix import Leg, MatrixError, expand, job_name


def legs(matrix: object) -> list[dict[str, Any]]:
    return [dict(leg.values) for leg in expand(matrix)]


def test_the_first_key_varies_slowest() -> None:
    assert legs({"a": [1, 2], "b": ["x", "y"]}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_includes_extend_and_add_as_the_documentation_shows() -> None:
    matrix = {
        "fruit": ["apple", "pear"],
        "animal": ["cat", "dog"],
        "include": [
            {"color": "green"},
            {"color": "pink", "animal": "cat"},
            {"fruit": "apple", "shape": "circle"},
            {"fruit": "banana"},
            {"fruit": "banana", "animal": "cat"},
        ],
    }
    assert legs(matrix) == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "pear", "animal": "dog", "color": "green"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_excludes_come_before_includes() -> None:
    matrix = {
        "os": ["l", "w"],
        "exclude": [{"os": "w"}],
        "include": [{"os": "w", "x": 1}, {"os": "l", "x": 2}],
    }
    assert legs(matrix) == [{"os": "l", "x": 2}, {"os": "w", "x": 1}]


def test_an_exclude_may_name_some_keys_only() -> None:
    matrix = {"os": ["l", "w"], "v": [1, 2], "exclude": [{"v": 2, "os": "w"}, {"v": 1}]}
    assert legs(matrix) == [{"os": "l", "v": 2}]


def test_leaves_compare_as_expressions_do() -> None:
    assert legs({"os": ["Linux", "Windows"], "exclude": [{"os": "linux"}]}) == [{"os": "Windows"}]
    assert legs({"v": [1, 2], "exclude": [{"v": "1"}]}) == [{"v": 2}]
    assert legs({"v": [True, 2], "exclude": [{"v": 1}]}) == [{"v": 2}]


def test_filters_look_into_nested_values() -> None:
    matrix = {
        "node": [{"version": 14, "env": ["a"]}, {"version": 16}],
        "exclude": [{"node": {"version": 14}}],
    }
    assert legs(matrix) == [{"node": {"version": 16}}]
    matrix["exclude"] = [{"node": {"version": 14, "env": ["b"]}}]
    assert len(legs(matrix)) == 2
    matrix["exclude"] = [{"node": {"version": 14, "env": ["a"]}}]
    assert len(legs(matrix)) == 1


def test_what_is_not_there_is_null_to_a_filter() -> None:
    """A filter's leaves are compared as `matrix['a']['b'] == leaf`, and null equals what is 0 as a number."""
    nodes = [{"v": 1}, {"v": 2, "lts": True}, "text"]
    assert legs({"n": nodes, "exclude": [{"n": {"lts": None}}]}) == [{"n": nodes[1]}]
    assert legs({"n": nodes, "exclude": [{"n": {"lts": False}}]}) == [{"n": nodes[1]}]
    assert legs({"n": [[1, 2], [1]], "exclude": [{"n": [1, 2]}]}) == [{"n": [1]}]
    assert legs({"n": [[1], 2], "exclude": [{"n": {}}]}) == []


def test_a_leg_of_its_own_has_the_vectors_values_first() -> None:
    [_, own] = expand({"os": ["linux"], "include": [{"extra": 1, "os": "mac"}]})
    assert list(own.values) == ["os", "extra"]
    assert job_name("test", own) == "test (mac, 1)"


def test_keys_match_in_any_case() -> None:
    assert legs({"OS": ["l", "w"], "exclude": [{"os": "w"}], "include": [{"os": "l", "x": 1}]}) == [
        {"OS": "l", "x": 1}
    ]


def test_without_vectors_each_include_is_a_leg() -> None:
    assert legs({"include": [{"a": 1}, {"a": 2, "b": 3}]}) == [{"a": 1}, {"a": 2, "b": 3}]


def test_an_include_never_overwrites_a_vectors_value_but_a_later_one_overwrites_an_extra() -> None:
    matrix = {"a": [1], "include": [{"x": "first"}, {"a": 1, "x": "second"}, {"a": 2, "x": "third"}]}
    assert legs(matrix) == [{"a": 1, "x": "second"}, {"a": 2, "x": "third"}]


def test_a_leg_made_by_include_is_no_target_of_later_includes() -> None:
    assert legs({"a": [1], "include": [{"a": 2}, {"a": 2, "x": 1}]}) == [{"a": 1}, {"a": 2}, {"a": 2, "x": 1}]


def test_a_matrix_from_json_works() -> None:
    assert legs(json.loads('{"a": [1], "include": [{"b": 2}]}')) == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ({"os": []}, "Matrix vector 'os' does not contain any values"),
        ({}, "Matrix must define at least one vector"),
        ({"include": []}, "Matrix must define at least one vector"),
        (
            {"os": [1], "exclude": [{"ox": 1}]},
            "Matrix exclude key 'ox' does not match any key within the matrix",
        ),
        ({"os": [1], "exclude": [{}]}, "Matrix exclude filter must not be empty"),
        ({"os": [1], "include": [{}]}, "Matrix include mapping does not contain any values"),
        ({"os": "linux"}, "Unexpected value 'linux'"),
        ({"os": {"a": 1}}, "A mapping was not expected"),
        ({"os": [1], "include": [[1]]}, "A sequence was not expected"),
        ([1], "A sequence was not expected"),
        (None, "Unexpected value ''"),
        ({"a": list(range(17)), "b": list(range(16))}, "at most 256"),
        ({"a": list(range(1000)), "b": list(range(1000)), "c": list(range(1000))}, "more than 16384"),
    ],
)
def test_mistakes_are_told_in_githubs_words(matrix: object, message: str) -> None:
    with pytest.raises(MatrixError) as caught:
        expand(matrix)
    assert message in str(caught.value)


def test_excluding_everything_leaves_no_leg() -> None:
    assert legs({"a": [1], "exclude": [{"a": 1}]}) == []


def test_names_show_the_leaves_of_vectors() -> None:
    leg = expand({"os": ["linux"], "node": [{"v": 14, "lts": True}], "include": [{"extra": "hidden"}]})[0]
    assert job_name("test", leg) == "test (linux, 14, true)"
    assert job_name("test", expand({"include": [{"a": 1, "b": None, "c": 2}]})[0]) == "test (1, 2)"
    assert job_name("test", Leg({})) == "test"


def test_long_names_are_cut_to_a_hundred_characters() -> None:
    name = job_name("n" * 90, expand({"a": ["x" * 50]})[0])
    assert (len(name), name[-3:]) == (100, "...")


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.text("ab", max_size=1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abAB"), inner, max_size=3),
    max_leaves=8,
)


@given(values | st.dictionaries(st.sampled_from(["a", "b", "A", "include", "exclude"]), values, max_size=4))
def test_any_value_expands_or_is_refused(matrix: object) -> None:
    try:
        found = expand(matrix)
    except MatrixError:
        return
    assert len(found) <= 256
