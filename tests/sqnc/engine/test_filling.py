from collections.abc import Mapping

import pytest

from actions_compat.nodes import Position, WorkflowError
from actions_compat.yaml_tree import read_yaml
from sqnc.engine.filling import Filling
from sqnc_resources.emulator.vars import Variables

CONTEXTS: Mapping[str, object] = {
    "github": {"title": "fix ((token)) and ${{ secrets.X }}", "number": 7, "none": None},
    "steps": {"a": {"outputs": {"ref": "abc"}}},
}
VARS = {"token": "a ${{ github.title }} b", "list": [1, "x"], "port": 80, "on": True, "key": "name"}


def filling(variables: Mapping[str, object] | None = None) -> Filling:
    layers = (VARS if variables is None else variables,)
    return Filling(CONTEXTS, {}, Variables(layers), Position("w.yml", 3, 5))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        (7, 7),
        (None, None),
        ("((list))", [1, "x"]),
        ("port ((port))", "port 80"),
        ("${{ github.number }}", 7),
        ("${{ github.none }}", None),
        ("n ${{ github.number }}", "n 7"),
        ("((port)):${{ github.number }}", "80:7"),
        ("((token))${{ github.number }}", "a ${{ github.title }} b7"),
        (["((port))", {"((key))": "${{ steps.a.outputs.ref }}"}], [80, {"name": "abc"}]),
    ],
)
def test_vars_and_expressions_are_put_in(value: object, expected: object) -> None:
    assert filling().value(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("((token))", "a ${{ github.title }} b"),
        ("${{ github.title }}", "fix ((token)) and ${{ secrets.X }}"),
        ("x ${{ github.title }}", "x fix ((token)) and ${{ secrets.X }}"),
    ],
)
def test_what_was_put_in_is_not_looked_through_again(value: str, expected: str) -> None:
    assert filling().value(value) == expected


def test_nodes_are_filled_with_their_keys() -> None:
    node = read_yaml("a: ((port))\n'${{ github.number }}': [b, 1.5, null]\n", file="w.yml")
    assert filling().node(node) == {"a": 80, "7": ["b", 1.5, None]}
    assert filling().mapping(None) == filling().mapping(read_yaml("null", file="w.yml")) == {}


def test_whole_numbers_keep_all_their_digits() -> None:
    node = read_yaml(f"a: [{2**53 + 1}, 0x{2**200:x}, {float(2**60)}]", file="w.yml")
    assert filling().node(node) == {"a": [2**53 + 1, 2**200, float(2**60)]}


def test_vars_can_be_left_as_they_are() -> None:
    found = filling().without_vars()
    assert found.value("((port))/${{ github.number }}") == "((port))/7"
    assert found.value("((none))") == "((none))"


def test_a_var_without_a_value_is_told_where_it_stands() -> None:
    with pytest.raises(WorkflowError, match=r"w\.yml:3:5: undefined vars: none \(give it with --var"):
        filling().value("((none))")
    with pytest.raises(WorkflowError, match=r"w\.yml:2:5: undefined vars: none \(give it with --var"):
        filling().node(read_yaml("a: 1\nbb: ((none)) ${{ 1 }}\n", file="w.yml"))


def test_what_cannot_be_put_in_is_told() -> None:
    with pytest.raises(WorkflowError, match=r"cannot interpolate non-primitive value .* from var: on"):
        filling().value("is ((on))")
    with pytest.raises(WorkflowError, match="Unrecognized named-value: 'nobody'"):
        filling().value("${{ nobody.here }}")
    with pytest.raises(WorkflowError, match="A mapping was expected"):
        filling().mapping(read_yaml("[1]", file="w.yml"))
