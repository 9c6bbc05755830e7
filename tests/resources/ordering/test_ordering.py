"""Versions in their order, and constraints as Go's Masterminds/semver reads them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.ordering import Constraints, Semantic, SemiSemantic

# semver.org, section 11, and around it
SEMANTIC = [
    "0.0.1", "0.9.0", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
    "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
]  # fmt: skip
SEMI = [
    "0",
    "1-a",
    "1-a.2",
    "1-a.10",
    "1",
    "1+b",
    "1.1",
    "1.2.3.4",
    "1.2.3.5",
    "1.2.10",
    "1.a",
    "2-1",
    "2-a",
    "2",
    "a",
]


def test_semantic_versions_have_their_order() -> None:
    for first, second in pairwise(map(Semantic.parse, SEMANTIC)):
        assert first < second
        assert first != second


@pytest.mark.parametrize(
    ("text", "whole"),
    [("v1.2.3", "1.2.3"), ("1", "1.0.0"), ("1.2-rc+5", "1.2.0-rc+5"), ("1.2.3+01", "1.2.3+01")],
)
def test_a_semantic_version_is_completed(text: str, whole: str) -> None:
    assert str(Semantic.parse(text)) == whole


@pytest.mark.parametrize("text", ["", "v", "x", "1.2.3.4", "1.2.3-", "1.2.3-a..b", "1.2.3 ", "latest", "1.٢"])
def test_what_is_no_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a semantic version"):
        Semantic.parse(text)


def test_build_metadata_says_nothing_of_the_order() -> None:
    assert Semantic.parse("1.0.0+a") == Semantic.parse("1.0.0+b")
    assert len({Semantic.parse("1.0.0+a"), Semantic.parse("1.0.0+b")}) == 1


def test_semi_semantic_versions_have_their_order() -> None:
    for first, second in pairwise(map(SemiSemantic.parse, SEMI)):
        assert first < second, (first, second)
    assert SemiSemantic.parse("1.10") < SemiSemantic.parse("1.07")  # a word, as it begins with 0
    assert SemiSemantic.parse("1.0.0") == SemiSemantic.parse("1")
    assert SemiSemantic.parse("1.0.0-a.0") == SemiSemantic.parse("1-a")


@pytest.mark.parametrize("text", ["", "1..2", ".1", "1-", "1+", "1/2", "1 2", "1-a..b", "-1"])
def test_what_is_no_semi_semantic_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a version"):
        SemiSemantic.parse(text)


@pytest.mark.parametrize(
    ("constraint", "wanted", "unwanted"),
    [
        ("1.2.3", "1.2.3 1.2.3+b", "1.2.4 1.2.3-a"),
        ("=1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("1.x", "1.0.0 1.9.9", "2.0.0 0.9.0"),
        ("*", "0.0.0 9.9.9", "1.0.0-a"),
        ("!=1.2.3", "1.2.4", "1.2.3"),
        ("!=1.2", "1.3.0", "1.2.0 1.2.5"),
        ("!=1.x", "2.0.0", "1.9.0"),
        (">1.2.3", "1.2.4", "1.2.3"),
        (">1.2", "1.3.0", "1.2.9"),
        (">1", "2.0.0", "1.9.9"),
        (">=1.2", "1.2.0 9.0.0", "1.1.9"),
        ("=>1.2", "1.2.0", "1.1.9"),
        ("<1.2", "1.1.9", "1.2.0"),
        ("<=1.2", "1.2.9", "1.3.0"),
        ("<=1", "1.9.9", "2.0.0"),
        ("=<1.2.3", "1.2.3", "1.2.4"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~>1", "1.0.0 1.9.9", "2.0.0"),
        ("~1.2.x", "1.2.0", "1.3.0"),
        ("~0.0.0", "0.0.0 5.0.0", "1.0.0-a"),
        ("^1.2.3", "1.2.3 1.9.0", "2.0.0 1.2.2"),
        ("^1.2", "1.2.0 1.9.0", "2.0.0 1.1.0"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"),
        ("^0.2", "0.2.0", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("^0", "0.9.0", "1.0.0"),
        ("^*", "0.0.1 7.0.0", "7.0.0-a"),
        (">= 1.2 < 3.0.0 || >= 4.2.3", "1.2.0 2.9.9 4.2.3", "1.1.0 3.0.0 4.2.2"),
        (">= 1.2, < 3.0.0", "1.2.0", "3.0.0"),
        ("1.2 - 1.4.5", "1.2.0 1.4.5", "1.1.9 1.4.6"),
        (">=1.0.0-0, <2.0.0", "1.0.0-a 1.5.0-rc.1 1.5.0", "2.0.0"),
        ("^1.2.3-beta.2", "1.2.3-beta.2 1.2.3-beta.11 1.2.3 1.5.0", "1.2.3-beta.1 2.0.0"),
        ("v1.2.3", "1.2.3", "1.2.4"),
    ],
)  # fmt: skip
def test_constraints_accept_what_they_say(constraint: str, wanted: str, unwanted: str) -> None:
    constraints = Constraints.parse(constraint)
    assert [one for one in wanted.split() if not constraints.accept(Semantic.parse(one))] == []
    assert [one for one in unwanted.split() if constraints.accept(Semantic.parse(one))] == []


@pytest.mark.parametrize(
    "text", ["", "latest", ">> 1", "1.2.3.4", "1.2 ||", "^", ">=1.2,", "1.2,,1.3", ">=1<2"]
)
def test_what_is_no_constraint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a constraint"):
        Constraints.parse(text)


@given(st.tuples(*[st.integers(0, 3)] * 3), st.tuples(*[st.integers(0, 3)] * 3))
def test_caret_and_tilde_accept_the_version_itself_and_no_lower_one(
    known: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    version, second = (Semantic(*numbers) for numbers in (known, other))
    for operator in "~^":
        constraints = Constraints.parse(f"{operator}{version}")
        assert constraints.accept(version)
        assert not (second < version and constraints.accept(second))
