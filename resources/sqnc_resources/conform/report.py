"""A judgement for people and for scripts, and the rules as a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqnc_resources.conform.kit import Finding, Verdict
from sqnc_resources.conform.rules.rule import Rule

_WIDTH: Final = max(len(verdict.value) for verdict in Verdict)


def lines(finding: Finding) -> Iterator[str]:
    """One line for a rule; with what to do, two more, where it is broken."""
    yield f"{finding.verdict.value:{_WIDTH}}  {finding.rule.name}: {finding.text}"
    if finding.verdict is Verdict.FAIL:
        yield f"{'':{_WIDTH}}  why: {finding.rule.why}"
        yield f"{'':{_WIDTH}}  do:  {finding.rule.remedy}"


def summary(findings: Iterable[Finding]) -> str:
    """How many rules came out how."""
    counts = dict.fromkeys(Verdict, 0)
    for finding in findings:
        counts[finding.verdict] += 1
    words = {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.UNJUDGED: "not judged"}
    return ", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items())


def as_json(name: str, findings: Sequence[Finding]) -> str:
    """The judgement of the type *name* as one JSON document."""
    rules = [
        {
            "rule": finding.rule.name,
            "verdict": finding.verdict.value,
            "text": finding.text,
            "demand": f"the type {finding.rule.demand}",
            "why": finding.rule.why,
            "remedy": finding.rule.remedy,
        }
        for finding in findings
    ]
    passed = not any(finding.verdict is Verdict.FAIL for finding in findings)
    return json.dumps({"type": name, "passed": passed, "rules": rules}, indent=2, ensure_ascii=False)


def table(rules: Iterable[Rule]) -> str:
    """The rules in Markdown."""
    rows = [f"| `{rule.name}` | {rule.demand} | {rule.why} |" for rule in rules]
    return "\n".join(["| rule | the type … | because |", "|---|---|---|", *rows]) + "\n"
