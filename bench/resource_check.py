"""Print the processor time of `check`: the interpreter alone, our mock, and the least type of ConcourseTools.

    python -m bench.resource_check [--rounds N]

Ends with 1 where ours is the slower one, or takes more than its limit above the interpreter.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
from pathlib import Path

from bench.measure import BenchError, scratch

BIN = Path(sys.executable).parent
LIMIT_MS = 30.0
BARE, OURS, PEER = "python -c pass", "sqncshim resource check mock", "ConcourseTools, a check of two lines"
REQUEST = b'{"source": {"initial_version": "1"}}'
ANSWER = b'"version": "1"'
TYPE = """\
#!{python}
from dataclasses import dataclass

from concoursetools import ConcourseResource, TypedVersion


@dataclass()
class MockVersion(TypedVersion):
    version: str


class MockResource(ConcourseResource):
    def __init__(self, initial_version="mock"):
        super().__init__(MockVersion)
        self.initial_version = initial_version

    def fetch_new_versions(self, previous_version=None):
        return [previous_version or MockVersion(self.initial_version)]

    def download_version(self, version, destination_dir, build_metadata):
        return version, {{}}

    def publish_new_version(self, sources_dir, build_metadata):
        raise NotImplementedError


MockResource.check_main()
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    try:
        costs = measure(parser.parse_args().rounds)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    for name, cost in costs.items():
        print(f"{name:<40} {cost:8.1f} ms of processor time")
    above = costs[OURS] - costs[BARE]
    good = above <= LIMIT_MS and costs[OURS] < costs[PEER]
    print(
        f"{'above the interpreter':<40} {above:8.1f} ms (limit {LIMIT_MS:.0f}: {'ok' if good else 'MISSED'})"
    )
    return 0 if good else 1


def measure(rounds: int) -> dict[str, float]:
    """Return the median cost of each in milliseconds; they take turns."""
    with scratch() as (work, env):
        env["PYTHONPYCACHEPREFIX"] = str(work / "bytecode")  # filled by the first turn, for all alike
        peer = work / "check"
        peer.write_text(TYPE.format(python=sys.executable))
        peer.chmod(0o755)
        commands = {
            BARE: [sys.executable, "-c", "pass"],
            OURS: [str(BIN / "sqncshim"), "resource", "check", "mock"],
            PEER: [str(peer)],
        }
        turns = [
            {name: cost_ms(argv, work, env) for name, argv in commands.items()} for _ in range(rounds + 1)
        ]
    return {name: statistics.median(turn[name] for turn in turns[1:]) for name in commands}


def cost_ms(argv: list[str], work: Path, env: dict[str, str]) -> float:
    """Return what the process took of the processor; raise BenchError where it did no work."""
    before = spent_s()
    done = subprocess.run(argv, input=REQUEST, cwd=work, env=env, capture_output=True, check=False)
    taken = spent_s() - before
    if done.returncode != 0 or (argv[1:] != ["-c", "pass"] and ANSWER not in done.stdout):
        raise BenchError(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stderr.decode()}")
    return taken * 1e3


def spent_s() -> float:
    """What all processes that ended so far have taken, in user and system mode."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
