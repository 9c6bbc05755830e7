"""JSON as Go writes and reads it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.emulator.go_json import GoJsonError, decode_first, encode

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None]}, '{"a":[true,null],"b":1}'),
        ({"Ω": "☃ & <b>\u2028"}, '{"Ω":"☃ \\u0026 \\u003cb\\u003e\\u2028"}'),
        (1.0, "1"),
        (1.5, "1.5"),
        (1e300, "1e+300"),
        (2**70, "1180591620717411303424"),
    ],
)
def test_it_is_written_as_go_does(value: object, text: str) -> None:
    assert encode(value) == text


@given(values)
def test_what_is_written_is_read_again(value: object) -> None:
    assert decode_first(encode(value)) == value


@given(values, st.text())
def test_only_the_first_value_is_read(value: object, rest: str) -> None:
    assert decode_first(f" {encode([value])}{rest}") == [value]


@pytest.mark.parametrize("text", ["", " \n\t\r"])
def test_nothing_is_not_json(text: str) -> None:
    with pytest.raises(EOFError):
        decode_first(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello\n[]", "invalid character 'h' looking for beginning of value"),
        ("noise", "invalid character 'o' in literal null (expecting 'u')"),
        ("Cloning into", "invalid character 'C' looking for beginning of value"),
        ("tru", "unexpected EOF"),
        ("[1", "unexpected EOF"),
        ('{"a', "unexpected EOF"),
        ('{"a": ', "unexpected EOF"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ('{"a": 1,}', "invalid character '}' looking for beginning of object key string"),
        ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        ("{'a': 1}", r"invalid character '\'' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a": [1] "b"}', "invalid character '\"' after object key:value pair"),
        ('{"a": [1 "b"]}', "invalid character '\"' after array element"),
        ('{"a}": {"b": "c"] ', "invalid character ']' after object key:value pair"),
        ('"a\nb"', r"invalid character '\n' in string literal"),
        (r'"\x"', "invalid character 'x' in string escape code"),
        ("[NaN]", "invalid character 'N' looking for beginning of value"),
        ("-Infinity", "invalid character 'I' in numeric literal"),
    ],
)
def test_it_complains_as_go_does(text: str, message: str) -> None:
    with pytest.raises(GoJsonError) as told:
        decode_first(text)
    assert str(told.value) == message


@given(st.text(alphabet='{}[]",:1truefalsnx \\\n'))
def test_it_never_fails_in_another_way(text: str) -> None:
    try:
        found = decode_first(text)
    except (GoJsonError, EOFError):
        with pytest.raises(json.JSONDecodeError):
            json.loads(text)
    else:
        assert text.lstrip().startswith(tuple('{["-0123456789tfn')) or found is None
