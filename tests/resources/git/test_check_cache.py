"""What checks keep between them, and what they find when a history is written anew."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.conftest import Run
    from tests.resources.git.conftest import Check, MakeRepo, Repo


def test_keeps_what_it_has_fetched(origin: Repo, check: Check, cache: Repo) -> None:
    first = origin.commit()
    assert check(origin) == [first]
    assert cache.git("rev-parse", "refs/checked") == first
    packs = sorted((cache.path / "objects" / "pack").glob("*.pack"))
    second = origin.commit()
    assert check(origin, first) == [first, second]
    assert set(packs) <= set((cache.path / "objects" / "pack").glob("*.pack"))
    cache.git("fsck", "--connectivity-only")


def test_fetches_commits_alone_and_trees_where_paths_count(origin: Repo, check: Check, cache: Repo) -> None:
    origin.git("config", "uploadpack.allowFilter", "true")
    ref = origin.commit()
    tree, blob = origin.git("rev-parse", f"{ref}^{{tree}}"), origin.git("rev-parse", f"{ref}:some-file")
    for keys, expected in (({}, [True, False, False]), ({"paths": ["some-file"]}, [True, True, False])):
        assert check(origin, **keys) == [ref]
        assert [cache.holds(each) for each in (ref, tree, blob)] == expected
    later = origin.commit()
    assert check(origin, ref, paths=["some-file"]) == [ref, later]
    assert check(origin, ref, paths=["other"]) == []


def test_asks_the_server_alone_where_any_commit_counts(origin: Repo, check: Check, cache: Repo) -> None:
    refs = [origin.commit("[ci skip]")]
    assert check(origin, disable_ci_skip=True) == refs
    assert check(origin, refs[0], disable_ci_skip=True) == refs
    assert not cache.path.exists()
    refs.append(origin.commit())
    assert check(origin, refs[0], disable_ci_skip=True) == refs
    assert cache.path.exists()


def test_another_repository_replaces_what_is_kept(make_repo: MakeRepo, check: Check, cache: Repo) -> None:
    one, other = make_repo("one"), make_repo("other")
    ref, wanted = one.commit(), other.commit(content="other")
    assert check(one) == [ref]
    assert check(other) == [wanted]
    assert not cache.holds(ref)


def test_tidies_up_when_there_are_many_packs(
    origin: Repo, check: Check, cache: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sqnc_resources.git.cache._MANY_PACKS", 3)
    first = origin.commit()
    settings = [{"name": "gc.autoPackLimit", "value": "3"}, {"name": "fetch.unpackLimit", "value": "1"}]
    for _ in range(8):
        newest = origin.commit()
        assert check(origin, newest, git_config=settings) == [newest]
        packs = len(list((cache.path / "objects" / "pack").glob("*.pack")))
        assert packs <= 4
    assert len(check(origin, first, git_config=settings)) == 9


# Histories that were written anew


def test_finds_what_replaced_commits_while_they_are_kept(origin: Repo, check: Check) -> None:
    base, dropped = origin.commit(), origin.commit()
    assert check(origin, base) == [base, dropped]
    origin.git("reset", "--quiet", "--hard", base)
    new = [origin.commit(content="1"), origin.commit(content="2")]
    assert check(origin, dropped) == new


def test_finds_the_newest_where_the_commits_are_gone(origin: Repo, check: Check, cache: Repo) -> None:
    base, dropped = origin.commit(), origin.commit()
    origin.git("reset", "--quiet", "--hard", base)
    origin.commit(content="1")
    new = origin.commit(content="2")
    origin.git("reflog", "expire", "--expire=now", "--all")
    origin.git("prune", "--expire=now")
    assert check(origin, dropped) == [new]
    shutil.rmtree(cache.path)
    assert check(origin, dropped) == [new]


def test_finds_the_newest_of_a_history_that_shares_nothing(origin: Repo, check: Check) -> None:
    first = origin.commit()
    assert check(origin) == [first]
    origin.git("checkout", "--quiet", "--orphan", "anew")
    origin.empty_commit("anew")
    new = origin.empty_commit("second")
    origin.git("branch", "--force", "master", new)
    origin.git("checkout", "--quiet", "master")
    assert check(origin, origin.git("rev-list", "--max-parents=0", first)) == [new]
    assert check(origin, first)[-1] == new


def test_a_branch_that_went_back_is_at_its_older_commit(origin: Repo, check: Check) -> None:
    older, newer = origin.commit(), origin.commit()
    assert check(origin) == [newer]
    origin.git("reset", "--quiet", "--hard", older)
    assert check(origin, newer) == []
    assert check(origin) == [older]


def test_follows_the_default_branch_wherever_it_is(origin: Repo, check: Check) -> None:
    ref, other = origin.commit(), origin.commit(branch="other")
    origin.git("checkout", "--quiet", "master")
    assert check(origin) == [ref]
    origin.git("checkout", "--quiet", "other")
    assert check(origin) == [other]


# A folder that is not as it was left


def spoil_lock(cache: Path) -> None:
    (cache / "shallow.lock").touch()
    (cache / "refs" / "checked.lock").touch()
    (cache / "config.lock").touch()


def spoil_objects(cache: Path) -> None:
    for pack in (cache / "objects" / "pack").iterdir():
        pack.chmod(0o600)
        pack.write_bytes(b"")


def spoil_config(cache: Path) -> None:
    (cache / "config").write_text("[core")


def spoil_head(cache: Path) -> None:
    (cache / "HEAD").unlink()


@pytest.mark.parametrize("spoil", [spoil_lock, spoil_objects, spoil_config, spoil_head])
def test_starts_anew_where_what_is_kept_is_spoilt(
    origin: Repo, check: Check, cache: Repo, spoil: object
) -> None:
    refs = [origin.commit()]
    assert check(origin) == refs
    assert callable(spoil)
    spoil(cache.path)
    refs.append(origin.commit())
    assert check(origin, refs[0]) == refs
    assert check(origin, refs[0]) == refs


def test_a_folder_of_somebody_else_s_is_left_alone(origin: Repo, check: Check, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "tmp" / "git-resource-repo-cache").symlink_to(elsewhere)
    ref = origin.commit()
    assert check(origin) == [ref]
    assert not list(elsewhere.iterdir())
    mine = tmp_path / "tmp" / f"git-resource-repo-cache-{os.geteuid()}"
    assert mine.is_dir()
    assert mine.stat().st_mode & 0o777 == 0o700


def test_what_was_somebody_s_repository_becomes_a_cache(
    make_repo: MakeRepo, check: Check, tmp_path: Path
) -> None:
    repo = make_repo("tmp/git-resource-repo-cache")
    repo.commit()
    other = make_repo("other")
    ref = other.commit()
    assert check(other) == [ref]
    assert not (tmp_path / "tmp" / "git-resource-repo-cache" / ".git").exists()


def test_checks_at_once_do_not_disturb_each_other(make_repo: MakeRepo, run: Run) -> None:
    repos = [make_repo(name) for name in ("one", "two")] * 3
    refs = [repo.commit(content=f"{number}") for number, repo in enumerate(repos)][-2:] * 3
    with ThreadPoolExecutor(len(repos)) as pool:
        answers = list(pool.map(lambda repo: run("check", "git", {"source": {"uri": repo.uri}}), repos))
    assert [answer.value for answer in answers] == [[{"ref": ref}] for ref in refs]


def test_a_check_that_was_killed_leaves_nothing_that_hurts(
    origin: Repo, check: Check, cache: Repo, tmp_path: Path
) -> None:
    ref = origin.commit()
    hang = tmp_path / "hang"
    hang.write_text(f"#!/bin/sh\necho $$ >'{hang}.pid'\nexec sleep 30\n")
    hang.chmod(0o755)
    request = {
        "source": {
            "uri": origin.uri,
            "git_config": [{"name": "remote.origin.uploadpack", "value": str(hang)}],
        }
    }
    command = [sys.executable, "-m", "sqncshim", "resource", "check", "git"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        pid_file = hang.with_name("hang.pid")
        while not (pid_file.exists() and pid_file.read_text().endswith("\n")):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    os.kill(int(pid_file.read_text()), signal.SIGTERM)
    assert check(origin) == [ref]


def test_says_so_where_there_is_nowhere_to_write(
    origin: Repo, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    with pytest.raises(ResourceError, match="git needs a folder to write to"):
        check(origin)
