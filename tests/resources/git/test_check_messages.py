"""Which commits count by what their messages say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError

if TYPE_CHECKING:
    from tests.resources.git.conftest import Check, Repo


def test_leaves_out_commits_that_are_marked(origin: Repo, check: Check) -> None:
    first = origin.commit()
    origin.commit("a change [ci skip]")
    third = origin.commit("not ci skipped")
    origin.commit("a subject\n\n[skip ci] in the body")
    fifth = origin.commit()
    assert check(origin, first) == [first, third, fifth]


def test_looks_for_the_newest_that_is_not_marked(origin: Repo, check: Check) -> None:
    ref = origin.commit()
    origin.commit("[ci skip]")
    origin.commit("[skip ci]")
    assert check(origin) == [ref]
    assert check(origin, version_depth=5)[-1] == ref


def test_finds_marked_commits_where_skipping_is_disabled(origin: Repo, check: Check) -> None:
    refs = [
        origin.commit(date="2099-01-01T00:00:00Z"),
        origin.commit("[ci skip]"),
        origin.commit(),
        origin.commit("[skip ci]"),
    ]
    assert check(origin, refs[0], disable_ci_skip=True) == refs
    assert check(origin, disable_ci_skip=True) == refs[-1:]
    assert check(origin, refs[-1], disable_ci_skip=True) == refs[-1:]


def test_leaves_out_excluded_commits(origin: Repo, check: Check) -> None:
    refs = [
        origin.commit(),
        origin.commit("not skipped", date="2099-01-01T00:00:00Z"),
        origin.commit("should skip this commit"),
        origin.commit(),
    ]
    exclude = {"exclude": ["should skip"]}
    assert check(origin, refs[0], commit_filter=exclude) == [refs[0], refs[1], refs[3]]


def test_excludes_by_conventional_messages(origin: Repo, check: Check) -> None:
    refs = [
        origin.commit(),
        origin.commit("chore: update a thing"),
        origin.commit("chore(release): auto-publish"),
        origin.commit("fix: a bug"),
        origin.commit(),
    ]
    kept = [refs[0], refs[1], refs[3], refs[4]]
    assert check(origin, refs[0], commit_filter={"exclude": ["chore(release):"]}) == kept


def test_finds_included_commits_alone(origin: Repo, check: Check) -> None:
    first = origin.commit()
    second = origin.commit("not skipped commit", date="2099-01-01T00:00:00Z")
    third = origin.commit("not skipped commit number_two")
    origin.commit("should skip this commit")
    origin.commit()
    assert check(origin, first, commit_filter={"include": ["not skipped"]}) == [second, third]
    assert check(origin, commit_filter={"include": ["not skipped"]}) == [third]
    assert check(origin, commit_filter={"include": ["nobody wrote this"]}) == []


def test_a_commit_needs_all_or_one_of_what_is_included(origin: Repo, check: Check) -> None:
    first = origin.commit("one")
    both = origin.commit("one and two")
    other = origin.commit("two")
    origin.commit("neither")
    words = {"include": ["one", "two"]}
    assert check(origin, first, commit_filter=words) == [first, both, other]
    assert check(origin, first, commit_filter={**words, "include_all_match": True}) == [both]
    lines = {"include": ["one\ntwo"], "include_all_match": "true"}
    assert check(origin, first, commit_filter=lines) == [both]


def test_a_commit_is_excluded_by_all_or_one_of_the_words(origin: Repo, check: Check) -> None:
    first = origin.commit("one")
    origin.commit("one and two")
    other = origin.commit("two")
    neither = origin.commit("neither")
    words = {"exclude": ["one", "two"]}
    assert check(origin, first, commit_filter=words) == [neither]
    all_of_them = {**words, "exclude_all_match": True}
    assert check(origin, first, commit_filter=all_of_them) == [first, other, neither]
    origin.commit("marked [ci skip]")
    assert check(origin, first, commit_filter=all_of_them) == [first, other, neither]


def test_a_commit_is_included_and_not_excluded(origin: Repo, check: Check) -> None:
    first = origin.commit()
    second = origin.commit("not skipped commit")
    origin.commit("not skipped sometimes")
    origin.commit()
    both = {"include": ["not skipped"], "exclude": ["sometimes"]}
    assert check(origin, first, commit_filter=both) == [second]
    assert check(origin, commit_filter=both) == [second]


def test_words_are_regular_expressions_of_git_and_of_nobody_else(origin: Repo, check: Check) -> None:
    first = origin.commit()
    ref = origin.commit('say "hi" for $(id)')
    origin.commit("anything")
    for word in ('"hi"', "$(id)", "^say .* for", "s[a]y"):
        assert check(origin, first, commit_filter={"include": [word]}) == [ref]
    with pytest.raises(ResourceError, match="Invalid regular expression"):
        check(origin, commit_filter={"include": ["["]})


def test_filters_count_with_paths_and_with_a_depth(origin: Repo, check: Check) -> None:
    for _ in range(2):
        origin.commit("fix: wanted", file="a")
        origin.commit("fix: elsewhere", file="b")
        origin.commit("fix: undone [ci skip]", file="a")
        origin.commit("feature", file="a")
    wanted = [*origin.git("log", "--format=%H", "--grep=wanted", "--reverse").split()]
    keys = {"paths": ["a"], "commit_filter": {"include": ["fix"], "exclude": ["undone"]}}
    assert check(origin, version_depth=5, **keys) == wanted
    assert check(origin, version_depth=1, **keys) == wanted[-1:]


def test_a_message_in_another_encoding_is_matched_by_what_it_says(origin: Repo, check: Check) -> None:
    first = origin.commit()
    origin.git("config", "i18n.commitEncoding", "ISO-8859-1")
    ref = origin.commit("f\udcfcr alle")
    origin.commit("other")
    assert check(origin, first, commit_filter={"include": ["für"]}) == [ref]
