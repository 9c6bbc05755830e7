"""Fuzz actions_compat, guided by coverage: python -m fuzz.run [TARGET…] [--seconds N] [--input FILE].

Without TARGET, each in turn. What is found is kept in .fuzz/TARGET, so that the next run goes on from there.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from fuzz.seeds import SEEDS, WORDS

if TYPE_CHECKING:
    from typing import IO

KEPT = Path(__file__).parents[1] / ".fuzz"
# Above what the slowest input of this length takes, instrumented, on a busy machine.
LIMITS = ("-max_len=4096", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0")
CHILD = "--child"  # libFuzzer ends its process, so each target has one


def main(arguments: list[str]) -> int:
    if arguments[:1] == [CHILD]:
        fuzz(arguments[1], arguments[2:])
        return 0
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(SEEDS)}")
    parser.add_argument("--seconds", type=int, default=60, help="how long each runs (default 60)")
    parser.add_argument("--input", type=Path, help="try one input of one TARGET again")
    given = parser.parse_args(arguments)
    if unknown := sorted(set(given.targets) - set(SEEDS)):
        parser.error(f"no target {', '.join(unknown)}: there are {', '.join(SEEDS)}")
    if given.input:
        if len(given.targets) != 1:
            parser.error("--input needs one TARGET")
        return start(given.targets[0], [str(given.input)])
    failed = [target for target in given.targets or SEEDS if run(target, given.seconds)]
    for target in failed:
        sys.stderr.write(f".fuzz/{target}/log says why, and --input .fuzz/{target}/crash-… tries it again\n")
    return 1 if failed else 0


def run(target: str, seconds: int) -> int:
    """Fuzz one target; return its exit status."""
    folder = KEPT / target
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[target]):
        (corpus / f"seed-{number}").write_bytes(seed.encode())
    words = folder / "words"
    words.write_text("".join(f'"{escaped(word)}"\n' for word in WORDS[target].split()))
    options = [f"-max_total_time={seconds}", f"-dict={words}", f"-artifact_prefix={folder}/", *LIMITS]
    log = folder / "log"
    with log.open("wb") as out:
        status = start(target, [*options, str(corpus)], out)
    found = dict(re.findall(r"^stat::(\w+): +(\d+)$", log.read_text(errors="replace"), re.MULTILINE))
    inputs, new = found.get("number_of_executed_units", "?"), found.get("new_units_added", "?")
    sys.stdout.write(
        f"{target}: {inputs} inputs, {new} of them new: {'FAILED' if status else 'nothing found'}\n"
    )
    sys.stdout.flush()
    return status


def escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"')


def start(target: str, options: list[str], out: IO[bytes] | None = None) -> int:
    command = [sys.executable, "-m", "fuzz.run", CHILD, target, *options]
    return subprocess.run(command, check=False, cwd=KEPT.parent, stdout=out, stderr=out).returncode


def fuzz(target: str, options: list[str]) -> None:
    """Run libFuzzer, which ends the process; here alone atheris is needed."""
    import atheris  # noqa: PLC0415  (it is installed by `make fuzz` alone)

    with atheris.instrument_imports(include=["actions_compat"], enable_loader_override=False):
        from fuzz.targets import TARGETS  # noqa: PLC0415  (what is imported here is watched)

    warnings.simplefilter("error")  # nobody asked for Python's opinion of a user's pattern
    atheris.Setup([target, *options], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
