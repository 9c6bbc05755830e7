"""A type that does one thing wrong breaks one rule; one that does nothing wrong breaks none."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sqnc_resources.conform.host import HostExecutor
from sqnc_resources.conform.kit import Verdict, find_rules, judge
from sqnc_resources.conform.rules import RULES
from sqnc_resources.conform.rules.rule import Rule
from sqnc_resources.conform.scenario_file import make_scenario
from sqnc_resources.conform.subject import Subject

BROKEN = Path(__file__).parent / "broken"
LINES = """\
2024-01-01T12:00:00+00:00 one
2024-01-02T12:00:00.250000+00:00 two
2024-01-02T12:00:00.500000+00:00 three
"""
TIMES = [line.partition(" ")[0] for line in LINES.splitlines()]
TOKEN = "not-to-be-shown"
UNENDING = "ChildrenOutliveSigterm"
OF_THE_MACHINE = {"works-as-any-user", "works-read-only"}  # not every one can run a program so


def known(module: str) -> dict[str, Any]:
    """The table KNOWN in *module*, which is not imported here."""
    for node in ast.parse((BROKEN / f"{module}.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "KNOWN":
            found: dict[str, Any] = ast.literal_eval(node.value)
            return found
    raise AssertionError(module)


def document(file: Path, name: str) -> dict[str, Any]:
    """What is said of the type *name*."""
    times = [{"time": time} for time in TIMES]
    told = {
        "AddedKeyIsRequired": {"versions": [{**time, "line": "1"} for time in times]},
        "LocalTime": {"versions": None, "old_versions": None},
        "NoneIsWritten": {"versions": None, "old_versions": None},
        "SubSecondsAreLost": {"versions": None},
    }
    return {
        "source": {"file": str(file), "token": TOKEN, "size": 1},
        "env": {"CONFORM_FILE": str(file)},
        "versions": times,
        "old_versions": times[:1],
        "big_integer": "source.size",
        "put": {"params": {"text": "by $BUILD_CREATED_BY, see $BUILD_URL"}},
        "slow": {"source": {"file": str(file), "delay_s": 20}},
        **told.get(name, {}),
    }


def judged(
    module: str, name: str, tmp_path: Path, rules: Sequence[Rule] = RULES
) -> dict[str, tuple[Verdict, str]]:
    file = tmp_path / "lines"
    file.write_text(LINES)
    scenario = make_scenario(document(file, name), "conform.yml", tmp_path)
    command = (sys.executable, "-EsSB", str(BROKEN / "run.py"), module, name)
    programs = {role: (*command, role) for role in (["check"] if name == "NoIn" else ["check", "in", "out"])}
    with HostExecutor(name, programs) as executor:
        # one that SIGTERM finds before it has begun ends at once, so the one that must not has time to begin
        grace_s, settle_s = (1.0, 2.0) if name == UNENDING else (10.0, 0.3)
        subject = Subject(executor, scenario, grace_s=grace_s, settle_s=settle_s)
        return {finding.rule.name: (finding.verdict, finding.text) for finding in judge(subject, rules)}


def fails(findings: dict[str, tuple[Verdict, str]]) -> dict[str, str]:
    return {name: text for name, (verdict, text) in findings.items() if verdict is Verdict.FAIL}


def test_a_sound_type_breaks_no_rule(tmp_path: Path) -> None:
    findings = judged("sound", "Sound", tmp_path)
    assert fails(findings) == {}
    unjudged = {name for name, (verdict, _) in findings.items() if verdict is Verdict.UNJUDGED}
    assert unjudged <= OF_THE_MACHINE


@pytest.mark.parametrize("name", known("concoursetools"))
def test_each_defect_of_concoursetools_breaks_its_rule(name: str, tmp_path: Path) -> None:
    found = fails(judged("concoursetools", name, tmp_path))
    assert found.keys() == known("concoursetools")[name], found


@pytest.mark.parametrize("name", known("others"))
def test_each_other_defect_breaks_its_rule(name: str, tmp_path: Path) -> None:
    rule = known("others")[name]
    verdict, text = judged("others", name, tmp_path, find_rules([rule, "get-answers"]))[rule]
    if rule in OF_THE_MACHINE and verdict is Verdict.UNJUDGED:
        pytest.skip(text)
    assert verdict is Verdict.FAIL, text


def test_every_rule_is_broken_by_some_type() -> None:
    defects = {
        *known("others").values(),
        *(name for names in known("concoursetools").values() for name in names),
    }
    assert defects == {rule.name for rule in RULES}
