"""Mask a large log with many secrets, in 64 KiB chunks, and print the throughput.

Exit status 1 if 100 secrets are masked at less than the library promises.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from typing import TYPE_CHECKING

from actions_compat.commands import CommandParser
from actions_compat.masking import Masker, SecretSet

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK_BYTES = 64 * 1024
BLOCK_BYTES = 4 * 1024 * 1024
LIMIT_MB_PER_S = 100
ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+&" -_'


def make_secrets(count: int, source: random.Random) -> list[str]:
    return ["".join(source.choices(ALPHABET, k=source.randint(16, 48))).strip() + "x" for _ in range(count)]


def make_log(secrets: list[str], source: random.Random) -> bytes:
    """Return a few megabytes of words in lines, one line of a thousand with a secret in it."""
    letters = b"abcdefghijklmnopqrstuvwxyz-_./0123456789"
    words = [bytes(source.choices(letters, k=source.randint(2, 12))) for _ in range(5000)]
    lines, size = [], 0
    while size < BLOCK_BYTES:
        line = b" ".join(source.choices(words, k=10))
        if source.random() < 0.001:
            line += b" " + source.choice(secrets).encode()
        lines.append(line)
        size += len(line) + 1
    return b"\n".join(lines) + b"\n"


def measure(name: str, work: Callable[[bytes], object], blocks: int, log: bytes, *, limit: str = "") -> float:
    """Print and return the megabytes per second that *work* takes."""
    started = time.perf_counter()
    for _ in range(blocks):
        for place in range(0, len(log), CHUNK_BYTES):
            work(log[place : place + CHUNK_BYTES])
    rate = blocks * len(log) / 1e6 / (time.perf_counter() - started)
    report(name, rate, f"MB/s{limit}")
    return rate


def report(name: str, figure: float, unit: str) -> None:
    print(f"{name:<40} {figure:8.1f} {unit}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--secrets", type=int, default=100)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    source = random.Random(7)
    secrets = make_secrets(options.secrets, source)
    log = make_log(secrets, source)
    blocks = max(1, options.megabytes * 1_000_000 // len(log))

    started = time.perf_counter()
    masker = Masker(SecretSet(secrets))
    masker.feed(b"x")
    report(f"build, {len(masker.secrets)} patterns", (time.perf_counter() - started) * 1e3, "ms")
    check(log, secrets)

    limit = f" (limit {LIMIT_MB_PER_S})"
    rate = measure(f"mask, {options.secrets} secrets", masker.feed, blocks, log, limit=limit)
    measure("read commands, none in the output", CommandParser().feed, blocks, log)
    measure("read commands, `::` in every line", CommandParser().feed, blocks, log.replace(b" ", b"::"))

    nested = Masker(SecretSet("a" * length for length in range(1, 1001)))
    nested.feed(b"x")
    for size in (20_000, 40_000):
        started = time.perf_counter()
        nested.feed(b"a" * size)
        report(f"1000 nested secrets, {size} bytes", (time.perf_counter() - started) * 1e3, "ms")
    return int(rate < LIMIT_MB_PER_S)


def check(log: bytes, secrets: list[str]) -> None:
    """A fast masker that masks nothing would be no news."""
    masker = Masker(SecretSet(secrets))
    masked = masker.feed(log) + masker.flush()
    assert b"***" in masked
    assert not any(secret.encode() in masked for secret in secrets)


if __name__ == "__main__":
    sys.exit(main())
