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
from hypothesis.strategies import integers

from sqnc_resources.conform.histories import Check, Simulation, Upstream

Make: TypeAlias = Callable[[], AbstractContextManager[tuple[Upstream, Check]]]
"""Opens a new upstream, with one version at least, and what asks a type that follows it."""

_FEW = integers(1, 3)


def history_test(make: Make, *, examples: int = 25, steps: int = 12) -> type[unittest.TestCase]:
    """A test case, *examples* histories of *steps* steps each: every check answers with what there is."""

    class HistoryMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._stack = ExitStack()
            self._simulation = Simulation(*self._stack.enter_context(make()))

        @rule()
        def push(self) -> None:
            self._simulation.push()

        @rule(number=_FEW)
        def force_push(self, number: int) -> None:
            self._simulation.force_push(number)

        @rule(number=_FEW)
        def delete(self, number: int) -> None:
            self._simulation.delete(number)

        @rule()
        def check(self) -> None:
            self._simulation.look()
            note(self._simulation.table())

        def teardown(self) -> None:
            self._stack.close()

    case: type[unittest.TestCase] = HistoryMachine.TestCase
    case.settings = settings(max_examples=examples, stateful_step_count=steps, deadline=None)  # type: ignore[attr-defined]  # hypothesis' own
    return case
