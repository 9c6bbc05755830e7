import os
from pathlib import Path

import pytest

from sqncshim.agent import Agent, AgentFailure


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    (tree / "folder/empty").mkdir(parents=True)
    (tree / "folder/program").write_text("run me")
    (tree / "folder/program").chmod(0o751)
    (tree / "folder/link").symlink_to("program")
    (tree / "dangling").symlink_to("/no/such")
    (tree / "-n").write_text("a name like an option")
    os.mkfifo(tree / "pipe")
    os.utime(tree / "folder/program", (1, 1))
    return tree


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_copy_has_modes_times_links_and_empty_folders(agent: Agent, tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    agent.copy(str(tree), str(target))
    assert names(target) == ["-n", "dangling", "folder"]
    assert (target / "folder/program").read_text() == "run me"
    assert (target / "folder/program").stat().st_mode & 0o7777 == 0o751
    assert (target / "folder/program").stat().st_mtime == 1
    assert (target / "folder/link").readlink() == Path("program")
    assert (target / "folder/empty").is_dir()
    assert (tree / "folder/program").exists()


def test_only_what_is_named_is_copied(agent: Agent, tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    agent.copy(str(tree), str(target), ["-n"])
    assert names(target) == ["-n"]


def test_files_in_the_way_are_replaced_and_others_stay(agent: Agent, tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (target / "dangling/below").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (target / "folder").symlink_to(outside)
    (target / "mine").touch()
    agent.copy(str(tree), str(target))
    assert (target / "dangling").is_symlink()
    assert (target / "folder/program").exists()
    assert (target / "mine").exists()
    assert names(outside) == []


def test_what_is_moved_is_gone_from_where_it_was(agent: Agent, tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (target / "folder").mkdir(parents=True)
    agent.copy(str(tree), str(target), move=True)
    assert names(tree) == []
    assert (target / "folder/program").read_text() == "run me"
    assert (target / "-n").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("move", [False, True])
def test_what_is_copied_belongs_to_the_targets_owner(
    agent: Agent, tree: Path, tmp_path: Path, *, move: bool
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    os.chown(target, 1234, 4321)
    agent.copy(str(tree), str(target), move=move)
    for path in ("folder", "folder/program", "folder/link", "folder/empty", "dangling"):
        status = (target / path).lstat()
        assert (status.st_uid, status.st_gid) == (1234, 4321)


def test_what_is_not_there_is_named(agent: Agent, tmp_path: Path) -> None:
    with pytest.raises(AgentFailure, match=f"it cannot be copied to {tmp_path}: .*none: No such file"):
        agent.copy(str(tmp_path), str(tmp_path), ["none"])
