"""Which events run a workflow."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.nodes import WorkflowErrors
from actions_compat.patterns import PatternError, all_ignored, any_selected, parse_pattern
from actions_compat.triggers import Event, Triggers, matches, mismatch
from actions_compat.workflow import read_workflow

VECTORS = Path(__file__).parents[3] / "shared/vectors/expressions_more.json"


def on(text: str) -> Triggers:
    jobs = "\njobs: {a: {runs-on: x, steps: [{run: x}]}}"
    return read_workflow(f"on: {text}{jobs}", file="f.yml", strict=True).on


def load() -> list[Any]:
    if not VECTORS.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no vectors at {VECTORS}"))]
    return list(json.loads(VECTORS.read_text(encoding="utf-8"))["path_patterns"])


@pytest.mark.parametrize("entry", load())
def test_patterns_select_and_ignore_as_the_vectors_say(entry: dict[str, Any]) -> None:
    patterns, names = entry["patterns"], entry["inputs"]
    assert (bool(patterns) and not any_selected(patterns, names)) is entry["skip"]
    assert all_ignored(patterns, names) is entry["filter"]


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("v[12].[0-9]+", "v1.10", True),
        ("v[12].[0-9]+", "v3.1", False),
        ("colou?r", "color", True),
        ("colou?r", "colouur", False),
        ("+x", "+x", True),
        ("a.b", "axb", False),
        ("\\*", "*", True),
        ("a(b)", "a(b)", True),
        ("[^a]", "b", False),
        ("[^a]", "^", True),
        ("[a", "[a", True),
        ("[a-c]+", "abcabc", True),
        ("[a-c]+", "", False),
        ("ab+", "abbb", True),
        ("ab?", "a", True),
        ("ab?", "abb", False),
        ("**/a", "x/y/a", True),
        ("**/a", "/a", False),
        ("x**/a", "xa", True),
        ("**", "a/b\nc", True),
        ("*", "a/b", False),
        ("a**+b", "axb", True),
        ("a*?b", "ab", True),
        ("\\", "\\", True),
        ("[+--]", ",", True),
        ("[--a]", "A", True),
        ("[a-]", "-", True),
        ("[[&&]", "&", True),
    ],
)
def test_what_patterns_mean(pattern: str, name: str, fits: bool) -> None:
    assert any_selected([pattern], [name]) is fits


def test_many_wildcards_cost_little_time() -> None:
    started = time.thread_time()
    assert not any_selected(["**a" * 20 + "b", "*a" * 20 + "b", "**/a" * 20 + "b"], ["a" * 2000])
    assert time.thread_time() - started < 1


@given(st.text("a*?+[]-!\\/9z", max_size=12), st.text("a/9z-", max_size=12))
def test_any_pattern_is_read_or_refused(pattern: str, name: str) -> None:
    try:
        any_selected([pattern], [name])
    except PatternError:
        with pytest.raises(PatternError):
            parse_pattern(pattern)


MAIN = Event("push", ref="refs/heads/main")


@pytest.mark.parametrize(
    ("text", "event", "runs"),
    [
        ("push", MAIN, True),
        ("[pull_request, push]", MAIN, True),
        ("pull_request", MAIN, False),
        ("{push: {branches: [main]}}", MAIN, True),
        ("{push: {branches: main}}", MAIN, True),
        ("{push: {branches: ['releases/**']}}", MAIN, False),
        ("{push: {branches: ['**', '!main']}}", MAIN, False),
        ("{push: {branches: ['!main', '**']}}", MAIN, True),
        ("{push: {branches-ignore: [main]}}", MAIN, False),
        ("{push: {branches-ignore: [dev]}}", MAIN, True),
        ("{push: {tags: ['v*']}}", MAIN, False),
        ("{push: {tags-ignore: ['v*']}}", MAIN, False),
        ("{push: {tags: ['v*']}}", Event("push", ref="refs/tags/v1"), True),
        ("{push: {tags: ['v*']}}", Event("push", ref="refs/tags/x"), False),
        ("{push: {branches: [main]}}", Event("push", ref="refs/tags/v1"), False),
        ("{push: {branches: [main], tags: ['v*']}}", Event("push", ref="refs/tags/v1"), True),
        ("push", Event("push", ref="refs/tags/v1"), True),
        ("{push: {branches: [main]}}", Event("push", ref="refs/heads/feature/main"), False),
        ("{push: {paths: ['src/**']}}", Event("push", changed_paths=["docs/a", "src/a"]), True),
        ("{push: {paths: ['src/**']}}", Event("push", changed_paths=["docs/a"]), False),
        ("{push: {paths: ['src/**']}}", Event("push", changed_paths=[]), False),
        ("{push: {paths: ['src/**']}}", Event("push", changed_paths=None), True),
        ("{push: {paths: ['src/**']}}", Event("push", ref="refs/tags/v1", changed_paths=["docs/a"]), True),
        ("{push: {paths-ignore: ['docs/**']}}", Event("push", changed_paths=["docs/a"]), False),
        ("{push: {paths-ignore: ['docs/**']}}", Event("push", changed_paths=["docs/a", "b"]), True),
        ("{push: {paths-ignore: ['docs/**']}}", Event("push", changed_paths=[]), True),
        (
            "{push: {branches: [main], paths: ['a']}}",
            Event("push", ref="refs/heads/main", changed_paths=["b"]),
            False,
        ),
        ("pull_request", Event("pull_request", action="opened"), True),
        ("pull_request", Event("pull_request", action="synchronize"), True),
        ("pull_request_target", Event("pull_request_target", action="reopened"), True),
        ("pull_request", Event("pull_request", action="labeled"), False),
        ("pull_request", Event("pull_request"), True),
        ("{pull_request: {types: [labeled]}}", Event("pull_request", action="labeled"), True),
        ("{pull_request: {types: labeled}}", Event("pull_request", action="opened"), False),
        ("issues", Event("issues", action="labeled"), True),
        (
            "{pull_request: {branches: [main]}}",
            Event("pull_request", base_ref="main", ref="refs/pull/1/merge"),
            True,
        ),
        (
            "{pull_request: {branches: [main]}}",
            Event("pull_request", base_ref="dev", ref="refs/pull/1/merge"),
            False,
        ),
        ("{pull_request: {branches: [main]}}", Event("pull_request", base_ref="refs/heads/main"), True),
        (
            "{workflow_run: {workflows: [CI], branches: [main]}}",
            Event("workflow_run", workflow="CI", head_branch="main"),
            True,
        ),
        ("{workflow_run: {workflows: [CI]}}", Event("workflow_run", workflow="Other"), False),
        (
            "{workflow_run: {workflows: CI, branches: [main]}}",
            Event("workflow_run", head_branch="dev"),
            False,
        ),
        ("{schedule: [{cron: '0 0 * * *'}]}", Event("schedule", cron="0 0 * * *"), True),
        ("{schedule: [{cron: '0 0 * * *'}]}", Event("schedule", cron="1 0 * * *"), False),
        ("{repository_dispatch: {types: [deploy]}}", Event("repository_dispatch", action="test"), False),
        ("workflow_dispatch", Event("workflow_dispatch"), True),
    ],
)
def test_an_event_runs_the_workflow_or_not(text: str, event: Event, runs: bool) -> None:
    assert matches(on(text), event) is runs


@pytest.mark.parametrize(
    ("text", "event", "reason"),
    [
        ("push", Event("fork"), "`on` has no `fork`"),
        ("{push: {branches: [dev]}}", MAIN, "no pattern of `branches` selects main"),
        ("{push: {branches-ignore: [main]}}", MAIN, "`branches-ignore` leaves nothing of main"),
        ("{push: {tags: [v1]}}", MAIN, "`push` is limited to tags, and `main` is none of them"),
        (
            "{issues: {types: [opened]}}",
            Event("issues", action="closed"),
            "activity `closed` is none of opened",
        ),
        (
            "{push: {paths: [x]}}",
            Event("push", changed_paths=list("abcd")),
            "no pattern of `paths` selects a, b, c …",
        ),
    ],
)
def test_the_reason_is_in_words(text: str, event: Event, reason: str) -> None:
    assert mismatch(on(text), event) == reason


def test_a_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(PatternError, match="bad character range"):
        parse_pattern("[z-a]")


def test_a_pattern_that_cannot_be_read_is_told_at_its_place() -> None:
    with pytest.raises(WorkflowErrors) as caught:
        on("{push: {branches: [main, 'a++']}}")
    assert str(caught.value) == "f.yml:1:30: Invalid pattern: `++` repeats twice"


def test_an_empty_on_has_no_events() -> None:
    assert read_workflow("on:\njobs: {a: {runs-on: x}}", file="f").on == Triggers()


def test_schedules_have_time_zones() -> None:
    trigger = on("{schedule: [{cron: '0 0 * * *', timezone: Europe/Berlin}, {cron: '1 0 * * *'}]}").events[
        "schedule"
    ]
    assert [(one.cron, one.timezone) for one in trigger.schedules] == [
        ("0 0 * * *", "Europe/Berlin"),
        ("1 0 * * *", ""),
    ]
