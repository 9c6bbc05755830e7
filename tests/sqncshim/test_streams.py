"""Standard streams that are closed, or that a full disk takes nothing of: no traceback, whatever is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SQNC = (sys.executable, "-m", "sqnc")
SHIM = (sys.executable, "-m", "sqncshim")
EXPR = (*SQNC, "expr", "1")
HELP = (*SQNC, "--help")
USES = (*SHIM, "plugin", "uses", "docker://alpine:3")
STEP = "run: cat; echo out; echo err >&2; sleep 0.1; echo done >ran\n"


def with_closed(closed: str, command: tuple[str, ...], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it as a shell does with `0<&-`, `1>&-` and `2>&-`."""
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command]
    return subprocess.run(shell, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_step_runs_whatever_is_closed(closed: str, tmp_path: Path) -> None:
    (tmp_path / "step.yml").write_text(STEP)
    done = with_closed(closed, (*SQNC, "run", "step", "--runtime", "process", "--bind", "step.yml"), tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "ran").read_text() == "done\n"


def test_closed_standard_input_is_empty(tmp_path: Path) -> None:
    done = with_closed("0<&-", (*SQNC, "run", "step", "--runtime", "process", "-"), tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("<stdin>:1:1: ")
    assert "the file is empty" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [EXPR, USES])
def test_an_answer_that_nobody_wants_is_no_mistake(command: tuple[str, ...], tmp_path: Path) -> None:
    done = with_closed("1>&-", command, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full, which is always full")
@pytest.mark.parametrize("command", [EXPR, HELP, USES])
def test_an_answer_that_does_not_fit_on_the_disk_is_an_error_that_says_so(command: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode in {1, 3}
    said = done.stderr.removeprefix("sqncshim: ")
    assert said == "standard output, or a file: No space left on device: make room\n"
