"""The kit itself: whatever a type answers, it judges, and shows no secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqnc_resources.conform.executor import ROLES, Ability, Call, Outcome
from sqnc_resources.conform.folders import Entry
from sqnc_resources.conform.kit import Verdict, find_rules, judge
from sqnc_resources.conform.report import lines, summary
from sqnc_resources.conform.rules import RULES
from sqnc_resources.conform.scenario import Put, Scenario, ScenarioError, Slow
from sqnc_resources.conform.subject import Subject

DEEP = b"[" * 5000
ANSWERS = [
    *(b"", b"null", b"[]", b"{}", b"1", b'"x"', b"[1]", b"[null]", b"[{}]", b"[[]]", b"\xff", b"{", DEEP),
    *(b'[{"ref": "1"}]', b'[{"ref": "1"}, {"ref": "2"}]', b'[{"ref": 1}]', b'[{"ref": null}]', b"noise\n[]"),
    *(b'{"version": null}', b'{"version": []}', b'{"version": {}}', b'{"version": "x"}', b"NaN"),
    *(b'{"version": {"ref": "1"}}', b'{"version": {"ref": {}}, "metadata": {}}', b'{"version": [{}]}'),
    *(b'{"version": {"ref": "1"}, "metadata": [1]}', b'{"version": {"ref": "s3cret-text"}}'),
    b'{"version": {"a": [1e999]}}',
]
TREES: list[Mapping[str, Entry]] = [{}, {"file": Entry("file", "0", b"s3cret-text")}, {"odd": Entry("other")}]


@dataclass(slots=True)
class MemoryExecutor:
    """Answers each call as *answer* does."""

    answer: Callable[[Call], Outcome]
    roles: frozenset[str] = frozenset(ROLES)
    name: str = "memory"
    env: Mapping[str, str] = field(default_factory=dict)

    def missing(self, ability: Ability) -> str | None:
        return None

    def show(self, folder: Path) -> None: ...

    def run(self, call: Call) -> Outcome:
        return self.answer(call)


outcomes = st.builds(
    Outcome,
    status=st.sampled_from([0, 0, 0, 0, 1, 127, 143, None]),
    stdout=st.sampled_from(ANSWERS),
    stderr=st.sampled_from([b"", b"error: no", b"\xff s3cret-text", b"Traceback (most recent call last)"]),
    duration_s=st.just(0.1),
    tree=st.sampled_from(TREES),
    strays=st.sampled_from(TREES),
)
scenarios = st.builds(
    Scenario,
    source=st.sampled_from([{}, {"token": "s3cret-text", "size": 1, "list": [{}]}]),
    versions=st.sampled_from([(), ({"ref": "1"}, {"ref": "2"})]),
    old_versions=st.sampled_from([(), ({"sha": "1"},)]),
    put=st.sampled_from([None, Put(), Put({"text": "$BUILD_URL"})]),
    big_integer=st.sampled_from(["", "source.size", "params.none"]),
    slow=st.sampled_from([None, Slow("in", {})]),
    secrets=st.just(("s3cret-text",)),
    is_given=st.booleans(),
)


@settings(max_examples=60)
@given(scenario=scenarios, roles=st.sets(st.sampled_from(ROLES)), data=st.data())
def test_every_rule_judges_whatever_is_answered(
    scenario: Scenario, roles: set[str], data: st.DataObject
) -> None:
    def answer(call: Call) -> Outcome:
        assert call.role in roles
        return data.draw(outcomes)

    findings = list(judge(Subject(MemoryExecutor(answer, frozenset(roles)), scenario)))
    assert [finding.rule for finding in findings] == list(RULES)
    text = "\n".join(line for finding in findings for line in lines(finding))
    assert "s3cret-text" not in text
    assert sum(int(part.split()[0]) for part in summary(findings).split(", ")) == len(RULES)


def test_nothing_is_asked_twice_that_was_asked_once() -> None:
    asked: list[bytes | None] = []

    def answer(call: Call) -> Outcome:
        asked.append(call.request)
        return Outcome(0, b'[{"ref": "1"}]', b"", 0.1)

    subject = Subject(MemoryExecutor(answer), Scenario())
    names = ["check-answers", "one-json-value", "check-lists-versions", "version-is-strings"]
    findings = list(judge(subject, find_rules(names)))
    assert [finding.verdict for finding in findings][:1] == [Verdict.PASS]
    assert asked.count(b'{"source":null}') == 1


def test_what_was_found_out_once_is_told_again() -> None:
    subject = Subject(MemoryExecutor(lambda _: Outcome(1, b"", b"no", 0.1)), Scenario(is_given=True))
    found = {finding.rule.name: finding for finding in judge(subject)}
    assert found["check-answers"].verdict is Verdict.FAIL
    assert (
        found["check-lists-versions"].text
        == found["oldest-first"].text
        == ("check does not answer: see check-answers")
    )


def test_rules_keep_their_order_whatever_order_they_are_named_in() -> None:
    names = ["ends-on-sigterm", "check-answers"]
    assert [rule.name for rule in find_rules(names)] == ["check-answers", "ends-on-sigterm"]
    with pytest.raises(ScenarioError, match="did you mean `ends-on-sigterm`"):
        find_rules(["end-on-sigterm"])


def test_no_put_is_made_without_leave() -> None:
    roles: list[str] = []

    def answer(call: Call) -> Outcome:
        roles.append(call.role)
        return Outcome(
            0, b'[{"ref": "1"}]' if call.role == "check" else b'{"version": {"ref": "1"}}', b"", 0.1
        )

    list(judge(Subject(MemoryExecutor(answer), Scenario())))
    assert set(roles) == {"check", "in"}


@pytest.mark.parametrize(
    ("roles", "stdout", "reason"),
    [
        (set(), b"", "the type has no `in`"),
        ({"check"}, b'[{"n": "1"}]', "the type has no `in`"),
        ({"in"}, b'{"version": {"n": "1"}}', "the type has no `check`"),
        ({"check", "in"}, b"[]", "check finds no version; give a source that has one, or `versions`"),
    ],
)
def test_what_a_get_lacks_is_named(roles: set[str], stdout: bytes, reason: str) -> None:
    executor = MemoryExecutor(lambda _: Outcome(0, stdout, b"", 0.1), frozenset(roles))
    (finding,) = judge(Subject(executor, Scenario()), find_rules(["get-answers"]))
    assert (finding.verdict, finding.text) == (Verdict.UNJUDGED, reason)
