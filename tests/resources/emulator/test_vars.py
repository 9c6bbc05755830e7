"""`((vars))` as Concourse has them; most cases are those of its own specifications, as data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.emulator.vars import (
    Interpolation,
    Number,
    Reference,
    UndefinedVars,
    VarError,
    Variables,
    expand,
    interpolate,
)


def with_vars(value: object, /, **values: object) -> object:
    """Interpolate as fly does: what has no value stays."""
    return Interpolation(Variables((values,))).apply(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", Reference("", "hello")),
        ("hello.a.b", Reference("", "hello", ("a", "b"))),
        ('"hello.world"."a.b"."foo:bar"', Reference("", "hello.world", ("a.b", "foo:bar"))),
        ('"hello.world".a."foo:bar"', Reference("", "hello.world", ("a", "foo:bar"))),
        ("source:hello", Reference("source", "hello")),
        ('"my:path"."field.1"."field.2"', Reference("", "my:path", ("field.1", "field.2"))),
        ("hello .world ", Reference("", "hello", ("world",))),
        ('" hello "."world "', Reference("", " hello ", ("world ",))),
        (".:local", Reference(".", "local")),
    ],
)
def test_a_reference_is_read(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"some-source":path', "invalid var '\"some-source\":path': source must not be quoted"),
        ("vault:.field", "invalid var 'vault:.field': empty field"),
        ('vault:"".field', "invalid var 'vault:\"\".field': empty field"),
        ("vault:", "invalid var 'vault:': empty field"),
        ("a..b", r"invalid var 'a..b': empty field"),
    ],
)
def test_a_wrong_reference_is_refused(text: str, message: str) -> None:
    with pytest.raises(VarError) as told:
        Reference.parse(text)
    assert str(told.value) == message


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        (Reference("", "hello"), "hello"),
        (Reference("", "hello", ("a", "b")), "hello.a.b"),
        (Reference("", "hello.world", ("a.b", "foo:bar")), '"hello.world"."a.b"."foo:bar"'),
        (Reference("", "a", ("other field", "another/field")), 'a."other field"."another/field"'),
        (Reference("source", "hello"), "source:hello"),
    ],
)
def test_a_reference_is_shown_with_the_quotes_it_needs(reference: Reference, text: str) -> None:
    assert str(reference) == text


names = st.text(st.characters(categories=["Ll", "Lu", "Nd"], include_characters=".:/ -_"), min_size=1)


@given(names.filter(str.strip), st.lists(names.filter(str.strip), max_size=3))
def test_what_is_shown_is_read_again(path: str, fields: list[str]) -> None:
    reference = Reference("", path, tuple(fields))
    assert Reference.parse(str(reference)) == reference


class TestWhole:
    """A text that is one var takes its value, of any type."""

    @pytest.mark.parametrize("value", ["foo", "", 1, 2.5, True, None, ["a", 1], {"k": {"l": [1]}}])
    def test_the_type_is_kept(self, value: object) -> None:
        assert with_vars({"x": "((v))"}, v=value) == {"x": value}

    def test_a_value_is_not_looked_through_again(self) -> None:
        assert with_vars("((a))", a="((b))", b="no") == "((b))"

    @pytest.mark.parametrize("name", ["/key/foo", "with-a-dash", "with_an_underscore", "Ω", "a1"])
    def test_names(self, name: str) -> None:
        assert with_vars(f"(({name}))", **{name: "☃"}) == "☃"

    @pytest.mark.parametrize(
        ("text", "path"),
        [
            ('(("with:colon"))', "with:colon"),
            ('(("foo/bar/me.com-test@me.com/p"))', "foo/bar/me.com-test@me.com/p"),
        ],
    )
    def test_quoted_names(self, text: str, path: str) -> None:
        assert with_vars(text, **{path: "secret"}) == "secret"

    @pytest.mark.parametrize("text", ["(()", "((a b))", "(( a ))", "(())", "((a)", "((½))", "((a$))"])
    def test_what_is_no_var_stays(self, text: str) -> None:
        assert with_vars(text, **{"a": "x", "½": "x", "a b": "x"}) == text


class TestEmbedded:
    """Inside a longer text only strings and whole numbers can stand."""

    def test_strings_and_numbers(self) -> None:
        assert with_vars("nats://((ip)):((port))", ip="10.0.0.0", port=4222) == "nats://10.0.0.0:4222"

    def test_the_same_var_twice(self) -> None:
        assert with_vars("((user)):((user))", user="nats") == "nats:nats"

    def test_any_number_of_y(self) -> None:
        assert with_vars("v((n))", n=Number("1.230")) == "v1.23"

    @pytest.mark.parametrize(
        ("value", "kind"),
        [
            (2.717, "float64"),
            (True, "bool"),
            (None, "<nil>"),
            ({"a": 1}, "map[string]interface {}"),
            ([1], "[]interface {}"),
        ],
    )
    def test_nothing_else(self, value: object, kind: str) -> None:
        with pytest.raises(VarError) as told:
            with_vars("x ((v))", v=value)
        assert str(told.value) == f"cannot interpolate non-primitive value ({kind}) from var: v"


class TestMaps:
    def test_keys_are_interpolated(self) -> None:
        assert with_vars(
            {"((iaas))_cpi": "props", "((key))": "((value))"}, iaas="aws", key="k", value="v"
        ) == {
            "aws_cpi": "props",
            "k": "v",
        }

    @pytest.mark.parametrize(("value", "key"), [(1, "1"), (True, "true"), (1.5, "1.5"), (2.0, "2")])
    def test_a_key_becomes_text(self, value: object, key: str) -> None:
        assert with_vars({"((v))": 0}, v=value) == {key: 0}

    def test_null_is_no_key(self) -> None:
        with pytest.raises(VarError, match="cannot use <nil> as a key"):
            with_vars({"((v))": 0}, v=None)

    def test_lists_are_gone_through(self) -> None:
        assert with_vars(["((a))", ["((a))"]], a=1) == [1, [1]]


class TestFields:
    def test_a_field_of_a_map(self) -> None:
        assert with_vars('((secret-name."secret.field"))', **{"secret-name": {"secret.field": "x"}}) == "x"

    def test_a_missing_field(self) -> None:
        with pytest.raises(VarError) as told:
            with_vars("((key.no))", key={"subkey": "e"})
        assert str(told.value) == "missing field 'no' in var: key.no"

    def test_a_field_of_what_has_none(self) -> None:
        with pytest.raises(VarError) as told:
            with_vars("((key.no))", key="text")
        assert str(told.value) == "cannot access field 'no' of non-map value ('string') from var: key.no"


class TestUndefined:
    def test_all_are_told_sorted(self) -> None:
        value = {"((key4))_array": ["((key_in_array))"], "((key)) ": "((key2))", "dup": "((key3))((key2))"}
        with pytest.raises(UndefinedVars) as told:
            interpolate(value, Variables(({"key3": "foo"},)))
        assert str(told.value) == "undefined vars: key, key2, key4, key_in_array"

    def test_fly_leaves_them_as_they_are(self) -> None:
        assert with_vars({"((key))": "((key2))", "((key3))": 2}, key3="foo") == {
            "((key))": "((key2))",
            "foo": 2,
        }

    @pytest.mark.parametrize("text", ["foo=((.:key))", "foo=((source:key))"])
    def test_other_sources_are_not_ours(self, text: str) -> None:
        assert with_vars(text, key="foo") == text

    def test_a_source_is_read_where_it_is_given(self) -> None:
        variables = Variables(sources={"foo": {"with.dot:colon": {"buzz": "fuzz"}}, ".": {"x": 1}})
        assert interpolate('((foo:"with.dot:colon".buzz))', variables) == "fuzz"
        assert interpolate("((.:x))", variables) == 1


class TestLayers:
    def test_the_first_that_has_it_wins(self) -> None:
        variables = Variables(({"a": 1}, {"a": 2, "b": 3}))
        assert interpolate(["((a))", "((b))"], variables) == [1, 3]

    def test_and_does_not_ask_the_next_for_a_missing_field(self) -> None:
        variables = Variables(({"a": {"b": 1}}, {"a": {"c": 2}}))
        with pytest.raises(VarError, match=r"missing field 'c' in var: a\.c"):
            interpolate("((a.c))", variables)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("hello", "world"), ("foo", {"bar": "baz"})], {"hello": "world", "foo": {"bar": "baz"}}),
        (
            [("hello.a.b", "world"), ("foo", {"bar": {"abc": "def"}}), ("foo.bar.ghi", "jkl")],
            {"hello": {"a": {"b": "world"}}, "foo": {"bar": {"abc": "def", "ghi": "jkl"}}},
        ),
        ([("foo", {"bar": "baz"}), ("foo.bar.ghi", "jkl")], {"foo": {"bar": {"ghi": "jkl"}}}),
        ([("foo", {"bar": "baz"}), ("foo", "jkl")], {"foo": "jkl"}),
        ([("foo", "jkl"), ("foo.bar", "baz")], {"foo": {"bar": "baz"}}),
    ],
)
def test_dotted_names_build_maps(pairs: list[tuple[str, object]], expected: object) -> None:
    assert expand((Reference.parse(name), value) for name, value in pairs) == expected


def test_what_was_put_in_is_known_afterwards() -> None:
    interpolation = Interpolation(
        Variables(({"a": "one", "b": {"c": "two", "d": ["three", 4]}, "e": "unused"},))
    )
    interpolation.apply(["x((a))", {"k": "((b))"}])
    assert interpolation.used == {"one", "two", "three"}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(alphabet="abc ()"), st.lists))
def test_without_vars_nothing_changes(value: object) -> None:
    assert with_vars(value) == value
