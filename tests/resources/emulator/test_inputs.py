"""Which artifacts a put sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.emulator.inputs import InputNotFoundError, detected, put_inputs

ARTIFACTS = ("repo", "built", "notes", "with space")


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"repository": "repo"}, ("repo",)),
        ({"file": "built/*.tgz", "body": "notes/body.md"}, ("built", "notes")),
        ({"a": {"b": ["./repo/x", "../built/y"]}}, ("repo", "built")),
        ({"a": "./../notes"}, ("notes",)),
        ({"a": "repo", "b": "repo/x"}, ("repo",)),
        ({"a": "with space/x"}, ("with space",)),
        ({"a": "/repo/x"}, ()),
        ({"repo": "x", "a": 1, "b": None, "c": True}, ()),
        ({"a": "built"}, ("built",)),
        ({"a": ("built/x", "notes")}, ("built", "notes")),
        ({"a": "x/repo"}, ()),
        ({"a": "((repo))"}, ()),
        ({"a": "."}, ()),
        ({"a": ""}, ()),
        ({}, ()),
        (None, ()),
    ],
)
def test_detect_takes_the_first_segment_of_every_text(params: object, names: tuple[str, ...]) -> None:
    assert put_inputs("detect", params, ARTIFACTS) == names


def test_all() -> None:
    assert put_inputs("all", {}, ARTIFACTS) == ARTIFACTS


def test_names() -> None:
    assert put_inputs(["notes", "repo"], {"a": "built"}, ARTIFACTS) == ("notes", "repo")
    assert put_inputs(["notes", "repo", "notes"], {}, ARTIFACTS) == ("notes", "repo")
    assert put_inputs([], {"a": "built"}, ARTIFACTS) == ()


def test_a_name_that_is_no_artifact() -> None:
    with pytest.raises(InputNotFoundError, match="input not found: rep"):
        put_inputs(["rep"], {}, ARTIFACTS)


@given(st.recursive(st.text(alphabet="./ab") | st.integers() | st.none(), st.lists))
def test_what_is_detected_is_one_segment_or_the_whole(params: object) -> None:
    for name in detected(params):
        assert "/" not in name or set(name.split("/")) <= {".", ".."}
