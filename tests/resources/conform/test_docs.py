"""The kit's page names every rule, every key and every module as the code does."""

from __future__ import annotations

import re
from pathlib import Path

import sqnc_resources.conform as kit
from sqnc_resources.conform import report
from sqnc_resources.conform.rules import RULES
from sqnc_resources.conform.scenario_file import KEYS

PAGE = (Path(__file__).parents[3] / "docs" / "conform.md").read_text()


def test_the_page_ends_with_the_rules() -> None:
    assert PAGE.endswith(report.table(RULES)), "`sqncshim conform --list` prints the table"


def test_the_page_names_every_key_of_a_scenario() -> None:
    table = PAGE.partition("| key | what it says |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == KEYS


def test_the_package_names_every_module() -> None:
    assert kit.__doc__ is not None
    named = set(re.findall(r"^ +(\w+)   *[a-z]", kit.__doc__, re.MULTILINE))
    own = Path(kit.__file__).parent
    there = {path.stem for path in own.glob("*.py")} | {
        path.parent.name for path in own.glob("*/__init__.py")
    }
    assert named == there - {"__init__"}


def test_every_rule_has_a_name_of_its_own_and_says_what_to_do() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
        assert rule.why.endswith(".")
        assert not rule.remedy.endswith(".")
