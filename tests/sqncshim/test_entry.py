"""`sqncshim` finds out what is asked before it imports what answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sqncshim import entry
from sqncshim.tables import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = json.dumps({"source": {"initial_version": "7"}})


def run(
    *arguments: str, program: str = "sqncshim", type_file: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Start as the program of that name would, and tell last which modules were imported."""
    start = (
        "import sys, atexit; from sqncshim import entry;"
        f"entry.TYPE_FILE = {str(type_file)!r}; sys.argv[0] = {program!r};"
        "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)));"
        "entry.main()"
    )
    command = [sys.executable, "-c", start, *arguments]
    return subprocess.run(command, input=REQUEST, capture_output=True, text=True, check=False)


def test_a_check_imports_no_command_line_and_no_plugins() -> None:
    done = run("resource", "check", "mock")
    assert json.loads(done.stdout) == [{"version": "7", "privileged": "true"}]
    imported = done.stderr.split()
    assert "sqnc_resources.mock" in imported
    assert not {"click", "pluggy", "yaml", "pathlib", "subprocess", "jsonschema"} & set(imported)


@pytest.mark.parametrize("role", entry.ROLES)
def test_called_by_a_role_s_name_it_answers_for_the_type_of_its_image(role: str, tmp_path: Path) -> None:
    (tmp_path / "type").write_text("mock\n")
    done = run(
        *([str(tmp_path)] * (role != "check")), program=f"/opt/resource/{role}", type_file=tmp_path / "type"
    )
    assert done.returncode in {0, 1, 2}
    assert "usage" not in done.stderr
    assert "sqnc_resources.mock" in done.stderr


def test_an_image_without_a_type_says_what_is_missing(tmp_path: Path) -> None:
    done = run(program="/opt/resource/check", type_file=tmp_path / "type")
    assert done.returncode == 2
    assert "expected the name of this image's resource type there" in done.stderr


@pytest.mark.parametrize("arguments", [["check"], ["in", "mock", "a", "b"], ["check", "--type", "mock"]])
def test_a_wrong_command_line_is_told_how_it_is_used(arguments: list[str]) -> None:
    done = run("resource", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"usage: sqncshim resource {arguments[0]} TYPE [DIR] <REQUEST.json" in done.stderr


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_of_the_table_has_a_help(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sqncshim", name, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert done.stdout.startswith(f"Usage: sqncshim {name} ")
