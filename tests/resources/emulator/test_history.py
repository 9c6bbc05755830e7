"""The order of versions, where it surprises too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.emulator.answers import AnswerError
from sqnc_resources.emulator.history import History


def refs(history: History) -> str:
    """The versions, the latest first."""
    return "".join(entry.version["ref"] for entry in history.ordered())


def checked(*answers: str) -> History:
    """A history of checks, each of whose versions is one letter."""
    history = History()
    for answer in answers:
        history = history.checked({"ref": letter} for letter in answer)
    return history


@pytest.mark.parametrize(
    ("answers", "order"),
    [
        (["a"], "a"),
        (["a", "ab"], "ba"),
        (["a", "abc"], "cba"),
        (["abc", ""], "cba"),
    ],
)
def test_the_last_of_an_answer_is_the_latest(answers: list[str], order: str) -> None:
    assert refs(checked(*answers)) == order


def test_only_newer_versions_work_too() -> None:
    assert refs(checked("a", "b", "cd")) == "dcba"


def test_a_force_push_to_a_new_version_is_noticed() -> None:
    assert refs(checked("abc", "x")) == "xcba"


def test_a_force_push_back_to_a_known_version_is_not() -> None:
    assert refs(checked("abc", "b")) == "cba"


def test_known_versions_move_along_with_a_new_one() -> None:
    assert refs(checked("abc", "bd")) == "dbca"


def test_nothing_new_reorders_nothing() -> None:
    assert refs(checked("abc", "cba")) == "cba"


def test_an_answer_out_of_order_reorders_for_good() -> None:
    assert refs(checked("abc", "cbad", "abcd")) == "dabc"


def test_an_unstable_key_makes_a_new_version_each_time() -> None:
    history = History().checked([{"ref": "a", "at": "1"}]).checked([{"ref": "a", "at": "2"}])
    assert len(history.known) == 2


def test_the_same_version_twice_in_one_answer() -> None:
    history = checked("aba")
    assert refs(history) == "ab"
    assert [entry.check_order for entry in history.ordered()] == [3, 2]


def test_nothing_has_no_latest() -> None:
    assert History().latest is None
    assert History().checked([]).latest is None


class TestPut:
    def test_a_new_version_is_the_latest(self) -> None:
        history = checked("ab").put({"ref": "x"}, (("k", "v"),))
        assert refs(history) == "xba"
        assert history.ordered()[0].metadata == (("k", "v"),)

    def test_a_known_one_stays_where_it_is(self) -> None:
        assert refs(checked("abc").put({"ref": "a"})) == "cba"

    def test_the_next_check_may_not_know_it(self) -> None:
        history = checked("a").put({"ref": "x"}).checked([{"ref": "a"}])
        assert history.latest == {"ref": "x"}

    def test_an_empty_one_is_refused(self) -> None:
        with pytest.raises(AnswerError, match="resource output version is empty"):
            History().put({})


class TestPinned:
    history = (
        History()
        .checked([{"tag": "v1", "digest": "1"}])
        .checked([{"tag": "v2", "digest": "2"}])
        .checked([{"tag": "v1", "digest": "3"}])
    )

    def test_a_part_is_enough(self) -> None:
        assert self.history.matching({"digest": "1"}) == {"tag": "v1", "digest": "1"}

    def test_the_latest_of_several(self) -> None:
        assert self.history.matching({"tag": "v1"}) == {"tag": "v1", "digest": "3"}

    def test_none(self) -> None:
        assert self.history.matching({"tag": "v1", "digest": "2"}) is None


def test_a_get_tells_of_a_known_version() -> None:
    history = checked("ab").fetched({"ref": "a"}, (("k", "v"),)).fetched({"ref": "z"}, (("k", "v"),))
    assert [entry.metadata for entry in history.ordered()] == [(), (("k", "v"),)]
    assert history.fetched({"ref": "a"}, ()) == history


@given(st.lists(st.text(alphabet="abcdef", max_size=6)))
def test_no_version_is_lost_or_doubled_and_no_two_share_a_place(answers: list[str]) -> None:
    history = checked(*answers)
    assert sorted(refs(history)) == sorted(set("".join(answers)))
    orders = [entry.check_order for entry in history.known]
    assert len(set(orders)) == len(orders)
    assert all(order > 0 for order in orders)


@given(st.lists(st.text(alphabet="abcdef", max_size=6)), st.text(alphabet="abcdef", max_size=6))
def test_a_check_that_is_repeated_changes_nothing(answers: list[str], last: str) -> None:
    once = checked(*answers, last)
    assert once.checked({"ref": letter} for letter in last) == once


@given(st.integers(1, 30), st.data())
def test_a_well_behaved_type_keeps_its_order(count: int, data: st.DataObject) -> None:
    """Whatever was pushed between checks: from the given version on, oldest first, it included."""
    history, seen = History(), 0
    while seen < count:
        until = data.draw(st.integers(seen + 1, count))
        latest = history.latest
        since = 0 if latest is None else int(latest["n"])
        first = since or until  # the first check asks for the newest alone
        history = history.checked({"n": str(n)} for n in range(first, until + 1))
        seen = until
    numbers = [int(entry.version["n"]) for entry in history.ordered()]
    assert numbers == sorted(numbers, reverse=True)
