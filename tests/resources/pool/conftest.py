"""A repository with a pool of locks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sqnc_resources import pool
from sqnc_resources.durations import Duration
from sqnc_resources.git.values import Setting


class Repository:
    """A bare repository, and a clone of it in which one works."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.work = folder / "locks.git", folder / "work"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.bare)], check=True)
        subprocess.run(["git", "init", "-q", "-b", "main", str(self.work)], check=True)

    def git(self, *words: str) -> str:
        command = ["git", "-C", str(self.work), "-c", "user.name=n", "-c", "user.email=e", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str, files: dict[str, str | None]) -> str:
        """Commit and push; None removes. Return the SHA."""
        for name, content in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if content is not None:
                path.write_text(content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "--force", str(self.bare), "HEAD:main")
        return self.git("rev-parse", "HEAD")

    def pull(self) -> None:
        self.git("fetch", "-q", str(self.bare), "main")
        self.git("reset", "-q", "--hard", "FETCH_HEAD")

    def files(self) -> dict[str, str]:
        """All files of the branch by their paths, but for those whose names begin with a dot."""
        self.pull()
        paths = (path for path in self.work.rglob("*") if path.is_file() and ".git" not in path.parts)
        return {
            str(path.relative_to(self.work)): path.read_text()
            for path in paths
            if not path.name.startswith(".")
        }

    def source(self, name: str = "aws", *settings: Setting) -> pool.Source:
        uri = f"file://{self.bare}"
        return pool.Source(uri, "main", name, git_config=settings, retry_delay=Duration.parse("50ms"))


@pytest.fixture(autouse=True)
def _temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))


@pytest.fixture
def locks(tmp_path: Path) -> Repository:
    """Two unclaimed locks in `aws`, one claimed, and one in another pool."""
    found = Repository(tmp_path)
    found.commit(
        "first",
        {
            "aws/unclaimed/.gitkeep": "",
            "aws/claimed/.gitkeep": "",
            "aws/unclaimed/env-1": "one\n",
            "aws/unclaimed/env-2": "two\n",
            "aws/claimed/taken": "three\n",
            "aws-other/unclaimed/env-1": "other\n",
            "aws-other/claimed/.gitkeep": "",
        },
    )
    return found


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A put's inputs: `lock/` with `name` and `metadata` for a lock that is not there yet."""
    (tmp_path / "inputs/lock").mkdir(parents=True)
    (tmp_path / "inputs/lock/name").write_text("new\n")
    (tmp_path / "inputs/lock/metadata").write_text("new content\n")
    return tmp_path / "inputs"
