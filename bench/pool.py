"""Print how many locks contenders for one pool claim, and how fairly: 8 of them, against a git server here.

    python -m bench.pool [--seconds N]

Each contender acquires a lock, and releases it at once, again and again, as builds do: each time with a
process of its own. Ends with 1 where a lock was ever held twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from bench import peers
from bench.measure import BenchError, scratch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHIM = Path(sys.executable).parent / "sqncshim"
CONTENDERS, RETRY_DELAY = 8, "100ms"
LOCKS = (8, 2)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who held which lock, from when to when; the wait for it began at *asked_s*."""

    contender: int
    lock: str
    asked_s: float
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Contender:
    """Someone who claims locks; *folder* is for its inputs, *source* says where the pool is."""

    number: int
    folder: Path
    source: Mapping[str, object]
    env: Mapping[str, str]

    def run(self, until_s: float) -> list[Claim]:
        """Claim and release until then."""
        (self.folder / "lock").mkdir(parents=True)
        claims = []
        while (asked_s := time.monotonic()) < until_s:
            name = self._put({"acquire": True})
            begin_s = time.monotonic()
            (self.folder / "lock" / "name").write_text(name)
            end_s = time.monotonic()
            self._put({"release": "lock"})
            claims.append(Claim(self.number, name, asked_s, begin_s, end_s))
        return claims

    def _put(self, params: Mapping[str, object]) -> str:
        """Put; return the lock's name."""
        done = subprocess.run(
            [str(SHIM), "resource", "out", "pool", str(self.folder)],
            input=json.dumps({"source": self.source, "params": params}),
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchError(f"a put of {params} ended with {done.returncode}:\n{done.stderr}")
        return str(json.loads(done.stdout)["metadata"][0]["value"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    print(f"{CONTENDERS} contenders {'claims/s':>19} {'each':>9} {'Jain index':>12} {'longest wait':>14}")
    try:
        for way in ("file", "http"):
            for locks in LOCKS:
                claims = compete(way, locks, options.seconds)
                print(f"{f'{way}, {locks} locks':<20} {summary(claims, options.seconds)}", flush=True)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def compete(way: str, locks: int, seconds: float) -> list[Claim]:
    """Return all claims; raise BenchError where a lock was held by two at once."""
    with scratch() as (work, env):
        env["PYTHONPYCACHEPREFIX"] = str(work / "bytecode")
        files = {"aws/claimed/.gitkeep": "", "aws/unclaimed/.gitkeep": ""}
        files |= {f"aws/unclaimed/lock-{number}": "" for number in range(locks)}
        (work / "served").mkdir()
        uri = peers.make_repository(work / "served" / "locks.git", env, files, 1)
        if way == "file":
            claims = _claims(uri, work, env, seconds)
        else:
            with peers.serving_git(work / "served") as server:
                claims = _claims(f"{server}/locks.git", work, env, seconds)
    _check(claims)
    return claims


def _claims(uri: str, work: Path, env: Mapping[str, str], seconds: float) -> list[Claim]:
    source = {"uri": uri, "branch": "main", "pool": "aws", "retry_delay": RETRY_DELAY}
    contenders = [
        Contender(number, work / f"contender-{number}", source, env) for number in range(CONTENDERS)
    ]
    run = partial(Contender.run, until_s=time.monotonic() + seconds)
    with ThreadPoolExecutor(CONTENDERS) as threads:
        return [claim for found in threads.map(run, contenders) for claim in found]


def _check(claims: Sequence[Claim]) -> None:
    by_lock = sorted(claims, key=lambda claim: (claim.lock, claim.begin_s))
    for one, other in pairwise(by_lock):
        if one.lock == other.lock and other.begin_s < one.end_s:
            raise BenchError(f"{one.lock} was held by {one.contender} and {other.contender} at once")


def summary(claims: Sequence[Claim], seconds: float) -> str:
    """Jain's index is 1 where all have claimed equally often, and 1/8 where one has claimed all."""
    each = [sum(claim.contender == number for claim in claims) for number in range(CONTENDERS)]
    jain = sum(each) ** 2 / (CONTENDERS * sum(count**2 for count in each))
    took_s = max([seconds, *(claim.end_s - min(one.asked_s for one in claims) for claim in claims)])
    wait_s = max(claim.begin_s - claim.asked_s for claim in claims)
    counts = f"{min(each)}-{max(each)}"
    return f"{len(claims) / took_s:>11.1f} {counts:>9} {jain:>12.2f} {wait_s:>12.1f} s"


if __name__ == "__main__":
    sys.exit(main())
