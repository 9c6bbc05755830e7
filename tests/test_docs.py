"""The pages say what is so: their YAML is read, their commands are run, their references are generated."""

from __future__ import annotations

import doctest
import os
import re
import runpy
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from actions_compat.action import read_action
from actions_compat.nodes import WorkflowErrors
from sqnc.sources import load_job, load_step, load_workflow
from sqnc_resources.emulator.configuration import read_configuration

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
RUN_ELSEWHERE = {
    *("hooks.md", "step-document.md"),  # tests/sqncshim/test_docs.py installs their plugin
    *(
        "tutorial-resource.md",
        "conform.md",
        "resource-actions.md",
        "emulator.md",
    ),  # tests/resources/test_pages.py runs them as a whole
}
RUNNABLE = re.compile(r"^\$ (sqnc|sqncshim|echo|cat) ")
WRONG = "wrong"  # how the name of a file with a mistake begins
# What differs from run to run, from machine to machine, or from commit to commit.
UNSTABLE = {
    r"\b(\d+ ms|\d+\.\d s)": "T",
    r"\b[0-9a-f]{40}\b|no commit yet": "COMMIT",
    r"\b\d{4}-\d\d-\d\dT[\d:.]+Z": "TIME",
    r"working tree of \S+": "working tree of REPOSITORY",
    r"\b\d+( source| test)? files\b": "N files",
    r"\bnode \d+\b": "node N",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: ```language name. A name is given where the block is a file that a command uses."""

    page: str
    language: str
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.name or self.text.splitlines()[0]}"


def blocks(*languages: str) -> list[Block]:
    fence = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    return [
        Block(page.name, language, name, text)
        for page in PAGES
        for language, name, text in fence.findall(page.read_text())
        if language in languages
    ]


def commands() -> list[Block]:
    return [
        block
        for block in blocks("console")
        if block.page not in RUN_ELSEWHERE
        and all(RUNNABLE.match(line) for line in block.text.splitlines() if line.startswith("$ "))
    ]


def test_there_is_something_to_read_and_something_to_run() -> None:
    assert len(blocks("yaml")) > 3
    assert len(commands()) > 3
    assert python_pages()


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_every_yaml_is_read(block: Block, tmp_path: Path) -> None:
    file = tmp_path / (block.name or "file.yml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text)
    if block.name.startswith(WRONG):
        with pytest.raises(WorkflowErrors):
            load_workflow(str(file))
    elif re.search(r"^runs:", block.text, re.MULTILINE):
        read_action(block.text, file=file.name)
    elif re.search(r"^jobs:", block.text, re.MULTILINE):
        load_workflow(str(file))
    elif re.search(r"^resources:", block.text, re.MULTILINE):
        read_configuration(block.text, file.name)
    elif re.search(r"^steps:", block.text, re.MULTILINE):
        load_job(str(file))
    else:
        load_step(str(file))


@pytest.mark.parametrize("block", commands(), ids=str)
def test_every_command_prints_what_its_page_says(block: Block, tmp_path: Path) -> None:
    folder = ROOT if "examples/" in block.text else repository(block.page, tmp_path / "hello")
    shown = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    pairs = [text.partition("\n")[::2] for text in shown]
    printed = answers([command for command, _ in pairs], folder, tmp_path)
    assert stable(printed) == stable([output for _, output in pairs])


def python_pages() -> list[str]:
    """Pages with Python that is no file: examples, which a reader would type in one after the other."""
    return sorted({block.page for block in blocks("python") if not block.name} - RUN_ELSEWHERE)


@pytest.mark.parametrize("page", python_pages())
def test_every_python_example_prints_what_its_page_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    report: list[str] = []
    session: dict[str, object] = {}
    for block in blocks("python"):
        if block.page == page and not block.name:
            run_python(block, session, report)
    assert not report, "".join(report)


def run_python(block: Block, session: dict[str, object], report: list[str]) -> None:
    """Run a block that is a program, or compare each answer of one with prompts; *session* has the names."""
    if not block.text.startswith(">>> "):
        exec(compile(block.text, block.page, "exec"), session)
        return
    examples = doctest.DocTestParser().get_doctest(block.text, session, str(block), block.page, 0)
    doctest.DocTestRunner(verbose=False).run(examples, out=report.append, clear_globs=False)
    session |= examples.globs


def repository(page: str, folder: Path) -> Path:
    """Make a repository with the files that *page* names."""
    for block in blocks("yaml", "js", "python"):
        if block.page == page and block.name:
            (folder / block.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.name).write_text(block.text)
    folder.mkdir(exist_ok=True)
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def answers(lines: list[str], folder: Path, scratch: Path) -> list[str]:
    """What each of *lines* prints, run one after the other in one shell, without containers.

    *scratch* holds what this page's commands keep: no other page has fetched anything for it.
    """
    caches = {"XDG_CACHE_HOME": f"{scratch}/cache", "SQNC_STATE": f"{scratch}/state"}
    end = "\x1e"
    script = "\n".join(f"{line}\nstatus=$?; printf '{end}'; (exit $status)" for line in lines)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": path, "SQNC_RUNTIME": "process", **caches},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.split(end)[:-1]


def stable(texts: list[str]) -> list[str]:
    for pattern, word in UNSTABLE.items():
        texts = [re.sub(pattern, word, text) for text in texts]
    return texts


def test_the_reference_of_the_command_line_is_what_the_commands_say() -> None:
    program = runpy.run_path(str(ROOT / "scripts" / "cli_reference.py"))
    written = (ROOT / "docs" / "cli.md").read_text().partition(program["MARKER"])[2]
    assert written == program["reference"](), "python scripts/cli_reference.py --write renews it"


def test_the_reference_of_each_resource_type_is_what_the_type_says() -> None:
    program = runpy.run_path(str(ROOT / "scripts" / "resource_pages.py"))
    written = {page.name: page.read_text() for page in program["FOLDER"].glob("*.md")}
    assert written == program["pages"](), "python scripts/resource_pages.py --write renews them"


def test_every_link_leads_to_a_file() -> None:
    links = [
        (page, target)
        for page in [*PAGES, ROOT / "CHANGELOG.md"]
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
        if "://" not in target
    ]
    assert links
    assert [f"{page.name}: {target}" for page, target in links if not (page.parent / target).exists()] == []
