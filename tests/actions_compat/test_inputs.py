"""Inputs of a run: types, defaults, options, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from actions_compat.inputs import InputError, input_values
from actions_compat.workflow import read_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actions_compat.inputs import Input

DISPATCH = """
on:
  workflow_dispatch:
    inputs:
      name: {description: who}
      debug: {type: boolean}
      Level: {type: choice, options: [info, warn], default: warn}
      count: {type: number, default: 3}
      target: {type: environment, required: true}
      plain:
jobs: {a: {runs-on: x}}
"""
CALL = """
on:
  workflow_call:
    inputs:
      ref: {type: string, default: '${{ github.ref }}'}
      n: {type: number}
jobs: {a: {runs-on: x}}
"""


def declared(text: str, event: str) -> Mapping[str, Input]:
    return read_workflow(text, file="f.yml").on.events[event].inputs


def test_values_are_typed_and_defaults_filled_in_in_declared_order() -> None:
    given = {"target": "prod", "debug": "true", "LEVEL": "info"}
    values = input_values(declared(DISPATCH, "workflow_dispatch"), given, {})
    assert list(values.items()) == [
        ("name", ""),
        ("debug", True),
        ("Level", "info"),
        ("count", 3),
        ("target", "prod"),
        ("plain", ""),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Required input 'target' not provided"),
        (
            {"target": "x", "debug": "maybe"},
            "Input 'debug' is a boolean: expected true or false, not 'maybe'",
        ),
        ({"target": "x", "count": "three"}, "Input 'count' is a number, and 'three' is none"),
        ({"target": "x", "count": True}, "Input 'count' is a number, and 'true' is none"),
        ({"target": "x", "Level": "loud"}, "Input 'Level' is one of info, warn, and 'loud' is none of them"),
        ({"target": "x", "extra": 1, "more": 2}, "Unexpected inputs provided: extra, more"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        input_values(declared(DISPATCH, "workflow_dispatch"), given, {})
    assert str(caught.value) == words


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        input_values(declared(DISPATCH, "workflow_dispatch"), {"debug": "x", "y": 1}, {})
    assert str(caught.value).count(";") == 2


def test_defaults_of_calls_are_evaluated() -> None:
    values = input_values(declared(CALL, "workflow_call"), {}, {"github": {"ref": "refs/heads/x"}})
    assert values == {"ref": "refs/heads/x", "n": 0}
    assert input_values(declared(CALL, "workflow_call"), {"n": 1.5, "ref": "a"}, {}) == {"ref": "a", "n": 1.5}
