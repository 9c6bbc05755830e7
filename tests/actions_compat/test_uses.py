"""What `uses` names, and the ids of the steps that use it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_compat.step_ids import step_ids
from actions_compat.uses import DockerUses, LocalUses, RepositoryUses, SelfUses, UsesError, parse_uses
from actions_compat.workflow import read_job


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("actions/checkout@v4", RepositoryUses("actions", "checkout", "", "v4")),
        ("a/b/c/d@feature/x", RepositoryUses("a", "b", "c/d", "feature/x")),
        ("a\\b\\c@r", RepositoryUses("a", "b", "c", "r")),
        ("a/b/@r", RepositoryUses("a", "b", "", "r")),
        ("/a//b/@r", RepositoryUses("a", "b", "", "r")),
        ("$/x/y", SelfUses("x/y")),
        ("$/", SelfUses("")),
        ("./x", LocalUses("./x")),
        ("./", LocalUses("./")),
        (".\\x", LocalUses(".\\x")),
        ("docker://alpine:3.8", DockerUses("alpine:3.8")),
        ("docker://a@sha256:b", DockerUses("a@sha256:b")),
    ],
)
def test_every_form(text: str, expected: object) -> None:
    assert parse_uses(text) == expected


@pytest.mark.parametrize("text", ["", "a@b", "a/b", "a/b@", "a/b@c@d", "/b@c", "a//@c", "@", "$", "../x"])
def test_anything_else_is_refused_in_githubs_words(text: str) -> None:
    with pytest.raises(UsesError) as caught:
        parse_uses(text)
    assert str(caught.value) == f"Expected format {{org}}/{{repo}}[/path]@ref. Actual '{text}'"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("actions/checkout", "add its branch, tag or commit, such as `actions/checkout@main`"),
        ("a/b/c@", "such as `a/b/c@main`"),
        ("../x", "an action of this repository is `./path`, from its root"),
        ("a/b@c@d", ""),
    ],
)
def test_a_hint_says_what_to_do(text: str, hint: str) -> None:
    with pytest.raises(UsesError) as caught:
        parse_uses(text)
    assert hint in caught.value.hint
    assert bool(caught.value.hint) == bool(hint)


def test_its_own_repository_is_that_of_the_file_that_says_so() -> None:
    assert SelfUses("x").within(RepositoryUses("o", "r", "y", "v1")) == RepositoryUses("o", "r", "x", "v1")
    assert SelfUses("x").within(LocalUses("./y")) == LocalUses("./x")


@pytest.mark.parametrize("text", ["o/r@v1", "o/r/x@v1", "./x"])
def test_as_text_it_is_as_it_was(text: str) -> None:
    assert str(parse_uses(text)) == text


@given(st.text("ab/\\@.$:", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        uses = parse_uses(text)
    except UsesError:
        return
    if isinstance(uses, RepositoryUses):
        assert all((uses.owner, uses.repository, uses.ref))


def test_steps_without_id_get_one_that_no_other_has() -> None:
    steps = (
        "{run: a}, {run: b, id: mine}, {uses: ./x}, {uses: a/b/c@d}, {run: c}, {uses: A/B/c@e}, {uses: $/x}"
    )
    job = read_job(f"runs-on: x\nsteps: [{steps}]", file="j")
    assert step_ids(job.steps) == (
        "__run",
        "mine",
        "__self",
        "__a_b_c",
        "__run_2",
        "__A_B_c_2",
        "__selfRepository",
    )
