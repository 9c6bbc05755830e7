"""What `uses` names, and the ids of the steps that use it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.step_ids import step_ids
from actions_compat.uses import DockerUses, LocalUses, RepositoryUses, UsesError, parse_uses
from actions_compat.workflow import read_job


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("actions/checkout@v4", RepositoryUses("actions", "checkout", "", "v4")),
        ("a/b/c/d@feature/x", RepositoryUses("a", "b", "c/d", "feature/x")),
        ("a\\b\\c@r", RepositoryUses("a", "b", "c", "r")),
        ("a/b/@r", RepositoryUses("a", "b", "", "r")),
        ("./x", LocalUses("./x")),
        ("./", LocalUses("./")),
        (".\\x", LocalUses(".\\x")),
        ("docker://alpine:3.8", DockerUses("alpine:3.8")),
        ("docker://a@sha256:b", DockerUses("a@sha256:b")),
    ],
)
def test_every_form(text: str, expected: object) -> None:
    assert parse_uses(text) == expected


@pytest.mark.parametrize(
    "text", ["", "a@b", "a/b", "a/b@", "a/b@c@d", "/b@c", "a//@c", "@", "$/x", "$/x@y", "../x"]
)
def test_anything_else_is_refused_in_githubs_words(text: str) -> None:
    with pytest.raises(UsesError) as caught:
        parse_uses(text)
    assert str(caught.value) == f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{text}'"


def test_newer_syntax_is_refused_by_name() -> None:
    with pytest.raises(UsesError) as caught:
        parse_uses("$/path")
    assert "`$/path` is not supported" in caught.value.hint


@given(st.text("ab/\\@.$:", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        uses = parse_uses(text)
    except UsesError:
        return
    if isinstance(uses, RepositoryUses):
        assert all((uses.owner, uses.repository, uses.ref))


def test_steps_without_id_get_one_that_no_other_has() -> None:
    steps = "{run: a}, {run: b, id: mine}, {uses: ./x}, {uses: a/b/c@d}, {run: c}, {uses: A/B/c@e}"
    job = read_job(f"runs-on: x\nsteps: [{steps}]", file="j")
    assert step_ids(job.steps) == ("__run", "mine", "__self", "__a_b_c", "__run_2", "__A_B_c_2")
