"""A counter: build numbers in a branch of a git repository, and releases in a folder."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resources.patterns.conftest import Ask, Write

BUILDS = '''
    from sqnc_resources import git
    from sqnc_resources.shared.git import git_files

    @dataclass(frozen=True, slots=True)
    class Source:
        uri: str
        first: int = 1

    @dataclass(frozen=True, slots=True)
    class Version:
        number: int

    @dataclass(frozen=True, slots=True)
    class PutParams:
        step: int = 1

    class Builds(Counter[Source, Version, PutParams]):
        """Numbers for builds."""

        def files(self, source: Source) -> AbstractContextManager[Any]:
            return git_files(git.Source(uri=source.uri, branch="counters"), may_start=True)

        def path(self, source: Source) -> str:
            return "builds/number"

        def first(self, source: Source) -> Version:
            return Version(source.first)

        def next(self, current: Version, params: PutParams, folder: Path) -> Version:
            if params.step < 1:
                raise ResourceError("numbers only grow")
            return Version(current.number + params.step)
'''


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    return path


@pytest.fixture
def source(repository: Path) -> dict[str, object]:
    return {"uri": f"file://{repository}"}


@pytest.fixture
def ask(write: Write) -> Ask:
    return write(BUILDS)


def test_a_counter_begins_with_the_first_and_each_put_gives_the_next(
    ask: Ask, source: dict[str, object], repository: Path, tmp_path: Path
) -> None:
    assert ask("check", source | {"first": 41}) == [{"number": "41"}]
    assert ask("out", source | {"first": 41}, tmp_path)["version"] == {"number": "42"}
    assert ask("out", source, tmp_path, params={"step": 8})["version"] == {"number": "50"}
    assert ask("check", source) == [{"number": "50"}]
    log = ["git", "-C", str(repository), "log", "--format=%s", "counters"]
    assert subprocess.check_output(log, text=True) == "bump to 50\nbump to 42\n"


def test_a_check_gives_the_version_that_it_is_asked_about_too(
    ask: Ask, source: dict[str, object], tmp_path: Path
) -> None:
    ask("out", source, tmp_path)
    assert ask("check", source, version={"number": "1"}) == [{"number": "1"}, {"number": "2"}]
    assert ask("check", source, version={"number": "2"}) == [{"number": "2"}]


def test_a_check_forgets_what_cannot_have_been(
    write: Write, source: dict[str, object], tmp_path: Path
) -> None:
    ask = write(
        BUILDS
        + """
        def precedes(self, earlier: Version, later: Version) -> bool:
            return earlier.number < later.number
        """
    )
    ask("out", source, tmp_path)
    assert ask("check", source, version={"number": "1"}) == [{"number": "1"}, {"number": "2"}]
    assert ask("check", source, version={"number": "9"}) == [{"number": "2"}]


def test_a_get_writes_the_number_to_a_file(ask: Ask, source: dict[str, object], tmp_path: Path) -> None:
    folder = tmp_path / "got"
    folder.mkdir()
    ask("in", source, folder, version={"number": "7"})
    assert [(file.name, file.read_text()) for file in folder.iterdir()] == [("number", "7")]


def test_puts_at_the_same_time_get_different_numbers(
    ask: Ask, source: dict[str, object], tmp_path: Path
) -> None:
    with ThreadPoolExecutor(6) as pool:
        puts = [pool.submit(ask, "out", source, tmp_path) for _ in range(6)]
    numbers = sorted(int(put.result()["version"]["number"]) for put in puts)
    assert numbers == [2, 3, 4, 5, 6, 7]


def test_what_has_no_next_changes_nothing(ask: Ask, source: dict[str, object], tmp_path: Path) -> None:
    assert ask.refused("out", source, tmp_path, params={"step": 0}) == "error: numbers only grow\n"
    assert ask("check", source) == [{"number": "1"}]


RELEASES = """
    from sqnc_resources.shared.folder import FolderFiles

    @dataclass(frozen=True, slots=True)
    class Source:
        folder: str

    @dataclass(frozen=True, slots=True)
    class Version:
        letters: int

    class Releases(Counter[Source, Version, NoKeys]):
        def files(self, source: Source) -> AbstractContextManager[Any]:
            return nullcontext(FolderFiles(source.folder))

        def path(self, source: Source) -> str:
            return "release"

        def first(self, source: Source) -> Version:
            return Version(0)

        def next(self, current: Version, params: NoKeys, folder: Path) -> Version:
            return Version(current.letters + 1)
"""


def test_a_file_that_holds_something_else_is_an_error_that_names_it(write: Write, tmp_path: Path) -> None:
    ask = write(RELEASES)
    source = {"folder": str(tmp_path / "shared")}
    ask("out", source, tmp_path)
    assert (tmp_path / "shared" / "release").read_text() == "1\n"
    for content in (b"eight\n", b"\xff\n"):
        (tmp_path / "shared" / "release").write_bytes(content)
        assert "release: the file holds no count: " in ask.refused("check", source)


def test_a_version_of_two_keys_is_an_authors_mistake(write: Write) -> None:
    ask = write(RELEASES.replace("letters: int", "letters: int\n        digits: int = 0"))
    said = ask.refused("check", {"folder": "/"}, status=70)
    assert "Releases: the version of a counter has one key" in said
