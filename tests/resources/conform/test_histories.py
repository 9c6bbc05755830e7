"""Histories of all kinds: a sound type answers each check as it should, and a broken one is found."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from sqnc_resources.conform.histories import (
    Check,
    GitUpstream,
    ListUpstream,
    Simulation,
    Upstream,
    Version,
    WrongAnswer,
    by_executor,
    in_process,
)
from sqnc_resources.conform.host import HostExecutor
from sqnc_resources.conform.machine import history_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def git() -> Iterator[tuple[Upstream, Check]]:
    with TemporaryDirectory() as folder:
        upstream = GitUpstream(Path(folder, "origin"), forgets=True)
        check = in_process("git", {"uri": upstream.uri, "branch": "main"})

        def check_anew(since: Version | None) -> Sequence[Version]:
            with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as cache:
                patch.setenv("TMPDIR", cache)
                return check(since)

        yield upstream, check_anew


TestHistoriesOfGit = history_test(git, examples=5, steps=8)


class Lists:
    """A type that answers from a list in memory."""

    def __init__(self) -> None:
        self.known: Sequence[Version] = ()

    def write(self, versions: Sequence[Version]) -> None:
        self.known = versions

    def check(self, since: Version | None) -> list[Version]:
        found = list(self.known)
        return found[found.index(since) :] if since in found else found[-1:]


class OnlyNewer(Lists):
    def check(self, since: Version | None) -> list[Version]:
        return [version for version in super().check(since) if version != since]


class NewestFirst(Lists):
    def check(self, since: Version | None) -> list[Version]:
        return super().check(since)[::-1]


class OnlyTheNewest(Lists):
    def check(self, since: Version | None) -> list[Version]:
        return super().check(None)


class GivesBackWhatIsGone(Lists):
    def check(self, since: Version | None) -> list[Version]:
        return [since] if since and since not in self.known else super().check(since)


def lists(kind: type[Lists]) -> Any:
    @contextmanager
    def make() -> Iterator[tuple[Upstream, Check]]:
        own = kind()
        yield ListUpstream(own.write), own.check

    return make


def run_machine(kind: type[Lists]) -> None:
    history_test(lists(kind), examples=50)("runTest").debug()


def test_a_sound_type_answers_every_history() -> None:
    run_machine(Lists)


@pytest.mark.parametrize("kind", [OnlyNewer, NewestFirst, OnlyTheNewest, GivesBackWhatIsGone])
def test_a_broken_type_is_found(kind: type[Lists]) -> None:
    with pytest.raises(WrongAnswer):
        run_machine(kind)


def test_a_branch_that_went_back_is_not_noticed_by_git_while_its_commits_can_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Concourse's git resource: nothing came after what is gone, so the answer is empty."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    upstream = GitUpstream(tmp_path / "origin")
    simulated = Simulation(upstream, in_process("git", {"uri": upstream.uri, "branch": "main"}))
    simulated.push()
    simulated.look()
    simulated.force_push(1)
    simulated.look()
    simulated.delete(1)
    with pytest.raises(WrongAnswer, match=r"check answers with \[\]"):
        simulated.look()


def simulation(kind: type[Lists] = Lists) -> Simulation:
    own = kind()
    return Simulation(ListUpstream(own.write), own.check)


def test_a_force_push_leaves_the_dead_version_behind() -> None:
    simulated = simulation()
    simulated.look()
    simulated.push()
    simulated.look()
    simulated.force_push(1)
    simulated.look()
    assert simulated.table().splitlines() == [
        "order  exists  version",
        "    4  yes     ref: 3",
        "    3  gone    ref: 2",
        "    2  yes     ref: 1",
    ]


def test_going_back_to_a_known_version_is_not_noticed() -> None:
    """As in Concourse: the dead version stays the latest."""
    simulated = simulation()
    simulated.look()
    simulated.push()
    simulated.look()
    simulated.delete(1)
    simulated.look()
    assert simulated.history.latest == {"ref": "2"}
    assert simulated.upstream.versions() == ({"ref": "1"},)


def test_a_wrong_answer_is_told_with_all_that_led_to_it() -> None:
    simulated = simulation(OnlyNewer)
    simulated.look()
    simulated.push()
    with pytest.raises(WrongAnswer) as raised:
        simulated.look()
    first, *table = str(raised.value).splitlines()
    assert first == (
        "after check, push, check: from {'ref': '1'} on check answers with [{'ref': '2'}], "
        "and there are [{'ref': '1'}, {'ref': '2'}]"
    )
    assert table[0] == "order  exists  version"


@pytest.mark.parametrize("upstream", ["git", "list"])
def test_an_upstream_does_what_it_is_told(upstream: str, tmp_path: Path) -> None:
    own = GitUpstream(tmp_path / "origin") if upstream == "git" else ListUpstream(lambda _: None)
    first = own.versions()
    assert len(first) == 1
    own.push()
    own.push()
    assert own.versions()[:1] == first
    assert len(own.versions()) == 3
    own.remove(1)
    assert len(own.versions()) == 2
    own.remove(9)
    assert own.versions() == first
    own.replace(9)
    assert len(own.versions()) == 1
    assert own.versions() != first


PROGRAM = """\
import json, sys
request = json.load(sys.stdin)
found = json.load(open(request["source"]["file"]))
since = request.get("version")
print(json.dumps(found[found.index(since):] if since in found else found[-1:]))
"""


def test_a_type_in_any_language_is_asked_through_an_executor(tmp_path: Path) -> None:
    file = tmp_path / "versions.json"
    (tmp_path / "check.py").write_text(PROGRAM)
    programs = {"check": (sys.executable, "-IS", str(tmp_path / "check.py"))}
    with HostExecutor("own", programs) as executor:
        upstream = ListUpstream(lambda versions: file.write_text(json.dumps(versions)))
        simulated = Simulation(upstream, by_executor(executor, {"file": str(file)}))
        simulated.look()
        simulated.force_push(1)
        assert simulated.look() == [{"ref": "2"}]
        file.unlink()
        with pytest.raises(WrongAnswer, match="No such file"):
            simulated.look()
