"""How much an archive may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqnc_resources.errors import ResourceError


class ArchiveError(ResourceError):
    """The archive is none, is broken, or holds what does not belong into a folder."""


class LimitError(ArchiveError):
    """The archive holds more than it may."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that an archive may hold: in all its files together, and how many entries."""

    size_bytes: int = 20 << 30
    entries: int = 1_000_000


LIMITS: Final = Limits()
