"""Histories that nobody would think of: hypothesis pushes, force-pushes, deletes and checks in any order.

    TestHistory = history_test(git)   # in a test module; *git* makes an upstream and a type that follows it

    @contextmanager
    def git():
        with TemporaryDirectory() as folder:
            upstream = GitUpstream(Path(folder, "origin"))
            yield upstream, in_process("git", {"uri": upstream.uri})

It needs hypothesis, which sequence does not bring along.
"""

from __future__ import annotations

import unittest
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import TypeAlias

from hypothesis import note, settings
from hypothesis.stateful import RuleBasedStateMachine, rule
from hypothesis.strategies import booleans, integers, sampled_from

from sqnc_resources.conform.histories import Check, Simulation, Upstream

Make: TypeAlias = Callable[[], AbstractContextManager[tuple[Upstream, Check]]]
"""Opens a new upstream, with one version at least, and what asks a type that follows it."""

_CHANGES = sampled_from(("push", "force-push", "delete", "none"))
"""What happens before a check; one rule for all, since hypothesis leaves rules out of whole histories."""


def history_test(make: Make, *, examples: int = 25, steps: int = 12) -> type[unittest.TestCase]:
    """A test case, *examples* histories of *steps* steps each: every check answers with what there is."""

    class HistoryMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._stack = ExitStack()
            self._simulation = Simulation(*self._stack.enter_context(make()))

        @rule(change=_CHANGES, number=integers(1, 3), checked=booleans())
        def step(self, change: str, number: int, *, checked: bool) -> None:
            match change:
                case "push":
                    self._simulation.push()
                case "force-push":
                    self._simulation.force_push(number)
                case "delete":
                    self._simulation.delete(number)
            if checked or change == "none":
                self._simulation.look()
                note(self._simulation.table())

        def teardown(self) -> None:
            self._stack.close()

    case: type[unittest.TestCase] = HistoryMachine.TestCase
    case.settings = settings(max_examples=examples, stateful_step_count=steps, deadline=None)  # type: ignore[attr-defined]  # hypothesis' own
    return case
