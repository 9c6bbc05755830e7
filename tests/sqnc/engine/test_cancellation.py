"""A cancellation ends what was decided without it, and spares what was decided in spite of it."""

from __future__ import annotations

import threading

import pytest

from sqnc.engine.execution import Cancellation


@pytest.mark.parametrize("heeded", [False, True])
def test_only_what_its_condition_let_run_in_spite_of_it_is_spared(*, heeded: bool) -> None:
    ended = threading.Event()

    class Process:
        def end(self) -> None:
            ended.set()

    cancellation = Cancellation()
    cancellation.ask()  # between a step's condition and its start, or before both
    cancellation.is_heeded = heeded
    cancellation.running(Process(), spared=cancellation.is_heeded)
    assert ended.wait(0.2 if heeded else 10) is not heeded
