"""A rule: its name, what it demands, why, what to do, and the function that judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sqnc_resources.conform.subject import Subject

Judge: TypeAlias = Callable[[Subject], str]
"""Returns the evidence that the type keeps the rule; raises Broken or Unjudged."""


@dataclass(frozen=True, slots=True)
class Rule:
    """*demand* completes "the type …", *why* says what happens otherwise, *remedy* is an order to authors."""

    name: str
    demand: str
    why: str
    remedy: str
    judge: Judge


class Rules(list[Rule]):
    """A module's rules, in the order in which they are written."""

    def rule(self, name: str, demand: str, *, why: str, remedy: str) -> Callable[[Judge], Judge]:
        """Make a rule of the function below."""

        def add(judge: Judge) -> Judge:
            self.append(Rule(name, demand, why, remedy, judge))
            return judge

        return add
