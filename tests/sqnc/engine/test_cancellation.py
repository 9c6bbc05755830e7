"""A cancellation ends what was decided without it, and spares what was decided in spite of it."""

from __future__ import annotations

import threading

import pytest

from sqnc.engine.cancellation import Cancellation


class Process:
    def __init__(self, ended: threading.Event) -> None:
        self._ended = ended

    def end(self) -> None:
        self._ended.set()


@pytest.mark.parametrize("heeded", [False, True])
def test_only_what_its_condition_let_run_in_spite_of_it_is_spared(*, heeded: bool) -> None:
    ended = threading.Event()

    cancellation = Cancellation()
    cancellation.ask()  # between a step's condition and its start, or before both
    cancellation.is_heeded = heeded
    cancellation.running(Process(ended), spared=cancellation.is_heeded)
    assert ended.wait(0.2 if heeded else 10) is not heeded


def test_what_is_spared_is_ended_when_the_grace_is_over() -> None:
    now, later = threading.Event(), threading.Event()
    cancellation = Cancellation()
    cancellation.ask()  # before the job starts: its grace begins with it
    cancellation.open(grace_s=0.01)
    cancellation.running(Process(now), spared=True)
    assert now.wait(10)
    cancellation.running(Process(later), spared=True)
    assert later.wait(10)


def test_who_asks_with_force_ends_what_would_still_run() -> None:
    ended = threading.Event()
    cancellation = Cancellation()
    cancellation.ask(force=True)
    cancellation.running(Process(ended), spared=True)
    assert ended.wait(10)


def test_nothing_is_left_that_could_end_anything_after_the_job() -> None:
    ended, before = threading.Event(), set(threading.enumerate())
    cancellation = Cancellation()
    cancellation.open(grace_s=600)
    cancellation.running(Process(ended), spared=True)
    cancellation.ask()
    waiting = set(threading.enumerate()) - before
    cancellation.close()
    for thread in waiting:
        thread.join(10)
    assert waiting
    assert not any(thread.is_alive() for thread in waiting)
    assert not ended.is_set()
