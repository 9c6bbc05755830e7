"""Lengths of time as Go writes them: `1h30m`, `1.5s`, `300ms` (time.ParseDuration)."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_PART: Final = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_WHOLE: Final = re.compile(rf"(?P<sign>[-+]?)(?:0|(?:{_PART.pattern})+)", re.ASCII)


def parse_duration_s(text: str) -> float:
    """Return the seconds of *text*, negative ones too; raise ValueError."""
    found = _WHOLE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r}: expected a duration, such as 1h30m, 90s or 500ms")
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return -seconds if found["sign"] == "-" else seconds
