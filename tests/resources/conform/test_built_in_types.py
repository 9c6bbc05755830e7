"""Every type of the toolkit keeps every rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.resources.conform.servers import values_of

from sqnc_resources.conform.folders import open_folder
from sqnc_resources.conform.host import HostExecutor
from sqnc_resources.conform.kit import Verdict, judge
from sqnc_resources.conform.programs import find_programs
from sqnc_resources.conform.report import lines
from sqnc_resources.conform.scenario_file import read_scenario
from sqnc_resources.conform.subject import Subject
from sqncshim.tables import RESOURCE_TYPES

SCENARIOS = Path(__file__).parent / "scenarios"


@pytest.mark.parametrize("name", RESOURCE_TYPES)
def test_the_type_keeps_every_rule(name: str) -> None:
    with (
        values_of(name) as values,
        HostExecutor(name, find_programs(name)) as executor,
        open_folder() as scratch,
    ):
        executor.show(scratch)
        scenario = read_scenario(SCENARIOS / f"{name}.yml", scratch, values)
        findings = list(judge(Subject(executor, scenario, settle_s=0.5)))
    broken = [line for finding in findings if finding.verdict is Verdict.FAIL for line in lines(finding)]
    assert not broken, "\n".join(broken)
    assert sum(finding.verdict is Verdict.PASS for finding in findings) > 30
