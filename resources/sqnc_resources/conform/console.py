"""The kit on a command line: what `sqncshim conform` and `sqnc conform` share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqnc_resources.conform import report
from sqnc_resources.conform.executor import Executor
from sqnc_resources.conform.folders import open_folder
from sqnc_resources.conform.kit import Verdict, find_rules, judge
from sqnc_resources.conform.scenario import Scenario, ScenarioError
from sqnc_resources.conform.scenario_file import read_scenario
from sqnc_resources.conform.subject import Subject


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line asks for. scenario: None for an empty source. rules: none are all."""

    scenario: Path | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    rules: Sequence[str] = ()
    grace_s: float = 10.0
    as_json: bool = False


def conform(executor: Executor, options: Options, write: Callable[[str], object]) -> bool:
    """Judge, and *write* the report line by line; whether no rule was broken. Raise ScenarioError."""
    rules = find_rules(options.rules)
    findings = []
    with open_folder() as scratch:
        executor.show(scratch)
        subject = Subject(executor, _scenario(options, scratch), grace_s=options.grace_s)
        for finding in judge(subject, rules):
            findings.append(finding)
            for line in () if options.as_json else report.lines(finding):
                write(line)
    if options.as_json:
        write(report.as_json(executor.name, findings))
    else:
        write(f"{executor.name}: {report.summary(findings)}")
    return not any(finding.verdict is Verdict.FAIL for finding in findings)


def _scenario(options: Options, scratch: Path) -> Scenario:
    if options.scenario is None:
        return Scenario()
    return read_scenario(options.scenario, scratch, options.values)


def parse_values(texts: Sequence[str]) -> dict[str, object]:
    """Read `NAME=VALUE` for the scenario's vars; raise ScenarioError."""
    found: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ScenarioError(f"-v {text}: expected NAME=VALUE")
        found[name] = value
    return found
