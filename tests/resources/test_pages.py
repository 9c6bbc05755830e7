"""Pages that are followed from top to bottom, as a reader would: files written, commands run, in one folder.

A block's first line says what it is: a file (```python shelf.py), more of it (```python shelf.py append), or
commands and what they print (```console; ```console docker, where an engine is needed).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sqnc_resources.testing import ask

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
END = "\x1e"
# What differs from run to run, such as which of the shortest histories hypothesis ends with; and what Docker
# without its plugin for builds says of itself.
UNSTABLE = {
    r"\b\d+(\.\d+)? ?m?s\b": "T",
    r"\b[0-9a-f]{12}\b": "RUN",
    r"\b\d+ passed, 0 failed, \d+ not judged": "N passed, 0 failed, N not judged",  # as the machine allows
    r"(?m)(WrongAnswer: after) .*$": r"\1 A HISTORY",
    r"DEPRECATED: The legacy builder [^$]*?/go/buildx/\n\n": "",
}
TUTORIAL = "tutorial-resource.md"
PAGES = (TUTORIAL, "conform.md", "emulator.md", "resource-actions.md")


@dataclass(frozen=True, slots=True)
class Block:
    language: str
    words: tuple[str, ...]
    text: str

    @property
    def needs_docker(self) -> bool:
        return self.language == "console" and "docker" in self.words


def blocks(page: str) -> Iterator[Block]:
    for language, words, text in FENCE.findall((DOCS / page).read_text()):
        yield Block(language, tuple(words.split()), text)


def follow(page: str, folder: Path, env: Mapping[str, str], *, docker: bool) -> int:
    """Do what *page* says, in *folder*; the number of commands that printed what it shows."""
    count = 0
    for block in blocks(page):
        if block.language != "console" and block.words:
            write(block, folder)
        elif block.language == "console" and (docker or not block.needs_docker):
            count += run(block, folder, env)
    return count


def write(block: Block, folder: Path) -> None:
    file = folder / block.words[0]
    file.parent.mkdir(parents=True, exist_ok=True)
    before = f"{file.read_text()}\n\n" if "append" in block.words else ""
    file.write_text(before + block.text)
    if block.text.startswith("#!"):
        file.chmod(0o755)


def run(block: Block, folder: Path, env: Mapping[str, str]) -> int:
    shown = [part.partition("\n")[::2] for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]]
    script = "\n".join(f"{command}\nprintf '{END}'" for command, _ in shown)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    printed = zip([command for command, _ in shown], done.stdout.split(END), strict=False)
    assert [(command, stable(text)) for command, text in printed] == [
        (command, stable(text)) for command, text in shown
    ]
    return len(shown)


def stable(text: str) -> str:
    for pattern, word in UNSTABLE.items():
        text = re.sub(pattern, word, text)
    return text


@pytest.mark.parametrize("page", PAGES)
def test_a_reader_sees_what_the_page_shows(page: str, tmp_path: Path) -> None:
    assert follow(page, tmp_path, {"SQNC_STATE": str(tmp_path / ".state")}, docker=False) > 10


@pytest.mark.docker
@pytest.mark.parametrize("page", [TUTORIAL])
def test_a_reader_with_docker_sees_what_the_page_shows(
    page: str, tmp_path: Path, resource_images: str
) -> None:
    assert any(block.needs_docker for block in blocks(page))
    try:
        assert follow(page, tmp_path, {"RESOURCES_IMAGE": resource_images}, docker=True) > 10
    finally:
        for file in tmp_path.glob("image-id*"):
            subprocess.run(
                ["docker", "rmi", "--force", file.read_text().strip()], capture_output=True, check=False
            )


def test_the_shell_type_of_the_reference_works(tmp_path: Path) -> None:
    for block in blocks("resources.md"):
        if {"notes_type.py", "check.sh"} & {*block.words}:
            write(block, tmp_path)
    (tmp_path / "notes").write_text("one\ntwo\n")
    for since, lines in ((None, ["2"]), ("1", ["1", "2"]), ("9", ["2"])):
        request = {"source": {"file": str(tmp_path / "notes")}, "version": since and {"line": since}}
        assert ask("check", tmp_path / "notes_type.py", request).value == [{"line": line} for line in lines]
