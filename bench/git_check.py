"""Print how long a check of a small git repository takes, by its file:// address: ours, and Concourse's own.

    python -m bench.git_check [--rounds N] [--peer FOLDER]

FOLDER holds the programs of Concourse's git-resource, its `assets`, which need bash and jq; without it, and
without GIT_RESOURCE in the environment, ours is measured alone. Ends with 1 where ours misses its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import BenchError, scratch

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT_MS = 150.0
COMMITS = 20
OURS, PEER = "sqncshim resource check git", "Concourse's git-resource"
COLD, KEPT = "the first check", "with what it kept"
# What the peer's image says to git for everybody.
SETTINGS = '[user]\n\tname = git\n\temail = git@localhost\n[protocol "file"]\n\tallow = always\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--peer", default=os.environ.get("GIT_RESOURCE"), help="the folder with its `check`")
    options = parser.parse_args()
    try:
        times = measure(options.rounds, options.peer)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'':<28} {COLD:>18} {KEPT:>18}")
    for name, (cold, kept) in times.items():
        print(f"{name:<28} {cold:>15.1f} ms {kept:>15.1f} ms")
    if PEER not in times:
        print(f"{PEER} was not measured: GIT_RESOURCE says where its `check` is, which needs bash and jq")
    good = max(times[OURS]) <= LIMIT_MS
    print(f"limit {LIMIT_MS:.0f} ms: {'ok' if good else 'MISSED'}")
    return 0 if good else 1


def measure(rounds: int, peer: str | None) -> dict[str, tuple[float, float]]:
    """Return the median of first checks and of later ones, in milliseconds; the programs take turns."""
    programs: dict[str, Sequence[str]] = {
        OURS: [str(Path(sys.executable).parent / "sqncshim"), "resource", "check", "git"]
    }
    if peer is not None:
        programs[PEER] = ["bash", str(Path(peer, "check").resolve())]
    with scratch() as (work, env):
        request = json.dumps({"source": {"uri": make_repository(work, env)}})
        turns = [
            {name: turn(argv, request, work, env) for name, argv in programs.items()}
            for _ in range(rounds + 1)
        ]
    return {
        name: (
            statistics.median(one[name][0] for one in turns[1:]),
            statistics.median(one[name][1] for one in turns[1:]),
        )
        for name in programs
    }


def make_repository(work: Path, env: dict[str, str]) -> str:
    """Make a repository of a few commits; return its address."""
    place = work / "repository"
    run = ["git", "-C", str(place), "-c", "user.name=Bench", "-c", "user.email=bench@example.org"]
    place.mkdir()
    for command in (["init", "--quiet"], *COMMITS * [["commit", "--quiet", "--allow-empty", "-m", "work"]]):
        subprocess.run([*run, *command], env=env, check=True)
    return f"file://{place}"


def turn(argv: Sequence[str], request: str, work: Path, env: dict[str, str]) -> tuple[float, float]:
    """Check twice, with nothing kept from before; return both times in milliseconds."""
    for name in ("home", "tmp"):
        shutil.rmtree(work / name, ignore_errors=True)
        (work / name).mkdir()
    (work / "home" / ".gitconfig").write_text(SETTINGS)
    own = env | {"HOME": str(work / "home"), "TMPDIR": str(work / "tmp")}
    return time_ms(argv, request, own), time_ms(argv, request, own)


def time_ms(argv: Sequence[str], request: str, env: dict[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(argv, input=request, cwd="/", env=env, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    if done.returncode != 0 or '"ref"' not in done.stdout:
        raise BenchError(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stderr}")
    return taken * 1e3


if __name__ == "__main__":
    sys.exit(main())
