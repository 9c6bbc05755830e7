"""Print what a check of each built-in resource type costs, against peers on this machine.

    python -m bench.checks [--rounds N] [--peer FOLDER]

FOLDER holds the programs of Concourse's git-resource, its `assets`, which need bash and jq; without it, and
without GIT_RESOURCE in the environment, that one is left out. Ends with 1 where a check misses its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import peers
from bench.measure import BenchError, scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SHIM = Path(sys.executable).parent / "sqncshim"
BARE, MOCK = "python -c pass", "mock"
OTHER, OTHER_GIT = "ConcourseTools, a check of two lines", "Concourse's git-resource"
FIRST, KEPT = "the first one", "with what it kept"
FILES = {"aws/unclaimed/one": "", "aws/claimed/.gitkeep": "", "number": "1.99.0\n"}
# What the image of Concourse's git-resource says to git for everybody.
SETTINGS = '[user]\n\tname = git\n\temail = git@localhost\n[protocol "file"]\n\tallow = always\n'
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


@dataclass(frozen=True, slots=True)
class Limit:
    """What a check may cost: processor time above that of the bare interpreter, or time by the clock."""

    cpu_ms: float = float("inf")
    wall_ms: float = float("inf")

    def __str__(self) -> str:
        limits = {"CPU": self.cpu_ms, "wall": self.wall_ms}
        return " ".join(f"{what} {ms:.0f}" for what, ms in limits.items() if ms < float("inf"))


NO_LIMIT = Limit()
WEB = Limit(cpu_ms=120)


@dataclass(frozen=True, slots=True)
class Check:
    """A check to measure; *proof* is what it must answer. One that *keeps* something is made twice."""

    name: str
    argv: Sequence[str]
    source: Mapping[str, object]
    proof: str
    limit: Limit = WEB
    keeps: bool = False


@dataclass(frozen=True, slots=True)
class Peers:
    """Where the peers are; *authority* is the certificate of who vouches for *secure*."""

    repository: str
    plain: str
    secure: str
    authority: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    cpu_ms: float
    wall_ms: float


def checks(at: Peers) -> Iterator[Check]:
    """One check at least for each built-in type."""
    page = {"version": {"path": ".release.tag"}}
    releases = {"owner": "o", "repository": "r", "github_api_url": at.plain, "access_token": "t"}
    branch = {"uri": at.repository, "branch": "main"}
    pattern = "rel/app-v(.*).tgz"
    login = {"ca_certs": [at.authority], "username": "u", "password": "p"}
    yield _check(MOCK, {"initial_version": "1"}, '"1"', Limit(cpu_ms=30))
    yield _check("time", {"interval": "1m"}, '"time"')
    yield _check("git", {"uri": at.repository}, '"ref"', Limit(wall_ms=150), keeps=True)
    yield _check("pool", {**branch, "pool": "aws"}, '"ref"', keeps=True)
    yield _check("semver, git", {**branch, "driver": "git", "file": "number"}, "1.99.0")
    yield _check("semver, s3", {**_bucket(at.plain), "key": "number"}, "1.99.0")
    yield _check("s3", {**_bucket(at.plain), "regexp": pattern}, "v1.99.0")
    yield _check("s3, TLS", {**_bucket(at.secure), "regexp": pattern, "ca_bundle": at.authority}, "v1.99.0")
    yield _check("registry-image", _image(at.plain), "v1.99.0")
    yield _check("registry-image, TLS and a token", {**_image(at.secure), **login}, "v1.99.0")
    yield _check("github-release", releases, "v1.99.0", keeps=True)
    yield _check("http", {"url": f"{at.plain}/page", **page}, "v1.99.0")
    yield _check("http, TLS", {"url": f"{at.secure}/page", **page, "ca_certs": at.authority}, "v1.99.0")


def _check(
    name: str, source: Mapping[str, object], proof: str, limit: Limit = WEB, *, keeps: bool = False
) -> Check:
    kind = name.partition(",")[0]
    return Check(name, [str(SHIM), "resource", "check", kind], source, proof, limit, keeps)


def _bucket(server: str) -> dict[str, object]:
    return {"bucket": "bucket", "endpoint": server, "access_key_id": "a", "secret_access_key": "b"}


def _image(server: str) -> dict[str, object]:
    return {"repository": f"{server.partition('//')[2]}/o/r", "tag": "v1.99.0"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--peer", default=os.environ.get("GIT_RESOURCE"), help="the folder with its `check`")
    options = parser.parse_args()
    try:
        costs = measure(options.rounds, options.peer)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    bare = costs[BARE][1].cpu_ms
    above = {name: Cost(cost.cpu_ms - bare, cost.wall_ms) for name, (_, cost) in costs.items()}
    missed = [
        name
        for name, (limit, _) in costs.items()
        if above[name].cpu_ms > limit.cpu_ms or above[name].wall_ms > limit.wall_ms
    ]
    if above[MOCK].cpu_ms >= above[OTHER].cpu_ms:
        missed.append(f"{MOCK}, which is slower than {OTHER}")
    print(f"{'ms; CPU: above python -c pass':<44} {'CPU':>8} {'wall':>8}   limit")
    for name, (limit, cost) in costs.items():
        cpu_ms = cost.cpu_ms if name == BARE else above[name].cpu_ms
        print(f"{name:<44} {cpu_ms:>8.1f} {cost.wall_ms:>8.1f}   {limit}".rstrip())
    if not options.peer:
        print(f"{OTHER_GIT} was not measured: GIT_RESOURCE says where its `check` is")
    print(f"limits MISSED by {'; '.join(missed)}" if missed else "all limits are kept")
    return 1 if missed else 0


def measure(rounds: int, peer: str | None) -> dict[str, tuple[Limit, Cost]]:
    """Return the median cost of each check, and its limit; the checks take turns."""
    with scratch() as (work, env), ExitStack() as stack:
        authority, file = peers.certificate(work)
        at = Peers(
            peers.make_repository(work / "repository.git", env, FILES, 20),
            stack.enter_context(peers.serving()),
            stack.enter_context(peers.serving(file)),
            authority,
        )
        measured = [
            Check(BARE, [sys.executable, "-c", "pass"], {}, "", NO_LIMIT),
            *checks(at),
            Check(OTHER, [_write_other(work)], {"initial_version": "1"}, '"1"', NO_LIMIT),
        ]
        if peer:
            script = ["bash", str(Path(peer, "check").resolve())]
            measured.append(Check(OTHER_GIT, script, {"uri": at.repository}, '"ref"', NO_LIMIT, keeps=True))
        env |= {"PYTHONPYCACHEPREFIX": str(work / "bytecode")}  # filled by the first turn, for all alike
        limits: dict[str, Limit] = {}
        samples: dict[str, list[Cost]] = {}
        for _ in range(rounds + 1):
            for check in measured:
                for name, cost in _turn(check, work, env):
                    limits[name] = check.limit
                    samples.setdefault(name, []).append(cost)
    return {name: (limits[name], _median(found[1:])) for name, found in samples.items()}


def _turn(check: Check, work: Path, env: Mapping[str, str]) -> Iterator[tuple[str, Cost]]:
    """Check with nothing kept from before; once more where something is."""
    for name in ("home", "tmp"):
        shutil.rmtree(work / name, ignore_errors=True)
        (work / name).mkdir()
    (work / "home" / ".gitconfig").write_text(SETTINGS)
    own = {**env, "HOME": str(work / "home"), "TMPDIR": str(work / "tmp")}
    for which in (FIRST, KEPT) if check.keeps else ("",):
        yield f"{check.name}, {which}" if which else check.name, _cost(check, own)


def _cost(check: Check, env: Mapping[str, str]) -> Cost:
    """Run it once; raise BenchError where it did no work."""
    spent_s, started_s = _spent_s(), time.perf_counter()
    request = json.dumps({"source": check.source})
    done = subprocess.run(
        check.argv, input=request, cwd="/", env=env, capture_output=True, text=True, check=False
    )
    cost = Cost((_spent_s() - spent_s) * 1e3, (time.perf_counter() - started_s) * 1e3)
    if done.returncode != 0 or check.proof not in done.stdout:
        raise BenchError(f"{' '.join(check.argv)} ended with {done.returncode}:\n{done.stderr}")
    return cost


def _spent_s() -> float:
    """The processor time of all processes that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in Cost.__slots__))


def _write_other(work: Path) -> str:
    program = work / "check"
    program.write_text(TYPE.format(python=sys.executable))
    program.chmod(0o755)
    return str(program)


if __name__ == "__main__":
    sys.exit(main())
