from pathlib import Path

import pytest

from actions_compat.hashfiles import hash_files
from sqncshim.agent import Agent, AgentFailure


def test_programs_are_found_on_a_path(agent: Agent, tmp_path: Path) -> None:
    for name, mode in (("run", 0o755), ("text", 0o644)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    (tmp_path / "folder").mkdir()
    path = f"/no/such:{tmp_path}:/usr/bin:/bin"
    assert agent.which("run", path) == f"{tmp_path}/run"
    assert agent.which("sh", path) in {"/usr/bin/sh", "/bin/sh"}
    assert agent.which(f"{tmp_path}/run", "") == f"{tmp_path}/run"
    assert agent.which_of(["text", "folder", "run"], path) == [None, None, f"{tmp_path}/run"]


def test_existence_is_told_of_many_paths_at_once(agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("/no/such")
    assert agent.exists("/")
    assert agent.which_exist(["/", "/no/such", f"{tmp_path}/dangling"]) == [True, False, True]


def test_removal_takes_whole_trees_but_follows_no_links(agent: Agent, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/file").touch()
    (tree / "a/link").symlink_to(kept)
    (tmp_path / "link").symlink_to(kept)
    agent.remove(str(tree), f"{tmp_path}/link", f"{tmp_path}/none", f"{kept}/file/below")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]
    assert (kept / "file").exists()


def test_a_removal_that_fails_names_the_file(agent: Agent) -> None:
    with pytest.raises(AgentFailure, match=r"/proc/version: (Operation not permitted|Permission denied)"):
        agent.remove("/proc/version")


def test_folders_are_made_with_those_above_them(agent: Agent, tmp_path: Path) -> None:
    agent.make_dirs(f"{tmp_path}/a/b/c", f"{tmp_path}/d")
    agent.make_dirs(f"{tmp_path}/a/b/c", mode=0o1777)
    assert (tmp_path / "a/b/c").stat().st_mode & 0o7777 == 0o1777
    assert (tmp_path / "d").stat().st_mode & 0o7777 == 0o755


def test_files_are_hashed_where_they_are(agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/lock").write_text("1")
    (tmp_path / "lock").write_text("2")
    (tmp_path / "link").symlink_to("a")
    patterns = ["**/lock", "!a/b"]
    assert agent.hash_files(str(tmp_path), patterns) == hash_files(tmp_path, patterns) != ""
    followed = agent.hash_files(str(tmp_path), ["--follow-symbolic-links", "**/lock"])
    assert followed == hash_files(tmp_path, ["**/lock"], follow_symbolic_links=True)
    assert followed != agent.hash_files(str(tmp_path), ["**/lock"])
    assert agent.hash_files(str(tmp_path), ["none"]) == ""


def test_files_that_cannot_be_hashed_give_the_message_of_hashfiles(agent: Agent, tmp_path: Path) -> None:
    with pytest.raises(AgentFailure, match=r"^hashFiles\('\.\./x'\) failed\. Fail to hash files under"):
        agent.hash_files(str(tmp_path), ["../x"])
    with pytest.raises(AgentFailure, match="Invalid glob option --other"):
        agent.hash_files(str(tmp_path), ["--other", "x"])
