"""Places that several processes share: a git repository, and a folder."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sqnc_resources.git import Source
from sqnc_resources.shared.folder import FolderFiles
from sqnc_resources.shared.git import git_files

if TYPE_CHECKING:
    from sqnc_resources.shared.files import SharedFiles

WRITER = Path(__file__).with_name("writer.py")


@dataclass(frozen=True, slots=True)
class Place:
    """Where files are shared: *path* is an empty bare repository, or a folder that is not there yet."""

    kind: str
    path: Path

    @property
    def name(self) -> str:
        """What the writer calls it."""
        return f"file://{self.path}" if self.kind == "git" else str(self.path)

    def reach(self) -> AbstractContextManager[SharedFiles[Any]]:
        if self.kind == "git":
            return git_files(Source(uri=self.name, branch="main"), may_start=True)
        return nullcontext(FolderFiles(str(self.path)))

    def writers(self, what: str, *, processes: int, times: int) -> list[list[str]]:
        """The lines that each of several writers printed, which ran at once."""
        command = [sys.executable, str(WRITER), self.name, what, str(times)]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
        lines = [process.communicate()[0].splitlines() for process in running]
        assert [process.returncode for process in running] == [0] * processes
        return lines


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A bare repository without a commit."""
    path = tmp_path / "shared.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True)
    return path


@pytest.fixture(params=["git", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "git":
        return Place("git", request.getfixturevalue("repository"))
    return Place("folder", tmp_path / "shared")
