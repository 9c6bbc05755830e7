"""SIGINT and SIGTERM, as orders to end in good order."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def handling(interrupt: Callable[[], None]) -> Iterator[None]:
    """Call *interrupt* for each of the two, for the time of the block; in the main thread alone.

    It runs between any two operations of the thread: what takes a lock belongs into a thread of its own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        del number, frame
        interrupt()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def interrupt_main() -> None:
    """Do from any thread what Ctrl-C does."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:  # to the main thread itself: a signal that another one gets does not end what it waits for
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
