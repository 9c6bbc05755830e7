"""A request becomes typed values, or one error that says of each misfit where it is."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, make_dataclass
from enum import Enum
from typing import Any, Literal, Self

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources import NoKeys, RequestError, Secret, key
from sqnc_resources.keys import keys, required_key
from sqnc_resources.reading import read
from sqnc_resources.schema import object_schema


@dataclass(frozen=True, slots=True)
class Level:
    """A whole number of stars."""

    stars: int

    @classmethod
    def parse(cls, text: str) -> Self:
        if set(text) - {"*"}:
            raise ValueError(f"expected stars alone, got `{text}`")
        return cls(len(text))

    def __str__(self) -> str:
        return "*" * self.stars


@dataclass(frozen=True, slots=True)
class Login:
    host: str
    token: Secret | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Where it is."""

    uri: str
    """The place.

    In two | paragraphs.
    """
    branch: str | None = None
    password: Secret | None = None
    depth: int = 0
    ratio: float = 1.5
    private: bool = False
    submodules: Literal["all", "none"] | tuple[str, ...] = "all"
    logins: tuple[Login, ...] = ()
    limits: Mapping[str, int] | None = None
    level: Level | None = None
    anything: object = None
    from_: str = "a"
    fetch: tuple[str, ...] = key((), also=("refs",))

    def __post_init__(self) -> None:
        if self.branch == self.uri:
            raise ValueError("branch: expected another text than uri")


@dataclass(frozen=True, slots=True)
class Renamed:
    ref: str = required_key(name="commit", also=("sha",))


def source(**values: object) -> Source:
    return read(Source, {"uri": "u", **values}, "source", [])


def problem(kind: Any, value: object) -> str:
    with pytest.raises(RequestError) as raised:
        read(kind, value, "source", [])
    return str(raised.value)


def test_each_kind_of_value_is_read() -> None:
    found = source(
        branch="b",
        depth=12345678901234567890123,
        ratio=2,
        private=True,
        submodules=["a"],
        logins=[{"host": "h", "token": "t"}],
        limits={"a": 1},
        level="**",
        anything=[{"x": None}],
    )
    assert found.depth == 12345678901234567890123
    assert (found.branch, found.ratio, found.private, found.submodules) == ("b", 2.0, True, ("a",))
    assert found.logins == (Login("h", Secret("t")),)
    assert (found.limits, found.level, found.anything) == ({"a": 1}, Level(2), [{"x": None}])


@pytest.mark.parametrize("absent", [{}, {"branch": None, "depth": None, "logins": None, "level": None}])
def test_null_and_absent_mean_the_default(absent: dict[str, object]) -> None:
    assert source(**absent) == Source("u")


@pytest.mark.parametrize("nothing", [None, {}])
def test_a_part_that_is_null_or_empty_holds_no_keys(nothing: object) -> None:
    assert read(NoKeys, nothing, "params", []) == NoKeys()


def test_a_variable_s_text_becomes_a_number_or_a_flag_and_a_number_a_text() -> None:
    found = source(depth="-12", ratio="0.5", private="true", branch=2024)
    assert (found.depth, found.ratio, found.private, found.branch) == (-12, 0.5, True, "2024")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"uri": ["u"]}, "source.uri: expected a string, got a list"),
        ({"uri": True}, "source.uri: expected a string, got true"),
        ({"branch": {}}, "source.branch: expected a string, got an object"),
        ({"depth": "abc"}, "source.depth: expected a whole number, got a string"),
        ({"depth": 1.5}, "source.depth: expected a whole number, got a number"),
        ({"depth": True}, "source.depth: expected a whole number, got true"),
        ({"depth": "\uff11"}, "source.depth: expected a whole number, got a string"),
        ({"ratio": "nan"}, "source.ratio: expected a number, got a string"),
        ({"private": "yes"}, "source.private: expected true or false, got a string"),
        ({"private": 1}, "source.private: expected true or false, got a number"),
        (
            {"submodules": "some"},
            "source.submodules: expected one of `all`, `none` or a list of strings, got a string",
        ),
        ({"submodules": ["a", {}]}, "source.submodules[1]: expected a string, got an object"),
        ({"logins": {}}, "source.logins: expected a list of objects, got an object"),
        ({"logins": [{"token": "t"}]}, "source.logins[0].host: expected a string, and it is missing"),
        ({"limits": {"a b": "x"}}, 'source.limits["a b"]: expected a whole number, got a string'),
        ({"level": "*x"}, "source.level: expected stars alone, got `*x`"),
        ({"branch": "u"}, "source: branch: expected another text than uri"),
    ],
)
def test_a_misfit_is_told_with_its_path(values: dict[str, object], expected: str) -> None:
    assert problem(Source, {"uri": "u", **values}) == expected


def test_numbers_keep_all_their_digits_wherever_they_are() -> None:
    for number in (2**53 + 1, -(2**53) - 1, 2**200):
        found = source(
            depth=number, branch=number, limits={"a": number}, anything={"a": [number, {"b": number}]}
        )
        assert (found.depth, found.branch, found.limits) == (number, str(number), {"a": number})
        assert found.anything == {"a": [number, {"b": number}]}
        assert source(depth=str(number), limits={"a": str(number)}).limits == {"a": number}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"depth": "9" * 5000}, "source.depth: expected a whole number of 4300 digits at most"),
        ({"depth": float("inf")}, "source.depth: expected a whole number, got a number"),
        ({"ratio": 10**400}, "source.ratio: expected a number that a double can hold"),
        ({"ratio": "9" * 400}, "source.ratio: expected a number that a double can hold"),
        ({"ratio": float("nan")}, "source.ratio: expected a number that a double can hold"),
    ],
)
def test_a_number_that_python_cannot_hold_is_a_misfit(values: dict[str, object], expected: str) -> None:
    assert problem(Source, {"uri": "u", **values}) == expected


@dataclass(frozen=True, slots=True)
class Choices:
    number: Literal[1, 2] = 1
    flag: Literal[True] = True
    mixed: Literal[False, 3] = False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"number": True}, "source.number: expected one of `1`, `2`, got true"),
        ({"flag": 1}, "source.flag: expected `true`, got a number"),
        ({"flag": False}, "source.flag: expected `true`, got false"),
        ({"mixed": 0}, "source.mixed: expected one of `false`, `3`, got a number"),
        ({"number": [1]}, "source.number: expected one of `1`, `2`, got a list"),
        ({"number": "1"}, "source.number: expected one of `1`, `2`, got `1`"),
    ],
)
def test_a_choice_is_one_of_its_own_kind(value: dict[str, object], expected: str) -> None:
    assert problem(Choices, value) == expected
    assert not jsonschema.Draft202012Validator(object_schema(Choices)).is_valid(value)


def test_a_choice_is_the_one_that_is_declared() -> None:
    found = read(Choices, {"number": 2.0, "flag": True, "mixed": 3}, "source", [])
    assert repr(found) == "Choices(number=2, flag=True, mixed=3)"


@dataclass(frozen=True, slots=True)
class Gaps:
    required: int | None
    row: tuple[int | None, ...] = ()
    cells: Mapping[str, str | None] | None = None


def test_null_stands_inside_of_what_may_hold_it() -> None:
    value: dict[str, object] = {"row": [1, None], "cells": {"a": None}, "required": 1}
    found = read(Gaps, value, "source", [])
    assert (found.row, found.cells) == ((1, None), {"a": None})
    schema = jsonschema.Draft202012Validator(object_schema(Gaps))
    assert schema.is_valid(value)
    for wrong in ({"required": None}, {}, {"required": 1, "row": ["x"]}):
        assert not schema.is_valid(wrong)
        problem(Gaps, wrong)
    assert problem(Source, {"uri": "u", "logins": [None], "limits": {"a": None}}).splitlines() == [
        "source.logins[0]: expected an object, got null",
        "source.limits.a: expected a whole number, got null",
    ]


def test_what_is_missing_is_told_with_its_first_name() -> None:
    assert problem(Renamed, {}) == "source.commit: expected a string, and it is missing"


def test_an_unknown_key_is_told_with_the_one_that_is_meant() -> None:
    assert problem(Source, {"uri": "u", "brnch": "b"}) == (
        "Found unknown keys in source:\nsource.brnch: unknown key, did you mean `branch`?"
    )
    assert problem(NoKeys, {"x": 1}).endswith("source.x: unknown key, none is expected")


def test_a_key_inside_a_list_is_known_or_not_as_well() -> None:
    assert "source.logins[0].tokn: unknown key, did you mean `token`?" in problem(
        Source, {"uri": "u", "logins": [{"host": "h", "tokn": "t"}]}
    )


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert problem(Source, {"uri": 1, "depth": [], "ratio": [], "x": 1}).splitlines() == [
        "Found unknown keys in source:",
        f"source.x: unknown key, expected one of {', '.join(sorted(keys(Source)))}",
        "source.depth: expected a whole number, got a list",
        "source.ratio: expected a number, got a list",
    ]
    assert problem(Source, {"uri": "u", "submodules": [{}, "a", []], "limits": {"a": "x", "b": "y"}}) == (
        "source.submodules[0]: expected a string, got an object\n"
        "source.submodules[2]: expected a string, got a list\n"
        "source.limits.a: expected a whole number, got a string\n"
        "source.limits.b: expected a whole number, got a string"
    )


def test_a_value_is_never_shown_for_it_may_be_a_secret() -> None:
    value = {"uri": ["hunter2"], "password": {"hunter2": 1}, "depth": "hunter2"}
    assert "hunter2" not in problem(Source, value)


def test_a_trailing_underscore_is_python_s_alone() -> None:
    assert source(**{"from": "b"}).from_ == "b"
    assert "from_: unknown key" in problem(Source, {"uri": "u", "from_": "b"})


def test_an_older_name_is_still_read() -> None:
    assert source(refs=["a"]).fetch == source(refs=["b"], fetch=["a"]).fetch == ("a",)
    assert read(Renamed, {"sha": "x"}, "version", []) == Renamed("x")


def test_secrets_are_gathered_also_where_the_rest_does_not_fit() -> None:
    secrets: list[str] = []
    with pytest.raises(RequestError):
        read(Source, {"password": "p", "logins": [{"host": "h", "token": "t"}]}, "source", secrets)
    assert secrets == ["p", "t"]


def test_a_secret_is_not_shown_by_accident() -> None:
    secret = Secret("hunter2")
    assert f"{secret} {secret!r} {asdict(Login('h', secret))}".count("***") == 3
    assert "hunter2" not in f"{secret} {secret!r}"
    assert (secret.reveal(), bool(Secret("")), secret == Secret("hunter2")) == ("hunter2", False, True)


class Color(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (set[str], []),
        (list[str], []),
        (tuple[int, str], [1, "a"]),
        (dict[str, str], {}),
        (Color, "red"),
        (bytes, "a"),
    ],
)
def test_a_type_that_cannot_be_read_is_its_author_s_to_mend(kind: object, value: object) -> None:
    with pytest.raises(TypeError, match="a key is a str, int"):
        read(make_dataclass("Undeclarable", [("x", kind)]), {"x": value}, "source", [])


def test_a_default_may_be_made_anew_each_time() -> None:
    kind = make_dataclass("Kind", [("x", Mapping[str, str], field(default_factory=dict))])
    assert read(kind, {}, "source", []) == kind({})


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "all", "none", "true", "1", "-3", "--3", "0.5", ".5", "1.", "-.", "**", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["host", "token", "a"]), inner)
    ),
    max_leaves=6,
)
KEYS = st.sampled_from([*(name.rstrip("_") for name in Source.__dataclass_fields__), "x"])


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_the_schema_accepts_what_the_reader_accepts(value: dict[str, object]) -> None:
    """But for rules that no schema knows: between keys, and of a type that reads its own text."""
    own_text = isinstance(value.get("level"), str | int | float) and set(str(value["level"])) - {"*"}
    if own_text or ("uri" in value and value["uri"] == value.get("branch")):
        return
    try:
        read(Source, value, "source", [])
    except RequestError:
        fits = False
    else:
        fits = True
    assert jsonschema.Draft202012Validator(object_schema(Source)).is_valid(value) is fits


@pytest.mark.parametrize(
    "text", ["1", "-1", "0.5", ".5", "1.", "-.5", "", "-", ".", "--1", "1e3", "+1", "1.2.3", "x"]
)
@pytest.mark.parametrize("name", ["ratio", "depth"])
def test_the_schema_takes_a_text_for_a_number_where_the_reader_does(name: str, text: str) -> None:
    value = {"uri": "u", name: text}
    fits = jsonschema.Draft202012Validator(object_schema(Source)).is_valid(value)
    try:
        read(Source, value, "source", [])
    except RequestError:
        assert not fits
    else:
        assert fits


@given(st.dictionaries(st.text(string.ascii_letters, max_size=3) | KEYS, VALUES) | VALUES)
def test_any_json_gives_a_value_or_a_request_error(value: object) -> None:
    try:
        found: object = read(Source, value, "source", [])
    except RequestError as error:
        found = error
    assert isinstance(found, Source) or str(found).startswith(("source", "Found unknown keys in source:"))


@dataclass(frozen=True, slots=True)
class Clock(Level):
    """Stars, which no number stands for."""

    takes_numbers = False


@dataclass(frozen=True, slots=True)
class Clocks:
    clocks: tuple[Clock, ...] = ()


def test_a_class_may_take_texts_alone() -> None:
    schema = jsonschema.Draft202012Validator(object_schema(Clocks))
    assert read(Clocks, {"clocks": ["**"]}, "source", []) == Clocks((Clock(2),))
    assert schema.is_valid({"clocks": ["**"]})
    with pytest.raises(RequestError) as raised:
        read(Clocks, {"clocks": ["*", 1140]}, "source", [])
    assert str(raised.value) == "source.clocks[1]: expected a string, between quotes, got a number"
    assert not schema.is_valid({"clocks": ["*", 1140]})
