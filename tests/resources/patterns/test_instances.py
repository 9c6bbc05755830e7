"""A list of instances: the branches of a repository that start with `feature/`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resources.patterns.conftest import Ask, Write

BRANCHES = '''
    from sqncshim.git import ls_remote

    @dataclass(frozen=True, slots=True)
    class Source:
        uri: str
        prefix: str = ""

    @dataclass(frozen=True, slots=True)
    class Branch:
        branch: str
        is_release: bool

    class Branches(Instances[Source, Branch]):
        """The branches of a repository."""

        def instances(self, source: Source) -> Iterable[Branch]:
            for ref in ls_remote(source.uri):
                name = ref.removeprefix("refs/heads/")
                if name != ref and name.startswith(source.prefix):
                    yield Branch(name, name.startswith("release"))
'''


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(path)], check=True)
    subprocess.run(["git", "-C", str(path), "commit", "--quiet", "--allow-empty", "--message=x"], check=True)
    return path


def branch(repository: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(repository), "branch", "--quiet", *arguments], check=True)


@pytest.fixture
def ask(write: Write) -> Ask:
    return write(BRANCHES)


def test_one_more_or_one_less_is_a_version(ask: Ask, repository: Path) -> None:
    source = {"uri": str(repository), "prefix": "feature/"}
    (none,) = ask("check", source)
    branch(repository, "feature/b")
    branch(repository, "feature/a")
    _, two = ask("check", source, version=none)
    assert json.loads(two["instances"]) == [
        {"branch": "feature/a", "is_release": False},
        {"branch": "feature/b", "is_release": False},
    ]
    branch(repository, "other")
    assert ask("check", source, version=two) == [two]
    branch(repository, "--delete", "feature/b")
    branch(repository, "--delete", "feature/a")
    first, again = ask("check", source, version=two)
    assert first == two
    assert (again["instances"], again != none) == (none["instances"], True)


def test_a_get_writes_the_list_of_its_version_for_ever(ask: Ask, repository: Path, tmp_path: Path) -> None:
    branch(repository, "release/1")
    source = {"uri": str(repository)}
    (version,) = ask("check", source)
    branch(repository, "--delete", "release/1")
    folder = tmp_path / "got"
    folder.mkdir()
    answer = ask("in", source, folder, version=version)
    assert json.loads((folder / "instances.json").read_text()) == [
        {"branch": "main", "is_release": False},
        {"branch": "release/1", "is_release": True},
    ]
    assert answer["metadata"] == [{"name": "instances", "value": "2"}]


def test_there_is_nothing_to_put(ask: Ask, repository: Path, tmp_path: Path) -> None:
    assert "nothing to put" in ask.refused("out", {"uri": str(repository)}, tmp_path)
