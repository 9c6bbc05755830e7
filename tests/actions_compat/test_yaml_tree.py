"""The YAML tree: the core schema's types, places, and limits that hold before the memory is gone."""

from __future__ import annotations

import math
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.nodes import Mapping, Scalar, Sequence, WorkflowError
from actions_compat.yaml_tree import Limits, memory_of, read_yaml


def value_of(text: str) -> object:
    node = read_yaml(text, file="f.yml")
    assert isinstance(node, Scalar)
    return node.value


@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "a:\n  - b\n\t- c\n", "\ta: 1"])
def test_a_tab_that_indents_is_told_with_what_to_do(text: str) -> None:
    with pytest.raises(WorkflowError) as found:
        read_yaml(text, file="f.yml")
    assert found.value.hint == "YAML is indented with spaces, not with tabs"


def test_what_is_no_yaml_for_another_reason_has_no_such_hint() -> None:
    with pytest.raises(WorkflowError) as found:
        read_yaml("a: [\n\n", file="f.yml")
    assert found.value.hint == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("Null", None),
        ("012", 12),
        ("0o14", 12),
        ("0x1F", 31),
        ("+5", 5),
        ("3.10", 3.1),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("2022-10-26", "2022-10-26"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("!!str 5", "5"),
        ("! 5", "5"),
        ("!!int 5", 5),
        ("!!float 5", 5),
        ("9" * 5000, math.inf),
        ("0x" + "f" * 300, math.inf),
        ("=", "="),
        ("<<", "<<"),
    ],
)
def test_plain_values_have_the_core_schemas_types(text: str, value: object) -> None:
    got = value_of(text)
    assert got == value
    assert type(got) in {type(value), int, float}


def test_large_integers_are_doubles_as_everywhere_at_github() -> None:
    assert value_of("1587106672383762434") == 1.587106672383762434e18
    assert type(value_of(str(2**53))) is float
    assert type(value_of(str(2**53 - 1))) is int


def test_text_keeps_what_stands_in_the_file() -> None:
    node = read_yaml("3.10", file="f.yml")
    assert isinstance(node, Scalar)
    assert (node.value, node.text) == (3.1, "3.10")


def test_every_value_and_key_has_its_place() -> None:
    root = read_yaml("a:\n  - b\n  -   c: d\n", file="f.yml")
    assert isinstance(root, Mapping)
    items = root.get("a")
    assert isinstance(items, Sequence)
    second = items.items[1]
    assert isinstance(second, Mapping)
    key, value = second.items[0]
    places = [(node.position.line, node.position.column) for node in (root, items, second, key, value)]
    assert places == [(1, 1), (2, 3), (3, 7), (3, 7), (3, 10)]
    assert root.position.file == "f.yml"


def test_an_alias_repeats_its_anchor_and_anchors_may_be_defined_again() -> None:
    root = read_yaml("a: &x 1\nb: *x\nc: &x 2\nd: *x", file="f")
    assert isinstance(root, Mapping)
    assert [value.value for _, value in root.items if isinstance(value, Scalar)] == [1, 1, 2, 2]


def test_merge_keys_are_ordinary_keys() -> None:
    root = read_yaml("a: &x {k: 1}\nb:\n  <<: *x", file="f")
    assert isinstance(root, Mapping)
    inner = root.get("b")
    assert isinstance(inner, Mapping)
    assert inner.items[0][0].value == "<<"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: *x", (1, 4), "Unknown alias 'x'"),
        ("&a [*a]", (1, 5), "stands inside what it repeats"),
        ("&a {k: [*a]}", (1, 9), "stands inside what it repeats"),
        ("? [1]\n: 2", (1, 3), "A key must be a single value"),
        ("--- 1\n--- 2", (2, 1), "one document"),
        ("a: \x00", (1, 4), "U+0000"),
        ("é: x\nb: \ud800", (2, 4), "U+D800"),
        ("a: !!timestamp 2022-10-26", (1, 4), "Unexpected tag 'tag:yaml.org,2002:timestamp'"),
        ("a: !!python/object:os.system {}", (1, 4), "Unexpected tag"),
        ("a: !!int x", (1, 4), "invalid for the type 'tag:yaml.org,2002:int'"),
        ('a: !!int "5"', (1, 4), "DoubleQuoted"),
        ("a: [1\nb: 2", (2, 2), "flow sequence"),
        ("a: b: c", (1, 5), "mapping values"),
    ],
)
def test_what_is_no_yaml_for_us_is_told_with_its_place(text: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        read_yaml(text, file="f.yml")
    assert (caught.value.line, caught.value.column) == place
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 100_000, "a: &x " + "[" * 100_000])
def test_deep_nesting_is_refused_at_once(text: str) -> None:
    started = time.thread_time()
    with pytest.raises(WorkflowError, match="Maximum object depth exceeded"):
        read_yaml(text, file="f.yml")
    assert time.thread_time() - started < 1


def test_fifty_levels_are_allowed_and_one_more_is_not() -> None:
    assert read_yaml("[" * 50 + "]" * 50, file="f") is not None
    with pytest.raises(WorkflowError, match="depth"):
        read_yaml("[" * 51 + "]" * 51, file="f")


def test_an_alias_counts_the_depth_of_what_it_repeats() -> None:
    with pytest.raises(WorkflowError, match="depth"):
        read_yaml("a: &x [[[1]]]\nb: [[*x]]", file="f", limits=Limits(depth=5))
    assert read_yaml("a: &x [[[1]]]\nb: [[*x]]", file="f", limits=Limits(depth=6)) is not None


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    started = time.thread_time()
    with pytest.raises(WorkflowError, match="more than 50000 values"):
        read_yaml("\n".join(lines), file="f")
    assert time.thread_time() - started < 1


def test_too_much_text_and_too_many_values_are_refused() -> None:
    with pytest.raises(WorkflowError, match="maximum file size of 1048576 characters"):
        read_yaml("#" * 1_048_577, file="f")
    with pytest.raises(WorkflowError, match="more than 50000 values"):
        read_yaml("[" + "1," * 50_001 + "]", file="f")
    with pytest.raises(WorkflowError, match="Maximum object size exceeded"):
        read_yaml("a: bcd", file="f", limits=Limits(memory_bytes=50))


def test_memory_is_counted_alike_while_reading_and_afterwards() -> None:
    text = "a: bcd\nb: [1, true, ~, 'é']"
    node = read_yaml(text, file="f")
    assert node is not None
    size = memory_of(node)
    assert read_yaml(text, file="f", limits=Limits(memory_bytes=size)) == node
    with pytest.raises(WorkflowError, match="size"):
        read_yaml(text, file="f", limits=Limits(memory_bytes=size - 1))


def test_an_empty_file_has_no_tree() -> None:
    assert read_yaml("", file="f") is None
    assert read_yaml("# only a comment\n", file="f") is None


SAMPLES = [
    "a: 1\nb: [x, 'y', \"z\"]\nc: |\n  text\n\n  more\nd: >-\n  folded\n  text\n",
    "a: &x {k: v}\nb: *x\n",
    "- - 1\n  - 2\n-\n- ''\n",
    "a: !!int 5\n",
    "name:\n",
]


@pytest.mark.parametrize("text", SAMPLES)
def test_the_pure_parser_gives_the_same_tree(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = read_yaml(text, file="f")
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read_yaml(text, file="f") == expected


@pytest.mark.parametrize("text", ["[" * 100_000, "a: *x", "a: b: c", "a: \x00", "\ud800"])
def test_the_pure_parser_refuses_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    with pytest.raises(WorkflowError):
        read_yaml(text, file="f")


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("[]{}:-?&*!|>'\"%@#, \n\tab1.~"), st.characters()), max_size=80
    )
)
def test_any_text_gives_a_tree_or_an_error_with_a_place_in_it(text: str) -> None:
    error = None
    try:
        read_yaml(text, file="f")
    except WorkflowError as caught:
        error = caught
    if error:
        assert 0 <= error.line <= text.count("\n") + text.count("\r") + text.count("\x85") + 5


def test_plain_scalars_can_mean_something_else() -> None:
    """Quoted ones never do."""
    tree = read_yaml("[yes, 'yes', !!str yes]", file="x.yml", plain=str.upper)
    assert isinstance(tree, Sequence)
    assert [item.value for item in tree.items if isinstance(item, Scalar)] == ["YES", "yes", "yes"]
