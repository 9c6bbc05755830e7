"""A pool of locks: rooms, kept in a branch of a git repository or in a folder."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resources.patterns.conftest import Ask, Write

ROOMS = '''
    from sqnc_resources import git
    from sqnc_resources.shared.folder import FolderFiles
    from sqnc_resources.shared.git import git_files
    from sqnc_resources.shared.update import Patience

    @dataclass(frozen=True, slots=True)
    class Source:
        place: str
        house: str = "house"

    class Rooms(Pool[Source]):
        """Rooms of a house."""

        patience = Patience(poll_s=0.01, wait_s=0.05)

        def files(self, source: Source) -> AbstractContextManager[Any]:
            if "://" in source.place:
                return git_files(git.Source(uri=source.place, branch="main"), may_start=True)
            return nullcontext(FolderFiles(source.place))

        def folder(self, source: Source) -> str:
            return source.house
'''


@pytest.fixture(params=["git", "folder"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "shared"
    if request.param == "folder":
        return {"place": str(path)}
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    return {"place": f"file://{path}"}


@pytest.fixture
def ask(write: Write) -> Ask:
    return write(ROOMS)


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """The inputs of a put: a new room."""
    folder = tmp_path / "inputs"
    (folder / "new").mkdir(parents=True)
    (folder / "new" / "name").write_text("red\n")
    (folder / "new" / "metadata").write_text("key: 7\n")
    return folder


def test_a_lock_is_added_acquired_passed_on_and_released(
    ask: Ask, source: dict[str, str], inputs: Path
) -> None:
    added = ask("out", source, inputs, params={"add": "new"})
    assert added["version"] == {"lock": "red", "state": "unclaimed", "revision": added["version"]["revision"]}
    acquired = ask("out", source, inputs, params={"acquire": True})
    assert acquired["version"]["state"] == "claimed"
    assert acquired["metadata"] == [
        {"name": "lock_name", "value": "red"},
        {"name": "pool_name", "value": "house"},
    ]
    (inputs / "rooms").mkdir()
    ask("in", source, inputs / "rooms", version=acquired["version"])
    assert (inputs / "rooms" / "name").read_text() == "red"
    assert (inputs / "rooms" / "metadata").read_text() == "key: 7\n"
    assert ask("check", source, version=acquired["version"]) == [acquired["version"]]
    released = ask("out", source, inputs, params={"release": "rooms"})
    assert released["version"]["state"] == "unclaimed"
    assert len({answer["version"]["revision"] for answer in (added, acquired, released)}) > 1


def test_a_lock_that_is_removed_leaves_its_name(ask: Ask, source: dict[str, str], inputs: Path) -> None:
    ask("out", source, inputs, params={"add_claimed": "new"})
    removed = ask("out", source, inputs, params={"remove": "new"})
    assert removed["version"]["state"] == "removed"
    (inputs / "got").mkdir()
    ask("in", source, inputs / "got", version=removed["version"])
    assert [file.name for file in (inputs / "got").iterdir()] == ["name"]


def test_a_lock_is_updated_and_waited_for(ask: Ask, source: dict[str, str], inputs: Path) -> None:
    ask("out", source, inputs, params={"update": "new"})
    (inputs / "new" / "metadata").write_text("key: 8\n")
    updated = ask("out", source, inputs, params={"update": "new"})
    (inputs / "got").mkdir()
    ask("in", source, inputs / "got", version=updated["version"])
    assert (inputs / "got" / "metadata").read_text() == "key: 8\n"
    assert ask("out", source, inputs, params={"check": "new"})["version"] == updated["version"]
    said = ask.refused("out", source, inputs, params={"check_unclaimed": "new"})
    assert "red is unclaimed: gave up" in said


def test_one_lock_has_one_winner(ask: Ask, source: dict[str, str], inputs: Path) -> None:
    ask("out", source, inputs, params={"add": "new"})
    request = {"source": source, "params": {"acquire": True}}
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(ask.run, "out", ask.file, request, inputs) for _ in range(4)]
    assert sorted(answer.result().status for answer in answers) == [0, 1, 1, 1]


def test_a_put_does_one_thing(ask: Ask, tmp_path: Path) -> None:
    source = {"place": str(tmp_path)}
    said = ask.refused("out", source, tmp_path, status=2)
    assert (
        "params: expected one of acquire, claim, release, add, add_claimed, remove, update, check, " in said
    )
    said = ask.refused("out", source, tmp_path, status=2, params={"acquire": True, "claim": "red"})
    assert "got acquire and claim" in said


def test_a_folder_that_holds_no_lock_is_an_error(ask: Ask, source: dict[str, str], inputs: Path) -> None:
    for action in ("release", "add"):
        said = ask.refused("out", source, inputs, params={action: "elsewhere"})
        assert "could not read the name of the lock: " in said


def test_a_lock_s_files_lie_among_the_inputs(
    ask: Ask, source: dict[str, str], inputs: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("not for everybody")
    for file in ("metadata", "name"):
        (inputs / "new" / file).unlink()
        (inputs / "new" / file).symlink_to(tmp_path / "secret")
        said = ask.refused("out", source, inputs, params={"add": "new"})
        assert f"new/{file}: expected a path inside the inputs, and a link leads out of them" in said


def test_a_builds_url_is_in_the_message(ask: Ask, inputs: Path, tmp_path: Path) -> None:
    path = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    request = {"source": {"place": f"file://{path}"}, "params": {"add": "new"}}
    ask.run(
        "out", ask.file, request, inputs, env={"BUILD_URL": "https://ci/builds/1", "PATH": "/usr/bin:/bin"}
    )
    log = subprocess.check_output(["git", "-C", str(path), "log", "--format=%B", "main"], text=True)
    assert log.strip() == "adding unclaimed: red\nBuild URL: https://ci/builds/1"
