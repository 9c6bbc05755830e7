"""What `make fuzz` fuzzes holds for its seeds and for some random bytes, and a broken promise is found."""

from __future__ import annotations

import random
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[1]
BYTES = b"\x00\x01:${}[]'\"\n\r\xc3\xa9\xff*ab1 "


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    monkeypatch.syspath_prepend(str(ROOT))
    return import_module("fuzz.targets"), import_module("fuzz.seeds")


def test_every_target_has_seeds_and_words(fuzz: tuple[ModuleType, ModuleType]) -> None:
    targets, seeds = fuzz
    assert list(targets.TARGETS) == list(seeds.SEEDS) == list(seeds.WORDS)


def test_the_promises_hold_for_the_seeds_and_what_is_near_them(fuzz: tuple[ModuleType, ModuleType]) -> None:
    targets, seeds = fuzz
    chance = random.Random(0)
    for name, target in targets.TARGETS.items():
        for seed in seeds.SEEDS[name]:
            data = seed.encode()
            target(data)
            for _ in range(20):
                at = chance.randrange(len(data))
                target(data[:at] + bytes([chance.choice(BYTES)]) + data[at + chance.randrange(3) :])


def test_a_broken_promise_is_found(
    fuzz: tuple[ModuleType, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    targets, _ = fuzz
    masker = b"\x00abc\x00abcde"
    targets.masker(masker)
    monkeypatch.setattr(targets.Masker, "feed", lambda _, data: data)
    with pytest.raises(AssertionError, match="a secret got past"):
        targets.masker(masker)


def test_an_unknown_target_is_told_with_those_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fuzz.run", "nothing"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no target nothing: there are expressions, " in done.stderr
