import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actions_compat.uses import RepositoryUses
from sqnc_plugins.uses import ActionRefError, ActionStore
from sqnc_plugins.uses.store import LEFTOVER_AGE_S
from sqncshim import git
from sqncshim.locks import lock_file


def uses(ref: str, path: str = "", name: str = "owner/greet") -> RepositoryUses:
    return RepositoryUses(*name.split("/"), path, ref)


@pytest.fixture
def new_store(server: Any, tmp_path: Path) -> Callable[..., ActionStore]:
    """Another run on the same store."""

    def new(**options: Any) -> ActionStore:
        return ActionStore(tmp_path / "store", **{"server_url": server.url, **options})

    return new


def temporary(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "store" / "tmp").iterdir())


def test_a_branch_a_tag_and_a_commit_are_found(server: Any, new_store: Any, tmp_path: Path) -> None:
    folder = server.add()
    first = server.head()
    git.run("tag", "light", cwd=folder)
    git.run("tag", "--annotate", "--message=x", "annotated", cwd=folder)
    git.run("branch", "release/v1", cwd=folder)
    second = server.commit(file="new")
    found = {
        ref: new_store().checkout(uses(ref)).commit for ref in ("light", "annotated", "release/v1", "main")
    }
    assert found == {"light": first, "annotated": first, "release/v1": first, "main": second}
    for ref in (first, first.upper(), "refs/heads/release/v1", "refs/tags/annotated"):
        stored = new_store().checkout(uses(ref))
        assert stored.commit == first
        assert (stored.path / "sub" / "action.yml").is_file()
        assert not (stored.path / "file").exists()
    assert temporary(tmp_path) == []


def test_a_tag_wins_over_a_branch_of_the_same_name(server: Any, new_store: Any) -> None:
    folder = server.add()
    tagged = server.head()
    git.run("tag", "v1", cwd=folder)
    git.run("switch", "--quiet", "--create", "v1", cwd=folder)
    server.commit(file="new")
    assert new_store().checkout(uses("v1")).commit == tagged


def test_a_ref_is_the_whole_name_not_its_end(server: Any, new_store: Any) -> None:
    folder = server.add()
    git.run("branch", "other/v1", cwd=folder)
    with pytest.raises(ActionRefError, match="there is no `v1`"):
        new_store().checkout(uses("v1"))


def test_a_clone_has_one_commit_and_is_made_once(server: Any, new_store: Any, git_calls: Path) -> None:
    server.add()
    server.commit(file="new")
    stored = new_store().checkout(uses("main"))
    assert git.run("rev-list", "--count", "HEAD", cwd=stored.path).stdout == b"1\n"
    git_calls.write_text("")
    assert new_store().checkout(uses("main")) == stored
    (call,) = git_calls.read_text().splitlines()
    assert call.startswith("ls-remote ")


def test_a_stored_commit_needs_no_network_and_no_git(server: Any, new_store: Any, git_calls: Path) -> None:
    server.add()
    stored = new_store().checkout(uses(server.head()))
    git_calls.write_text("")
    server.root.rename(server.root.with_name("gone"))
    assert new_store().checkout(uses(stored.commit, path="sub")) == stored
    assert git_calls.read_text() == ""


def test_a_run_asks_once_for_a_branch_and_another_run_asks_again(server: Any, new_store: Any) -> None:
    server.add()
    store = new_store()
    first = store.checkout(uses("main"))
    second = server.commit(file="new")
    assert store.checkout(uses("main")) == first
    assert new_store().checkout(uses("main")).commit == second


def test_offline_answers_from_the_store(server: Any, new_store: Any, git_calls: Path) -> None:
    server.add()
    online = new_store().checkout(uses("main"))
    git_calls.write_text("")
    assert new_store(offline=True).checkout(uses("main")) == online
    assert new_store(offline=True).checkout(uses(online.commit)) == online
    for ref in ("other", "c" * 40):
        with pytest.raises(ActionRefError, match=r"the store.*: run once without --offline"):
            new_store(offline=True).checkout(uses(ref))
    assert git_calls.read_text() == ""


def test_a_short_commit_id_is_refused_with_the_full_one(server: Any, new_store: Any, tmp_path: Path) -> None:
    server.add()
    old = server.head()
    server.commit(file="new")
    for commit in (old, server.head()):
        for length in (7, 12, 39):
            with pytest.raises(ActionRefError, match=f"`{commit[:length]}` is a shortened .*, {commit}$"):
                new_store().checkout(uses(commit[:length]))
    with pytest.raises(ActionRefError, match="there is no `deadbeef`"):
        new_store().checkout(uses("deadbeef"))
    assert temporary(tmp_path) == []


def test_a_branch_may_look_like_a_short_commit_id(server: Any, new_store: Any) -> None:
    folder = server.add()
    git.run("branch", "deadbeef", cwd=folder)
    assert new_store().checkout(uses("deadbeef")).commit == server.head()


def test_a_ref_that_is_not_there_suggests_those_that_are(server: Any, new_store: Any) -> None:
    folder = server.add()
    git.run("tag", "v4.1", cwd=folder)
    with pytest.raises(
        ActionRefError, match=r"^uses: owner/greet/sub@v4.2: there is no `v4.2` .* mean v4.1\?$"
    ):
        new_store().checkout(uses("v4.2", path="sub"))


def test_a_commit_that_is_not_there_is_named(server: Any, new_store: Any, tmp_path: Path) -> None:
    server.add()
    with pytest.raises(ActionRefError, match=f"there is no commit {'c' * 40}"):
        new_store().checkout(uses("c" * 40))
    assert temporary(tmp_path) == []


def test_an_old_server_that_gives_only_whole_branches_serves_too(server: Any, new_store: Any) -> None:
    server.add()
    old = server.head()
    server.commit(file="new")
    git.run("config", "--global", "protocol.version", "0")
    stored = new_store().checkout(uses(old))
    assert git.run("rev-parse", "HEAD", cwd=stored.path).stdout.decode().strip() == old
    with pytest.raises(ActionRefError, match=f"there is no commit {'c' * 40}"):
        new_store().checkout(uses("c" * 40))


def test_a_repository_that_is_not_there_is_named_with_what_to_do(server: Any, new_store: Any) -> None:
    with pytest.raises(
        ActionRefError, match=r"@v1: there is no repository that we may read at file://.*check the name"
    ):
        new_store().checkout(uses("v1", name="owner/none"))


def test_a_server_that_does_not_answer_is_no_missing_repository(tmp_path: Path) -> None:
    store = ActionStore(tmp_path, server_url="http://127.0.0.1:1")
    message = r"o/r@v1: its server does not answer: http://127\.0\.0\.1:1/o/r: .*check the network.*--offline"
    with pytest.raises(ActionRefError, match=message):
        store.checkout(uses("v1", name="o/r"))


@pytest.mark.parametrize(
    "ref",
    [
        "-x",
        "--upload-pack=touch",
        "a..b",
        "a b",
        "a\nb",
        "a:b",
        "*",
        "a/",
        "/a",
        "a//b",
        "a.lock",
        "@{-1}",
    ],
)
def test_a_ref_that_git_could_misread_never_reaches_it(ref: str, new_store: Any, git_calls: Path) -> None:
    with pytest.raises(ActionRefError, match="is refused: git allows no such name"):
        new_store().checkout(uses(ref))
    assert git_calls.read_text() == ""


@pytest.mark.parametrize("path", ["..", "a/../b", ".git", "a/.GIT/hooks", "."])
def test_a_path_out_of_the_repository_is_refused(path: str, new_store: Any) -> None:
    with pytest.raises(ActionRefError, match=r"the path `.*` is refused"):
        new_store().checkout(uses("v1", path=path))


@pytest.mark.parametrize("name", ["../x", "-o/x", "o/..", "ext::sh -c id/x", "o:p@h/x", "o/x y"])
def test_an_owner_or_repository_that_is_no_name_is_refused(name: str, new_store: Any) -> None:
    with pytest.raises(ActionRefError, match="is refused: expected letters"):
        new_store().checkout(uses("v1", name=name))


@pytest.mark.parametrize("url", ["ext::sh -c id", "github.com", "", "--upload-pack=x", "fd::3"])
def test_a_server_must_be_https_ssh_or_file(url: str, new_store: Any) -> None:
    with pytest.raises(ActionRefError, match=r"GITHUB_SERVER_URL: .*expected https://"):
        new_store(server_url=url)


def test_a_password_in_the_server_s_url_is_refused_unseen(new_store: Any) -> None:
    for url in ("https://user:s3cret@example.com", "https://s3cret@example.com"):
        with pytest.raises(ActionRefError, match="holds a password: use GITHUB_TOKEN") as error:
            new_store(server_url=url)
        assert "s3cret" not in str(error.value)


def test_submodules_are_not_followed(server: Any, new_store: Any, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    folder = server.add()
    git.run("config", "--global", "protocol.ext.allow", "always")
    git.run("config", "--global", "submodule.recurse", "true")
    add_submodule(folder, f"ext::touch {marker}")
    stored = new_store().checkout(uses("main"))
    assert list((stored.path / "sub-module").iterdir()) == []
    assert not marker.exists()


def test_a_submodule_made_to_trick_git_is_refused(server: Any, new_store: Any, tmp_path: Path) -> None:
    add_submodule(server.add(), "--upload-pack=touch x")
    with pytest.raises(ActionRefError, match=r"is refused: .*disallowed submodule url"):
        new_store().checkout(uses("main"))
    assert temporary(tmp_path) == []


def add_submodule(folder: Path, url: str) -> None:
    (folder / ".gitmodules").write_text(f'[submodule "s"]\n\tpath = sub-module\n\turl = {url}\n')
    git.run("update-index", "--add", "--cacheinfo", f"160000,{'c' * 40},sub-module", cwd=folder)
    git.run("add", ".gitmodules", cwd=folder)
    git.run("commit", "--quiet", "--message=x", cwd=folder)


def test_the_user_s_hooks_do_not_run(server: Any, new_store: Any, tmp_path: Path) -> None:
    hooks, marker = tmp_path / "hooks", tmp_path / "ran"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {marker}\n")
    (hooks / "post-checkout").chmod(0o755)
    git.run("config", "--global", "core.hooksPath", str(hooks))
    server.add()
    new_store().checkout(uses("main"))
    assert not marker.exists()


def test_threads_share_one_clone(server: Any, new_store: Any, git_calls: Path) -> None:
    server.add()
    store, found = new_store(), []
    git_calls.write_text("")
    threads = [threading.Thread(target=lambda: found.append(store.checkout(uses("main")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert [call.split()[0] for call in git_calls.read_text().splitlines()].count("ls-remote") == 1
    assert git_calls.read_text().count("checkout") == 1


def test_what_dead_processes_left_is_swept_by_age_and_lock(
    server: Any, new_store: Any, tmp_path: Path
) -> None:
    parent = tmp_path / "store" / "tmp"
    for name, age_s in (("young", 0), ("old", LEFTOVER_AGE_S + 1), ("locked", LEFTOVER_AGE_S + 1)):
        (parent / name / "clone").mkdir(parents=True)
        (parent / name / "lock").touch()
        then = (parent / name).stat().st_mtime - age_s
        os.utime(parent / name, (then, then))
    server.add()
    with (parent / "locked" / "lock").open("wb") as file:
        lock_file(file.fileno(), wait=True)
        new_store().checkout(uses("main"))
    assert sorted(folder.name for folder in temporary(tmp_path)) == ["locked", "young"]
