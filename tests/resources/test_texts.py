"""Texts of options and inputs, as what a key takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_type_hints

import pytest

from sqnc_resources import RequestError, Secret
from sqnc_resources.durations import Duration
from sqnc_resources.git.values import Source as GitSource
from sqnc_resources.reading import read
from sqnc_resources.texts import holds_secret, value_of


@dataclass(frozen=True, slots=True)
class Login:
    user: str = ""
    tries: int = 0
    password: Secret | None = None
    tags_: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Nested:
    logins: tuple[Login, ...] = ()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, "1.10", "1.10"),
        (str, " as it is ", " as it is "),
        (str, "[not a list]", "[not a list]"),
        (str | None, "null", "null"),
        (Secret, "two\nlines\n", "two\nlines\n"),
        (int, " 12345678901234567890 ", "12345678901234567890"),
        (bool, "True", "true"),
        (bool | None, " FALSE\n", "false"),
        (bool, "yes", "yes"),  # which the reader refuses
        (Duration, " 1m ", "1m"),
        (Literal["a", "b"], "a\n", "a"),
        (Literal[1, True], "true", True),
        (Literal[2, 1] | None, "1", 1),
        (Literal["a", "b"], "c", "c"),
        (tuple[str, ...], "one", ["one"]),
        (tuple[str, ...], "one two\n\n  *.c  \n", ["one two", "*.c"]),
        (tuple[str, ...], "[1.10, yes, '', x]", ["1.10", "yes", "", "x"]),
        (tuple[str, ...], '["a\\nb"]', ["a\nb"]),
        (tuple[str, ...], "- |\n  a\n  b\n- c", ["a\nb\n", "c"]),
        (tuple[str, ...], "-x", ["-x"]),
        (tuple[int, ...], "1\n2", ["1", "2"]),
        (tuple[bool, ...], "[True, false]", ["true", "false"]),
        (tuple[Literal["a", 2], ...], "a\n2", ["a", 2]),
        (Literal["all"] | tuple[str, ...], "all", "all"),
        (Literal["all"] | tuple[str, ...], "one", ["one"]),
        (str | tuple[str, ...], "one two", "one two"),
        (str | tuple[str, ...], "one\ntwo", ["one", "two"]),
        (str | tuple[str, ...], "[one]", ["one"]),
        (Mapping[str, str], "a: 1.10\nb: ~", {"a": "1.10", "b": None}),
        (Mapping[str, tuple[str, ...]], "a: [0x10]", {"a": ["0x10"]}),
        (Login, "{user: 007, tries: 3, tags: [1]}", {"user": "007", "tries": "3", "tags": ["1"]}),
        (Login | None, '{"password": "x", "other": 1}', {"password": "x", "other": 1}),
        (tuple[Login, ...], "- user: ann\n- {user: bob}", [{"user": "ann"}, {"user": "bob"}]),
        (Nested, "logins: [{tries: 1}]", {"logins": [{"tries": "1"}]}),
        (object, "{a: [1, true, null, '2', x]}", {"a": [1, True, None, "2", "x"]}),
        (object, "x", "x"),
        (object, "7", 7),
        (Mapping[str, object] | None, "{a: 1}", {"a": 1}),
    ],
)
def test_a_text_is_read_as_what_the_key_takes(kind: object, text: str, value: object) -> None:
    found = value_of(kind, text, "key")
    assert (found, repr(found)) == (value, repr(value))


def test_text_that_is_no_yaml_is_refused_with_the_name_and_the_place() -> None:
    with pytest.raises(RequestError, match=r"^logins:2:1: while parsing"):
        value_of(tuple[Login, ...], "[{user: ann", "logins")


def test_what_is_read_fits_the_type() -> None:
    texts = {
        "uri": "https://example.com/project.git",
        "paths": "src\n*.c",
        "fetch_tags": "True",
        "version_depth": "3",
        "git_config": "[{name: core.pager, value: cat}]",
        "https_tunnel": "{proxy_host: proxy, proxy_port: 8080, proxy_password: swordfish}",
    }
    hints = get_type_hints(GitSource)
    values = {name: value_of(hints[name], text, name) for name, text in texts.items()}
    secrets: list[str] = []
    source = read(GitSource, values, "source", secrets)
    assert (source.paths, source.fetch_tags, source.version_depth) == (("src", "*.c"), True, 3)
    assert source.git_config[0].name == "core.pager"
    assert (source.https_tunnel.proxy_port, secrets) == ("8080", ["swordfish"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Secret | None, True),
        (Nested, True),
        (tuple[Login, ...], True),
        (Mapping[str, Secret], True),
        (Mapping[str, object] | None, False),
        (Literal["a"] | tuple[str, ...], False),
    ],
)
def test_a_secret_is_found_wherever_it_may_be(kind: object, expected: bool) -> None:
    assert holds_secret(kind) is expected
