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
from hypothesis.strategies import booleans, integers

from sqnc_resources.conform.histories import Check, Simulation, Upstream

Make: TypeAlias = Callable[[], AbstractContextManager[tuple[Upstream, Check]]]
"""Opens a new upstream, with one version at least, and what asks a type that follows it."""

_FEW = integers(1, 3)
_CHECKED = booleans()
"""Whether a check follows: left to a rule of its own, it is missing where hypothesis leaves rules out."""


def history_test(make: Make, *, examples: int = 25, steps: int = 12) -> type[unittest.TestCase]:
    """A test case, *examples* histories of *steps* steps each: every check answers with what there is."""

    class HistoryMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self._stack = ExitStack()
            self._simulation = Simulation(*self._stack.enter_context(make()))

        @rule(checked=_CHECKED)
        def push(self, *, checked: bool) -> None:
            self._simulation.push()
            self._look(wanted=checked)

        @rule(number=_FEW, checked=_CHECKED)
        def force_push(self, number: int, *, checked: bool) -> None:
            self._simulation.force_push(number)
            self._look(wanted=checked)

        @rule(number=_FEW, checked=_CHECKED)
        def delete(self, number: int, *, checked: bool) -> None:
            self._simulation.delete(number)
            self._look(wanted=checked)

        @rule(times=integers(1, 2))
        def check(self, times: int) -> None:
            for _ in range(times):
                self._look(wanted=True)

        def _look(self, *, wanted: bool) -> None:
            if wanted:
                self._simulation.look()
                note(self._simulation.table())

        def teardown(self) -> None:
            self._stack.close()

    case: type[unittest.TestCase] = HistoryMachine.TestCase
    case.settings = settings(max_examples=examples, stateful_step_count=steps, deadline=None)  # type: ignore[attr-defined]  # hypothesis' own
    return case
