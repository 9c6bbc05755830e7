"""Which gets, and which histories, are the same."""

from __future__ import annotations

from typing import Any

import pytest

from sqnc_resources.emulator.cache_key import get_key, history_key

GET: dict[str, Any] = {
    "kind": "image:1",
    "source": {"uri": "x", "n": 1},
    "version": {"ref": "1"},
    "params": {"depth": 1},
}


def test_the_order_of_keys_and_empty_params_make_no_difference() -> None:
    assert get_key(**GET) == get_key(**{**GET, "source": {"n": 1.0, "uri": "x"}})
    assert get_key(**{**GET, "params": {}}) == get_key(**{**GET, "params": None})


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("kind", "image:2"),
        ("source", {"uri": "x", "n": 2}),
        ("source", None),
        ("version", {"ref": "2"}),
        ("params", {"depth": 2}),
        ("params", {}),
    ],
)
def test_everything_else_does(part: str, value: object) -> None:
    assert get_key(**GET) != get_key(**{**GET, part: value})


def test_another_source_is_another_history() -> None:
    first = history_key("/a/pipeline.yml", "repo", "git", {"uri": "x"})
    assert first == history_key("/a/pipeline.yml", "repo", "git", {"uri": "x"})
    assert first != history_key("/a/pipeline.yml", "repo", "git", {"uri": "y"})
