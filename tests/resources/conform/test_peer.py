"""ConcourseTools itself, judged: its defects are found where they are, not only where they are re-created."""

from __future__ import annotations

import sys
from pathlib import Path

from sqnc_resources.conform.folders import open_folder
from sqnc_resources.conform.host import HostExecutor
from sqnc_resources.conform.kit import Verdict, judge
from sqnc_resources.conform.scenario_file import make_scenario
from sqnc_resources.conform.subject import Subject

SCENARIO = {
    "before": "umask 022; printf 'one\\ntwo\\nthree\\n' >lines",
    "source": {"file": "((.:folder))/lines", "token": "not-to-be-shown"},
    "versions": [{"line": "1"}, {"line": "2"}, {"line": "3"}],
    "put": {"params": {"text": "by $BUILD_CREATED_BY"}},
}
DEFECTS = {
    "one-json-value": "a subprocess that prints",
    "null-is-absent": "null for a version",
    "works-without-build-variables": "BUILD_ID is demanded",
    "refusals-are-readable": "a traceback for an unknown key",
    "value-types-are-checked": "a list for a token",
    "build-variables-are-filled-in": "$BUILD_CREATED_BY is never replaced",
    "current-version-included": "only newer versions",
    "unknown-version-forgotten": "an unknown version is given back",
    "secrets-not-in-answers": "a login in metadata",
}


def test_concoursetools_is_named_for_each_of_its_defects() -> None:
    command = (sys.executable, "-B", str(Path(__file__).with_name("peer") / "lines.py"))
    programs = {role: (*command, role) for role in ("check", "in", "out")}
    with open_folder() as scratch, HostExecutor("ConcourseTools", programs) as executor:
        executor.show(scratch)
        subject = Subject(executor, make_scenario(SCENARIO, "scenario", scratch), settle_s=0.3)
        findings = list(judge(subject))
    broken = {finding.rule.name: finding.text for finding in findings if finding.verdict is Verdict.FAIL}
    assert broken.keys() == DEFECTS.keys(), broken
