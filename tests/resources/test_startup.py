"""`check` starts with what it needs: what it imports is what it costs, on every machine alike."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

OURS = {
    "sqncshim",
    "sqncshim.entry",
    "sqncshim.exits",
    "sqncshim.json_reader",
    "sqncshim.tables",
    "sqnc_resources",
    "sqnc_resources.durations",
    "sqnc_resources.errors",
    "sqnc_resources.keys",
    "sqnc_resources.mock",
    "sqnc_resources.program",
    "sqnc_resources.reading",
    "sqnc_resources.request",
    "sqnc_resources.streams",
    "sqnc_resources.surroundings",
    "sqnc_resources.types",
    "sqnc_resources.versions",
}
# Of the standard library, beyond what the interpreter itself starts with: json, dataclasses and typing, and
# what these import. Without inspect, which is a fifth of the whole.
STANDARD = {
    "abc", "annotationlib", "ast", "atexit", "collections", "contextlib", "copy", "copyreg", "dataclasses",
    "enum", "functools", "importlib", "itertools", "json", "keyword", "math", "operator", "re", "reprlib",
    "signal", "types", "typing", "warnings", "weakref",
}  # fmt: skip


def imported(*arguments: str) -> tuple[set[str], set[str]]:
    """What the program imports beyond a bare interpreter: of ours and others, and of the standard library."""
    program = Path(sys.executable).parent / "sqncshim"
    bare, ours = (
        subprocess.run(
            [sys.executable, "-v", *command],
            input=json.dumps({"source": {"initial_version": "1"}}),
            capture_output=True,
            text=True,
            check=True,
        )
        for command in (["-c", "pass"], [str(program), *arguments])
    )
    assert json.loads(ours.stdout)[0]["version"] == "1"
    found = modules(ours.stderr) - modules(bare.stderr)
    standard = {name for name in found if name.partition(".")[0] in sys.stdlib_module_names}
    return found - standard, {name.partition(".")[0] for name in standard if not name.startswith("_")}


def modules(stderr: str) -> set[str]:
    return set(re.findall(r"^import '?([\w.]+)'? #", stderr, re.MULTILINE))


def test_check_of_mock_imports_no_more_than_it_needs() -> None:
    ours, standard = imported("resource", "check", "mock")
    assert sorted(ours - OURS) == []
    assert sorted(standard - STANDARD) == []
    assert {"sqnc_resources.mock", "sqnc_resources.program"} <= ours  # else this test looks at nothing


def test_a_class_without_a_docstring_still_gets_what_inspect_says_of_it(tmp_path: Path) -> None:
    file = tmp_path / "bare_type.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from sqnc_resources import NoKeys\n"
        "@dataclass(frozen=True)\n"
        "class Source:\n    initial_version: str = ''\n"
        "@dataclass(frozen=True)\n"
        "class Version:\n    version: str\n"
        "GetParams = PutParams = NoKeys\n"
        "def check(source, since):\n"
        "    import inspect\n"
        "    assert inspect.signature(check)\n"
        "    assert 'initial_version' in Source.__doc__, Source.__doc__\n"
        "    return [Version(source.initial_version)]\n"
        "def get(): ...\n"
        "def put(): ...\n"
    )
    assert "sqnc_resources.mock" not in imported("resource", "check", str(file))[0]
