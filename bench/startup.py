"""Time what a user or an engine waits for before any work is done.

python -m bench.startup [--rounds N]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import BenchError, Command, git, in_turn, scratch, table

if TYPE_CHECKING:
    from collections.abc import Mapping

BIN = Path(sys.executable).parent
ACTION = """\
name: greet
description: Greets
inputs:
  who:
    description: Whom to greet
    default: world
outputs:
  time:
    description: When it was
runs:
  using: node20
  main: index.js
  post: cleanup.js
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    try:
        print(report(parser.parse_args().rounds))
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def report(rounds: int) -> str:
    """Measure, and return a table."""
    with scratch() as (work, env):
        sha = make_action(work, env)
        times = in_turn(commands(work, env, sha), rounds)
    return table(("", "time"), [(name, str(taken)) for name, taken in times.items()])


def commands(work: Path, env: Mapping[str, str], sha: str) -> dict[str, Command]:
    uses = [str(BIN / "sqncshim"), "plugin", "uses", f"octocat/greet@{sha}"]
    server = dict(env) | {"GITHUB_SERVER_URL": f"file://{work}"}
    return {
        "`python -c pass`": Command([sys.executable, "-c", "pass"], work, env),
        "`act --help`": Command([str(BIN / "act"), "--help"], work, env, "Usage:"),
        "`sqnc --help`": Command([str(BIN / "sqnc"), "--help"], work, env, "Usage:"),
        "`sqncshim plugin uses` of a cached action": Command(uses, work, server, f'"ref": "{sha}"'),
    }


def make_action(work: Path, env: Mapping[str, str]) -> str:
    """Make the repository of a small node action and return its commit."""
    action = work / "octocat" / "greet"
    action.mkdir(parents=True)
    (action / "action.yml").write_text(ACTION)
    for name in ("index.js", "cleanup.js"):
        (action / name).write_text("console.log('hello')\n")
    git(action, env, "init", "--quiet")
    git(action, env, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(action, env, "add", ".")
    git(action, env, "commit", "--quiet", "--message", "Add the action")
    return git(action, env, "rev-parse", "HEAD")


if __name__ == "__main__":
    sys.exit(main())
