"""Measure sqnc side by side with act, then each part alone, and print the figures as Markdown.

    python -m bench.run [--rounds N] [--write]

Figures go to standard output, and with --write into docs/benchmarks.md as well, below its marker; what is
under way goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import startup, steps
from bench.measure import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
MARKER = "<!-- make bench ARGS=--write writes what follows -->\n"
# Programs that measure a part alone and print lines of their own.
PARTS = {
    "agent": "The agent",
    "expressions": "Expressions",
    "reader": "Reading a workflow",
    "masking": "Masking secrets",
    "checks": "Checks of resources",
    "pool": "A pool of locks",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each job is run (default 5)")
    parser.add_argument("--write", action="store_true", help=f"put the figures into docs/{PAGE.name}")
    options = parser.parse_args()
    figures = [machine()]
    try:
        for title, measure in sections(options.rounds).items():
            print(f"bench: {title}", file=sys.stderr)
            figures.append(f"\n## {title}\n\n{measure()}\n")
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print("".join(figures), end="")
    if options.write:
        write("".join(figures))
    return 0


def sections(rounds: int) -> dict[str, Callable[[], str]]:
    """Return what measures each section, by its title, in the order of the page."""
    found: dict[str, Callable[[], str]] = {
        title: partial(steps.report, where, rounds) for where, title in steps.TITLES.items()
    }
    found["Start-up"] = partial(startup.report, rounds * 4 + 1)
    return found | {title: partial(part, module) for module, title in PARTS.items()}


def machine() -> str:
    """Return one line on what the figures were measured with."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    docker = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "none"
    act = subprocess.run([steps.BIN / "act", "--version"], capture_output=True, text=True, check=True).stdout
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Linux {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}, Docker {docker}, {act.strip().replace(' version', '')}.\n"
    )


def part(module: str) -> str:
    """Return what the program of a part prints; where it misses a limit of its own, its lines say so."""
    command = [sys.executable, "-m", f"bench.{module}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise BenchError(
            f"bench/{module}.py ended with {done.returncode} and printed nothing:\n{done.stderr}"
        )
    return f"```text\n{done.stdout.rstrip()}\n```"


def write(figures: str) -> None:
    words, marker, _ = PAGE.read_text().partition(MARKER)
    assert marker, f"{PAGE.name} has lost its marker"
    PAGE.write_text(f"{words}{marker}\n{figures}")


if __name__ == "__main__":
    sys.exit(main())
