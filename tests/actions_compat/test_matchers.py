"""Problem matchers: configurations that are wrong, and lines that become annotations."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat import matchers as module
from actions_compat.annotations import Annotation
from actions_compat.matchers import MatcherError, MatcherSet, ProblemMatcher, parse_matchers


def config(*patterns: dict[str, object], owner: str = "me", **more: object) -> dict[str, object]:
    return {"owner": owner, "pattern": list(patterns), **more}


def matcher(*patterns: dict[str, object], owner: str = "me", **more: object) -> ProblemMatcher:
    return ProblemMatcher.parse(config(*patterns, owner=owner, **more))


MESSAGE: dict[str, object] = {"regexp": "^E: (.+)$", "message": 1}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([config(MESSAGE, owner="")], "Owner must not be empty"),
        ([config(MESSAGE), config(MESSAGE, owner="ME")], "Duplicate owner name 'ME'"),
        ([config(MESSAGE, severity="bad")], "Matcher 'me' contains unexpected default severity 'bad'"),
        ([config()], "Matcher 'me' does not contain any patterns"),
        ([config({"regexp": "x"})], "At least one pattern must set 'message'"),
        ([config({**MESSAGE, "loop": True})], "Only the last pattern in a multiline matcher may set 'loop'"),
        (
            [config({"regexp": "x"}, {**MESSAGE, "loop": True}, {"regexp": "x"})],
            "Only the last pattern in a multiline matcher may set 'loop'",
        ),
        ([config(MESSAGE, {"regexp": "x", "loop": True})], "The loop pattern must set 'message'"),
        ([config(MESSAGE, MESSAGE)], "The property 'message' is set twice"),
        (
            [config({"regexp": "(x)", "message": 2})],
            "The property 'message' is set to 2 which is out of range",
        ),
        (
            [config({"regexp": "(x)", "fromPath": -1})],
            "The property 'fromPath' is set to -1 which is out of range",
        ),
    ],
)
def test_a_wrong_configuration_has_github_s_message(entries: list[object], message: str) -> None:
    with pytest.raises(MatcherError) as caught:
        parse_matchers(json.dumps({"problemMatcher": entries}))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"problemMatcher": 1}',
        '{"problemMatcher": [1]}',
        '{"problemMatcher": [{"owner": 1}]}',
        "[" * 100_000,
    ]
    + [
        json.dumps({"problemMatcher": [config({"regexp": regexp, "message": 0})]})
        for regexp in ("(", "(?<n", "[z-a]")
    ]
    + [
        json.dumps({"problemMatcher": [config({"regexp": "x", "message": value})]})
        for value in ("one", 1.5, True)
    ],
)
def test_nonsense_is_a_matcher_error(text: str) -> None:
    with pytest.raises(MatcherError):
        parse_matchers(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    ["problemMatcher", "owner", "severity", "pattern", "regexp", "message", "loop", "file"]
                ),
                inner,
            )
        ),
    )
)
def test_any_json_gives_matchers_or_the_error(value: object) -> None:
    try:
        found = parse_matchers(json.dumps(value))
    except MatcherError:
        return
    assert all(one.owner and one.patterns for one in found)


def test_comments_and_trailing_commas_are_taken() -> None:
    text = """\ufeff// ours
    {"problemMatcher": [{"owner": "me", /* two */
      "pattern": [{"regexp": "^(https://.*), ]$", "message": 1,},],},]}"""
    (found,) = parse_matchers(text.encode())
    assert found.patterns[0].regexp.pattern == "^(https://.*), ]$"


def test_ecmascript_differs_from_python() -> None:
    found = matcher(
        {"regexp": r"^(?<file>[^:]+)\/(\d+)(?<=1) \(?<b> (.+)$", "file": 1, "line": 2, "message": 3}
    )
    answer = MatcherSet([found]).match("a/1 (<b> m")
    assert answer.annotation == Annotation("error", "m", file="a", line=1)
    assert MatcherSet([found]).match("a/\u0661 (<b> m").annotation is None


@pytest.mark.parametrize(
    ("regexp", "line", "matches"),
    [
        ("[[a]x", "[x", True),
        ("[^[&&]x", "[x", False),
        ("[a&&b]x", "&x", True),
        ("[a||~~]x", "~x", True),
        ("[+--]x", ",x", True),
        ("[]\\]a]x", "]x", True),
        (r"\[[a]\(?<b> (?<n>.)\k<n>", "[a(<b> zz", True),
        (r"\e\[\cA", "\x1b[\x01", True),
        ("a[" * 50_000, "", None),
    ],
)
def test_a_pattern_means_what_it_means_to_dotnet(regexp: str, line: str, matches: bool | None) -> None:
    if matches is None:
        with pytest.raises(MatcherError, match="Invalid regular expression"):
            matcher({"regexp": regexp, "message": 0})
        return
    found = MatcherSet([matcher({"regexp": regexp, "message": 0})]).match(line)
    assert (found.annotation is not None) is matches


def test_a_line_becomes_an_annotation() -> None:
    fields = {"file": 1, "line": 2, "column": 3, "severity": 4, "code": 5, "message": 6}
    matchers = MatcherSet([matcher({"regexp": r"^(.+):(\d+):(\d+): (\w+) (\w+) (.+)$", **fields})])
    answer = matchers.match("src/a.py:3:14: WARNING E1 it is odd")
    assert answer.annotation == Annotation("warning", "it is odd", "src/a.py", 3, column=14, code="E1")
    assert matchers.match("nothing here").annotation is None


@pytest.mark.parametrize(
    ("file", "from_path", "located"),
    [
        ("a.c", "sub/x.proj", "sub/a.c"),
        ("/abs/a.c", "sub/x.proj", "/abs/a.c"),
        ("a.c", "x.proj", "a.c"),
        ("a.c", " ", "a.c"),
    ],
)
def test_a_file_is_found_from_its_project(file: str, from_path: str, located: str) -> None:
    found = matcher({"regexp": "^(.+)\\|(.+)$", "file": 1, "fromPath": 2, "message": 1})
    answer = MatcherSet([found]).match(f"{file}|{from_path}")
    assert answer.annotation is not None
    assert answer.annotation.file == located


@pytest.mark.parametrize(("text", "line"), [("2147483647", 2147483647), ("2147483648", None), ("1e3", None)])
def test_a_line_number_has_32_bits(text: str, line: int | None) -> None:
    found = MatcherSet([matcher({"regexp": "^(.+) (.+)$", "line": 1, "message": 2})]).match(f"{text} m")
    assert found.annotation == Annotation("error", "m", line=line)
    assert found.debug == (() if line else (f"Unable to parse line number '{text}'",))


def test_the_newest_matcher_is_asked_first_and_replaces_its_owner_s() -> None:
    matchers = MatcherSet([matcher({"regexp": "(.+)", "message": 1})])
    matchers.add(matcher({"regexp": "(b)", "message": 1}, owner="you", severity="notice"))
    assert matchers.match("b").annotation == Annotation("notice", "b")
    assert matchers.match("a").annotation == Annotation("error", "a")
    matchers.add(matcher({"regexp": "(c)", "message": 1}, owner="ME"))
    assert matchers.match("a").annotation is None
    matchers.remove("Me")
    matchers.remove("you")
    assert not matchers


def test_a_slow_matcher_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.0)
    matchers = MatcherSet([matcher(MESSAGE)])
    answer = matchers.match("E: x")
    assert answer.annotation is not None
    assert answer.warnings == ("Removing issue matcher 'me': a line took it more than 0 s.",)
    assert not matchers


def test_a_huge_line_is_not_matched() -> None:
    matchers = MatcherSet([matcher(MESSAGE)])
    assert matchers.match("E: " + "x" * module.LINE_LIMIT_CHARACTERS).annotation is None
