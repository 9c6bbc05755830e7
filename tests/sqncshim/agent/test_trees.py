import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqncshim.agent import Agent, AgentFailure, AgentLost
from sqncshim.agent.protocol import ProtocolError, pack
from sqncshim.agent.trees import BATCH_BYTES, TreeWriter, read_tree

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="giving files to another user needs root")
Tree = dict[str, tuple[str, int, bytes]]


def snapshot(top: Path) -> Tree:
    """Return all below *top*: what it is, its mode, its content."""
    found: Tree = {}
    for folder, folders, names in os.walk(top):
        for name in (*folders, *names):
            path = Path(folder) / name
            kind, content = "folder", b""
            if path.is_symlink():
                kind, content = "link", os.fsencode(path.readlink())
            elif path.is_file():
                kind, content = "file", path.read_bytes()
            mode = 0 if kind == "link" else stat.S_IMODE(path.lstat().st_mode)
            found[str(path.relative_to(top))] = kind, mode, content
    return found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with all that trees have."""
    top = tmp_path / "source"
    (top / "a/b").mkdir(parents=True)
    (top / "a/b/file").write_bytes(b"content\0")
    (top / "a/script").write_text("#!/bin/sh\n")
    (top / "a/script").chmod(0o755)
    (top / "empty").mkdir()
    (top / "empty-file").touch()
    (top / "exact").write_bytes(bytes(BATCH_BYTES))
    (top / "large").write_bytes(os.urandom(BATCH_BYTES * 3 + 17))
    (top / "large").chmod(0o400)
    (top / "writable").write_text("by all")
    (top / "writable").chmod(0o666)
    (top / "link").symlink_to("a/b")
    (top / "dangling").symlink_to("/no/such")
    (top / "ümläut \n").write_text("odd")
    (top / os.fsdecode(b"\xff\xfe")).write_text("no text")
    (top / "locked").mkdir()
    (top / "locked/file").write_text("in a folder that nobody may write to")
    (top / "locked").chmod(0o555)
    os.mkfifo(top / "pipe")
    return top


def test_a_tree_comes_back_as_it_went(agent: Agent, source: Path, tmp_path: Path) -> None:
    agent.put_tree(source, None, f"{tmp_path}/new/target")
    agent.get_tree(f"{tmp_path}/new/target", tmp_path / "back/again")
    expected = snapshot(source)
    assert expected.pop("pipe")
    assert snapshot(tmp_path / "new/target") == expected
    assert snapshot(tmp_path / "back/again") == expected


def test_a_second_copy_replaces_what_is_in_the_way_and_leaves_the_rest(
    agent: Agent, source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "script").write_text("untouched")
    target.mkdir()
    (target / "mine").write_text("stays")
    (target / "a").symlink_to(outside)
    (target / "empty").write_text("a file in the way of a folder")
    (target / "empty-file").mkdir()
    (target / "empty-file/below").touch()
    (target / "link").mkdir()
    (target / "large").symlink_to(outside / "new")
    for _ in range(2):
        agent.put_tree(source, None, str(target))
    expected = snapshot(source) | {"mine": ("file", 0o644, b"stays")}
    del expected["pipe"]
    assert snapshot(target) == expected
    assert snapshot(outside) == {"script": ("file", 0o644, b"untouched")}


def test_only_the_paths_that_are_named_go(agent: Agent, source: Path, tmp_path: Path) -> None:
    agent.put_tree(source, ["a/b/file", "link", "locked"], f"{tmp_path}/target")
    assert sorted(snapshot(tmp_path / "target")) == ["a", "a/b", "a/b/file", "link", "locked", "locked/file"]


def test_thousands_of_files_go_in_few_batches(agent: Agent, tmp_path: Path) -> None:
    for number in range(3000):
        path = tmp_path / f"source/{number % 30}/{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % number)
    assert len(list(read_tree(str(tmp_path / "source"), None))) < 5
    agent.put_tree(tmp_path / "source", None, f"{tmp_path}/target")
    assert snapshot(tmp_path / "target") == snapshot(tmp_path / "source")


@as_root
def test_a_tree_belongs_to_its_user(agent: Agent, source: Path, tmp_path: Path) -> None:
    agent.put_tree(source, None, f"{tmp_path}/new/target", user="1234:567")
    agent.put_file(f"{tmp_path}/new/other/file", b"", user="nobody")
    agent.make_dirs(f"{tmp_path}/new/folder/below", mode=0o750, user="12")
    for path in ("target", "target/a/b/file", "target/link", "target/locked", "target/large"):
        status = (tmp_path / "new" / path).lstat()
        assert (status.st_uid, status.st_gid) == (1234, 567), path
    assert (tmp_path / "new").stat().st_uid == 1234
    assert (tmp_path / "new/other/file").stat().st_uid == 65534
    assert (tmp_path / "new/folder").stat().st_uid == 12
    assert stat.S_IMODE((tmp_path / "new/folder/below").stat().st_mode) == 0o750


@pytest.mark.parametrize("size", [0, 1, BATCH_BYTES, BATCH_BYTES * 2 + 1])
def test_a_file_comes_back_as_it_went(agent: Agent, tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    agent.put_file(f"{tmp_path}/a/b", b"older", mode=0o600)
    agent.put_file(f"{tmp_path}/a/b", content, mode=0o751)
    assert agent.get_file(f"{tmp_path}/a/b") == content
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o751
    assert agent.get_file(f"{tmp_path}/a/c") is None


def test_failures_name_the_file_and_leave_the_agent_well(agent: Agent, source: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AgentFailure, match="/proc/no: No such file or directory"):
        agent.put_tree(source, None, "/proc/no/target")
    with pytest.raises(AgentFailure, match=rf"{tmp_path}/file.*: (File exists|Not a directory)"):
        agent.put_file(f"{tmp_path}/file/below", bytes(BATCH_BYTES * 20))
    with pytest.raises(AgentFailure, match="/no/such: No such file"):
        agent.get_tree("/no/such", tmp_path / "back")
    with pytest.raises(AgentFailure, match=f"{tmp_path}: Is a directory"):
        agent.get_file(str(tmp_path))
    with pytest.raises(AgentFailure, match="user 'zed': no entry"):
        agent.put_tree(source, None, f"{tmp_path}/target", user="zed")
    with pytest.raises(AgentFailure, match="null"):
        agent.make_dirs("a\0b")
    with pytest.raises(FileNotFoundError, match="nothing"):
        agent.put_tree(source, ["a", "nothing"], f"{tmp_path}/target")
    assert agent.exists(f"{tmp_path}/file")


def test_a_download_that_nobody_finishes_does_not_hold_up_others(agent: Agent, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/file").write_bytes(bytes(30_000_000))
    (tmp_path / "no-folder").touch()
    with pytest.raises(OSError, match="no-folder"):
        agent.get_tree(f"{tmp_path}/source", tmp_path / "no-folder")
    assert agent.exists("/")


@pytest.mark.parametrize(
    "entries",
    [
        [(b"f", b"420", b"../outside", b"")],
        [(b"f", b"420", b"/outside", b"")],
        [(b"f", b"420", b"a/../../outside", b"")],
        [(b"l", b"511", b"..", b"x")],
        [(b"f", b"420", b"", b"x")],
        [(b"f", b"420", b"nul\0", b"x")],
        [(b"+", b"420", b"never-began", b"x")],
        [(b"x", b"420", b"unknown", b"")],
        [(b"f", b"mode", b"name", b"")],
    ],
)
def test_hostile_entries_are_refused(tmp_path: Path, entries: list[tuple[bytes, ...]]) -> None:
    writer = TreeWriter(f"{tmp_path}/target", None)
    with pytest.raises(ProtocolError):
        writer.write(pack([field for entry in entries for field in entry]))
    assert snapshot(tmp_path) == {"target": ("folder", 0o755, b"")}


def test_no_link_leads_a_hostile_tree_out_of_its_target(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("untouched")
    writer = TreeWriter(f"{tmp_path}/target", None)
    leads_out = os.fsencode(outside)
    for entry in [
        (b"d", b"493", b"a", b""),
        (b"l", b"511", b"a", leads_out),
        (b"f", b"420", b"a/file", b"evil"),
        (b"l", b"511", b"b", leads_out + b"/file"),
        (b"f", b"420", b"b", b"evil"),
        (b"d", b"511", b"c", b""),
        (b"d", b"511", b"c/d", b""),
        (b"l", b"511", b"c", leads_out),
    ]:
        writer.write(pack(entry))
    writer.close()
    assert snapshot(outside) == {"file": ("file", 0o644, b"untouched")}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755


names = st.sampled_from(["a", "b", "c", "ä"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
contents = st.binary(max_size=30) | st.just(None) | st.text("ab/.", min_size=1)


@given(first=st.dictionaries(paths, contents), second=st.dictionaries(paths, contents))
def test_any_tree_replaces_any_tree(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, bytes | str | None],
    second: dict[str, bytes | str | None],
) -> None:
    """None is a folder, text a link."""
    top = tmp_path_factory.mktemp("trees")
    expected: Tree = {}
    for number, wanted in enumerate((first, second)):
        source = top / f"source{number}"
        source.mkdir()
        for path, content in wanted.items():
            make(source / path, content)
        writer = TreeWriter(str(top / "target"), None)
        for batch in read_tree(str(source), None):
            writer.write(batch)
        writer.close()
        expected = snapshot(source)
    found = snapshot(top / "target")
    assert {path: found.get(path) for path in expected} == expected


def make(path: Path, content: bytes | str | None) -> None:
    """Make it where nothing that was made before is in the way."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir(exist_ok=True)
        elif isinstance(content, str):
            path.symlink_to(content)
        elif not path.is_symlink():
            path.write_bytes(content)
    except OSError:
        return


def test_an_upload_to_a_lost_agent_says_so(started, source: Path, tmp_path: Path) -> None:
    started.process.kill()
    started.process.wait()
    with pytest.raises(AgentLost):
        started.agent.put_tree(source, None, f"{tmp_path}/target")
