"""Time jobs of trivial `run` steps under sqnc and under act, in Docker and without.

    python -m bench.steps [--rounds N] [--where docker|host]

Both take the same workflow in the same repository, with a local image, and neither asks a registry.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import BenchError, Command, Times, git, in_turn, scratch, table

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE = "sqnc-test/debian:12"
COUNTS = (1, 50)
# Besides, the longest job of each, for what a further step costs: act would need minutes for the other's.
LONGEST = {"sqnc": 501, "act": 51}
BIN = Path(sys.executable).parent
SQNC_OPTIONS = {
    "docker": ["--runtime", "docker", "--platform", f"ubuntu-latest={IMAGE}"],
    "host": ["--runtime", "process"],
}
ACT_OPTIONS = {
    "docker": ["--platform", f"ubuntu-latest={IMAGE}"],
    "host": ["--platform", "ubuntu-latest=-self-hosted"],
}
TITLES = {"docker": "Steps in Docker", "host": "Steps without Docker"}
HEAD = ("", "sqnc", "act", "act ÷ sqnc")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--where", choices=TITLES, action="append")
    options = parser.parse_args()
    try:
        for where in options.where or TITLES:
            print(f"{TITLES[where]}\n\n{report(where, options.rounds)}\n")
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def report(where: str, rounds: int) -> str:
    """Measure, and return a table; *where* is a key of TITLES."""
    with scratch() as (work, env):
        make_repository(work, env)
        times = in_turn(commands(where, work, env), rounds)
    rows = [
        row(f"a job of {steps(count)}", times[f"sqnc {count}"], times[f"act {count}"]) for count in COUNTS
    ]
    rows.append(row("each further step", marginal(times, "sqnc"), marginal(times, "act")))
    return table(HEAD, rows)


def commands(where: str, work: Path, env: Mapping[str, str]) -> dict[str, Command]:
    """Return sqnc and act for each count, named `sqnc 1`, `act 1`, …, in the order of their turns."""
    env = dict(env) | {"ACT_DISABLE_VERSION_CHECK": "1"}
    argv = {
        "sqnc": [str(BIN / "sqnc"), "run", "workflow", *SQNC_OPTIONS[where]],
        "act": [str(BIN / "act"), "push", "--pull=false", *ACT_OPTIONS[where], "--workflows"],
    }
    turns = [(tool, count) for count in COUNTS for tool in argv] + list(LONGEST.items())
    return {
        f"{tool} {count}": Command([*argv[tool], file_of(count)], work, env, f"did step {count}")
        for tool, count in turns
    }


def make_repository(work: Path, env: Mapping[str, str]) -> None:
    """Make a repository with one commit that holds the workflows; act needs its settings to be there."""
    settings = Path(env["HOME"]) / ".config" / "act" / "actrc"
    settings.parent.mkdir(parents=True)
    settings.touch()
    for count in (*COUNTS, *LONGEST.values()):
        (work / file_of(count)).write_text(workflow_of(count))
    git(work, env, "init", "--quiet")
    git(work, env, "remote", "add", "origin", "https://github.com/octocat/bench")
    git(work, env, "add", ".")
    git(work, env, "commit", "--quiet", "--message", "Add workflows")


def file_of(count: int) -> str:
    return f"steps-{count}.yml"


def workflow_of(count: int) -> str:
    body = "".join(f"      - run: echo did step $(({number}))\n" for number in range(1, count + 1))
    # act names its containers after the workflow, and removes those of another that measures here.
    head = f"name: bench {os.getpid()} {count}\non: push\n"
    return f"{head}jobs:\n  steps:\n    runs-on: ubuntu-latest\n    steps:\n{body}"


def marginal(times: Mapping[str, Times], tool: str) -> Times:
    """Return what a step more costs, found in each round from the shortest and the longest job."""
    short, long = min(COUNTS), LONGEST[tool]
    pairs = zip(times[f"{tool} {short}"].samples_s, times[f"{tool} {long}"].samples_s, strict=True)
    return Times(tuple((after - before) / (long - short) for before, after in pairs))


def row(name: str, sqnc: Times, act: Times) -> tuple[str, ...]:
    ratio = act.median_s / sqnc.median_s
    return name, str(sqnc), str(act), f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def steps(count: int) -> str:
    return f"{count} step{'s' if count > 1 else ''}"


if __name__ == "__main__":
    sys.exit(main())
