"""Measure sqnc side by side with act, then each part alone, and print docs/benchmarks.md's figures.

    make bench > figures.md

Standard output is Markdown, to be pasted as it is; what is under way goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from bench import startup, steps
from bench.measure import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Programs that measure a part alone and print lines of their own.
PARTS = {
    "expressions": "Expressions",
    "reader": "Reading a workflow",
    "masking": "Masking secrets",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each job is run (default 5)")
    options = parser.parse_args()
    try:
        print(machine(), flush=True)
        for name, section in sections(options.rounds):
            print(f"bench: {name}", file=sys.stderr)
            print(section(), flush=True)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def sections(rounds: int) -> Iterator[tuple[str, Callable[[], str]]]:
    for where, title in steps.TITLES.items():
        yield title, partial(steps.report, where, rounds)
    yield "Start-up", partial(startup.report, rounds * 4 + 1)
    for module, title in PARTS.items():
        yield title, partial(part, module, title)


def machine() -> str:
    """Return one line on what the figures were measured with: median, and least and most in brackets."""
    command = ["docker", "version", "--format", "{{.Server.Version}}"]
    docker = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "none"
    act = subprocess.run([steps.BIN / "act", "--version"], capture_output=True, text=True, check=True).stdout
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Linux {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}, Docker {docker}, {act.strip().replace(' version', '')}. "
        "Medians, with the least and the most in brackets; the two take turns.\n"
    )


def part(module: str, title: str) -> str:
    """Return the heading of a part and what its program prints; a limit that it misses is in its lines."""
    command = [sys.executable, "-m", f"bench.{module}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:
        raise BenchError(
            f"bench/{module}.py ended with {done.returncode} and printed nothing:\n{done.stderr}"
        )
    return f"## {title}\n\n```\n{done.stdout.rstrip()}\n```\n"


if __name__ == "__main__":
    sys.exit(main())
