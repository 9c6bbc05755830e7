"""Measure commands side by side: in turn, A B A B, so that what else the machine does falls on all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class BenchError(Exception):
    """A measured command did not do its work, so that its time says nothing."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program to measure; *proof* must be in what it says on both outputs together, else it did no work."""

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    proof: str = ""

    def time_s(self) -> float:
        """Run it once and return its wall clock time; raise BenchError where it fails or lacks its proof."""
        started = time.perf_counter()
        done = subprocess.run(
            self.argv,
            cwd=self.cwd,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        taken = time.perf_counter() - started
        if done.returncode != 0 or self.proof not in done.stdout:
            last = "\n".join(done.stdout.splitlines()[-20:])
            raise BenchError(
                f"{' '.join(self.argv)} ended with {done.returncode}, expected 0 and {self.proof!r}:\n{last}"
            )
        return taken


@dataclass(frozen=True, slots=True)
class Times:
    """The times of one command, in seconds, in the order of the rounds."""

    samples_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        return statistics.median(self.samples_s)

    def __str__(self) -> str:
        unit, factor = ("s", 1.0) if self.median_s >= 1 else ("ms", 1e3)
        low, middle, high = (
            f"{time_s * factor:.3g}" if time_s * factor < 100 else f"{time_s * factor:.0f}"
            for time_s in (min(self.samples_s), self.median_s, max(self.samples_s))
        )
        return f"{middle} {unit} ({low}-{high})"


def in_turn(commands: Mapping[str, Command], rounds: int) -> dict[str, Times]:
    """Return the times of each command: once unmeasured, to fill caches, then *rounds* times in turn."""
    for command in commands.values():
        command.time_s()
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            samples[name].append(command.time_s())
    return {name: Times(tuple(taken)) for name, taken in samples.items()}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; the first column holds names, the others figures."""
    lines = [list(head), ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


@contextmanager
def scratch() -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield an empty folder and an environment whose home is another: no settings of the user's count."""
    with TemporaryDirectory(prefix="sqnc-bench-") as name:
        home, work = Path(name) / "home", Path(name) / "work"
        for folder in (home, work):
            folder.mkdir()
        kept = {
            key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "TERM", "DOCKER_HOST"}
        }
        person = {
            f"GIT_{role}_{part}": "bench@example.org"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        }
        yield work, kept | person | {"HOME": str(home), "NO_COLOR": "1", "GIT_CONFIG_NOSYSTEM": "1"}


def git(cwd: Path, env: Mapping[str, str], *arguments: str) -> str:
    command = ["git", "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()
