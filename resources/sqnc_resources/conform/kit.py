"""One judgement: every rule, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from sqnc_resources.conform.rules import RULES
from sqnc_resources.conform.rules.rule import Rule
from sqnc_resources.conform.scenario import ScenarioError
from sqnc_resources.conform.subject import Broken, Subject, Unjudged
from sqncshim.json_reader import near


class Verdict(Enum):
    """What came of a rule."""

    PASS = "pass"  # noqa: S105  (a verdict)
    FAIL = "fail"
    UNJUDGED = "not judged"


@dataclass(frozen=True, slots=True)
class Finding:
    """*text* is the evidence; for a rule that was not judged, the reason."""

    rule: Rule
    verdict: Verdict
    text: str


def judge(subject: Subject, rules: Sequence[Rule] = RULES) -> Iterator[Finding]:
    """Judge *subject* by *rules*, in their order; each finding comes as soon as it is made."""
    for rule in rules:
        yield judge_rule(subject, rule)


def judge_rule(subject: Subject, rule: Rule) -> Finding:
    """Judge *subject* by one rule."""
    try:
        verdict, text = Verdict.PASS, rule.judge(subject)
    except Broken as broken:
        verdict, text = Verdict.FAIL, str(broken)
    except Unjudged as reason:
        verdict, text = Verdict.UNJUDGED, str(reason)
    return Finding(rule, verdict, subject.masked(text))


def find_rules(names: Sequence[str]) -> Sequence[Rule]:
    """The rules of these names, in their own order; all for none. Raise ScenarioError."""
    known = {rule.name: rule for rule in RULES}
    for name in names:
        if name not in known:
            raise ScenarioError(f"there is no rule `{name}`: {near(name, known)}")
    return [rule for rule in RULES if not names or rule.name in names]
