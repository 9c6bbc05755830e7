"""The seam of the kit: what runs a resource type's programs, wherever they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from sqnc_resources.conform.folders import Tree

CHECK: Final = "check"
IN: Final = "in"
OUT: Final = "out"
ROLES: Final = (CHECK, IN, OUT)

ANYBODY: Final = "65534:65534"
"""A user and group without any rights of their own."""


class Ability(Enum):
    """What an executor may or may not be able to do, depending on where it runs."""

    READ_ONLY = "run with a file system that cannot be written to"
    OTHER_USER = "run as another user"


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a program."""

    role: str
    request: bytes | None
    """The whole standard input; None leaves standard input open and empty until the end."""
    env: Mapping[str, str] = field(default_factory=dict)
    """The whole environment."""
    inputs: Path | None = None
    """The folder whose content `out` finds in its own; None for an empty one."""
    user: str = ""
    """`uid:gid`; empty for the user that the programs have without it."""
    read_only: bool = False
    """Whether nothing can be written to but the program's folder, /tmp and /dev/shm."""
    stop_after_s: float | None = None
    """How long after the start the program, and it alone, gets SIGTERM; None for never."""
    timeout_s: float = 120.0
    """How long after the start, or after SIGTERM where that is sent, the run is killed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call."""

    status: int | None
    """128 + n where signal *n* ended it; None where it had to be killed."""
    stdout: bytes
    stderr: bytes
    duration_s: float
    """Of the run; with SIGTERM, from the signal until the program and all that write its outputs ended."""
    tree: Tree = field(default_factory=dict)
    """What the folder holds afterwards; empty for `check`."""
    strays: Tree = field(default_factory=dict)
    """What it left in its working directory."""


class Executor(Protocol):
    """Runs the programs of one resource type. Calls come one after the other, from one thread."""

    @property
    def name(self) -> str:
        """What people call the type: a folder, an image."""

    @property
    def roles(self) -> frozenset[str]:
        """The programs that are there, of `check`, `in` and `out`."""

    @property
    def env(self) -> Mapping[str, str]:
        """The variables that programs have there whatever the engine adds: PATH, HOME, an image's own."""

    def missing(self, ability: Ability) -> str | None:
        """Say why this cannot be done here; None where it can."""

    def show(self, folder: Path) -> None:
        """Let programs see *folder* of this machine, by its own path; before the first run."""

    def run(self, call: Call) -> Outcome:
        """Run to the end, in an empty working directory that is nobody's.

        Each run of `in` and `out` has a new folder of its own, which anybody may write to, as its argument.
        """
