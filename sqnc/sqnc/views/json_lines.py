"""`--json`: each event as one line of JSON, with its kind under `event`."""

from __future__ import annotations

import json
import time
from dataclasses import fields
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import IO

    from sqnc.events import Event


class JsonLines:
    """Writes events to *out*; bytes become text, with what is not UTF-8 replaced."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def __call__(self, event: Event) -> None:
        line = {"event": _kind(event), "time": round(time.time(), 6)}
        line |= {field.name: _plain(getattr(event, field.name)) for field in fields(event)}
        self._out.write(json.dumps(line).encode() + b"\n")
        self._out.flush()


def _kind(event: Event) -> str:
    """`RunStarted` as `run-started`."""
    name = type(event).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.value if isinstance(value, Enum) else value
