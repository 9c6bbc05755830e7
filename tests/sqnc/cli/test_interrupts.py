"""What ends `sqnc run …` early: an interrupt, and nobody or nothing that takes what it prints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def runs() -> set[str]:
    """The folders of runs; those of another test may be about to go."""
    return {path.name for path in (Path(os.environ["XDG_CACHE_HOME"]) / "sqnc/runs").glob("*")}


@pytest.mark.parametrize("runtime", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_an_interrupt_ends_it_within_seconds_and_what_always_runs_runs(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "ci.yml").write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: echo begun; sleep 600\n"
        "      - run: echo not-run\n"
        "      - {if: always(), run: echo cleaned-up}\n"
    )
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--runtime", runtime]
    command += ["-P", "ubuntu-latest=sqnc-test/debian:12", "ci.yml"]
    runs_before = runs()
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    seen = ""
    while "    begun" not in seen:
        seen += running.stdout.readline()

    began = time.monotonic()
    running.send_signal(signal.SIGINT)
    rest = running.communicate(timeout=30)[0]

    assert running.returncode == 130
    assert time.monotonic() - began < 15
    assert "    cleaned-up" in rest
    assert "    not-run" not in rest
    assert runs() <= runs_before


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_nobody_who_reads_it_interrupts_it(tmp_path: Path, form: tuple[str, ...]) -> None:
    """As in `sqnc run … | head`: no traceback, and what always runs does."""
    (tmp_path / "ci.yml").write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: echo begun; sleep 0.2; echo more; sleep 600\n"
        f"      - {{if: always(), run: echo yes > {tmp_path}/cleaned-up}}\n"
    )
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--runtime", "process", *form, "ci.yml"]
    runs_before = runs()
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        while "begun" not in running.stdout.readline():
            pass
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(timeout=30) == 130
    assert (tmp_path / "cleaned-up").read_text() == "yes\n"
    assert runs() <= runs_before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full, which is always full")
def test_a_full_disk_for_its_output_interrupts_it_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "ci.yml").write_text(
        "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: echo a line}]}}\n"
    )
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "sqnc", "run", "workflow", "--runtime", "process", "ci.yml"]
        ran = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.stderr.startswith("standard output: No space left on device: the run is canceled\n")
    assert "Traceback" not in ran.stderr
    assert ran.returncode != 0
