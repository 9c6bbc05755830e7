"""docs/step-document.md and docs/hooks.md say what the code says."""

import inspect
import os
import re
import shlex
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from sqncshim import hookspecs
from sqncshim.document import SCHEMA, DocumentStep, StepDocument

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


def test_every_example_is_a_step_document() -> None:
    examples = blocks("step-document.md", "json")
    assert len(examples) > 2
    for example in examples:
        StepDocument.parse(example)


def test_the_published_schema_is_the_shipped_one() -> None:
    assert blocks("step-document.md", "json-schema") == [(files("sqncshim") / SCHEMA).read_text()]


def test_every_command_prints_what_its_page_says(tmp_path: Path) -> None:
    """With the plugin of docs/hooks.md installed as that page says."""
    (plugin,) = [
        block
        for block in blocks("hooks.md", "python")
        if "def special_step" in block and "@hookimpl" in block
    ]
    (entry_points,) = blocks("hooks.md", "toml")
    name, module = re.findall(r'^(\w+) = "([\w.]+)"$', entry_points, re.MULTILINE)[0]
    information = tmp_path / "mine-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[sqncshim]\n{name} = {module}\n")
    file = (tmp_path / module.replace(".", "/")).with_suffix(".py")
    file.parent.mkdir()
    file.write_text(plugin)
    commands = [block for page in ("hooks.md", "step-document.md") for block in blocks(page, "console")]
    assert commands
    for command, _, output in (block.removeprefix("$ ").partition("\n") for block in commands):
        line = command.replace("sqncshim", f"{shlex.quote(sys.executable)} -m sqncshim")
        variables = os.environ | {"PYTHONPATH": str(tmp_path)}
        result = subprocess.run(line, shell=True, env=variables, capture_output=True, text=True, check=True)
        assert result.stdout == output


@pytest.mark.parametrize(("heading", "value"), [("Keys", StepDocument), ("A step", DocumentStep)])
def test_every_key_has_its_row(heading: str, value: type) -> None:
    section = (DOCS / "step-document.md").read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
    written = {key for row in rows for key in re.findall(r"`(\w+)`", row)} - {"sqnc", "step"}
    assert written == {name.rstrip("_") for name in value.__dataclass_fields__}


def test_every_hook_has_its_section_with_its_exact_signature() -> None:
    hooks = {
        name: f"def {name}{inspect.signature(function)}".replace("'", "")
        for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
        if hasattr(function, "sqnc_spec")
    }
    page = (DOCS / "hooks.md").read_text()
    sections = dict(re.findall(r"^## (\w+)\n\n```python\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE))
    assert sections == hooks
    assert hooks
