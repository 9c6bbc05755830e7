"""Repositories behind HTTP with a login, and their files in Git LFS."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.git import Version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.resources.conftest import Run
    from tests.resources.git.conftest import Check, Get, MakeRepo, Put, Repo, Start

LOGIN = {"username": "user1", "password": "pass word"}


@pytest.fixture
def served(origin: Repo, tmp_path: Path) -> Repo:
    """A bare repository that is served, with a remote's settings; the origin pushes to it."""
    bare = tmp_path / "served" / "repo.git"
    origin.git("clone", "--quiet", "--bare", ".", str(bare))
    origin.git("remote", "add", "origin", str(bare))
    return type(origin)(bare)


def source(url: str, login: Mapping[str, str] = LOGIN) -> dict[str, object]:
    return {"uri": f"{url}/repo.git", "branch": "master", **login}


def test_checks_gets_and_puts_with_a_login(  # noqa: PLR0917  (fixtures)
    served: Repo, start: Start, check: Check, get: Get, put: Put
) -> None:
    server = start("web.py", served.path.parent, "user1:pass word")
    where = source(f"http://127.0.0.1:{server.port}")
    ref = served.tip()
    assert check(where) == [ref]
    assert check(where, disable_ci_skip=True) == [ref]
    got = get(where, ref, into="inputs/repo")
    assert got.repo.head == ref
    got.repo.git("checkout", "--quiet", "master")
    new = got.repo.commit()
    assert put(where, got.repo, rebase=True).version == Version(new)
    assert served.tip() == new
    assert check(where, ref) == [ref, new]


@pytest.mark.parametrize("kind", ["pool", "semver"])
def test_types_that_keep_their_state_in_git_log_in_too(  # noqa: PLR0917  (fixtures)
    served: Repo, origin: Repo, start: Start, run: Run, tmp_path: Path, kind: str
) -> None:
    origin.commit(file="aws/unclaimed/number", content="1.0.0\n")
    origin.git("push", "--quiet", "origin", "master")
    server = start("web.py", served.path.parent, "user1:pass word")
    where = {"uri": f"http://127.0.0.1:{server.port}/repo.git", **LOGIN}
    more = {"pool": {"pool": "aws"}, "semver": {"driver": "git", "file": "aws/unclaimed/number"}}
    params = {"pool": {"acquire": True}, "semver": {"bump": "major"}}
    source = {**where, "branch": "master", **more[kind]}
    put = run("out", kind, {"source": source, "params": params[kind]}, tmp_path)
    assert put.status == 0, put.stderr
    assert run("check", kind, {"source": source}).value == [put.value["version"]]
    assert served.git("log", "-1", "--format=%s", "master") in {"claiming: number", "bump to 2.0.0"}
    (tmp_path / "got").mkdir()
    got = run("in", kind, {"source": source, "version": put.value["version"]}, tmp_path / "got")
    assert got.value == put.value


@pytest.mark.parametrize("login", [{}, {**LOGIN, "password": "wrong"}])
def test_without_the_login_it_is_a_failure_and_nobody_is_asked(
    served: Repo, start: Start, run: Run, login: dict[str, str]
) -> None:
    server = start("web.py", served.path.parent, "user1:pass word")
    answer = run("check", "git", {"source": source(f"http://127.0.0.1:{server.port}", login)})
    assert (answer.status, answer.value) == (1, None)
    assert "could not read Username" in answer.stderr or "Authentication failed" in answer.stderr
    assert not server.lines()


def test_a_login_in_the_uri_counts_and_is_not_shown(served: Repo, start: Start, run: Run) -> None:
    server = start("web.py", served.path.parent, "me:s3cret-word")
    uri = f"http://me:s3cret-word@127.0.0.1:{server.port}/repo.git"
    answer = run("check", "git", {"source": {"uri": uri, "debug": True}})
    assert answer.value == [{"ref": served.tip()}]
    assert "s3cret-word" not in answer.stderr


def test_submodules_elsewhere_have_logins_of_their_own(  # noqa: PLR0917  (fixtures)
    served: Repo, origin: Repo, make_repo: MakeRepo, start: Start, get: Get, tmp_path: Path
) -> None:
    inner = make_repo("inner")
    inner.git("clone", "--quiet", "--bare", ".", str(tmp_path / "elsewhere" / "inner.git"))
    ours = start("web.py", served.path.parent, "user1:pass word")
    theirs = start("web.py", tmp_path / "elsewhere", "user2:pass2")
    url = f"http://localhost:{theirs.port}/inner.git"
    origin.git("submodule", "--quiet", "add", "--", inner.uri, "inner")
    origin.git("config", "--file", ".gitmodules", "submodule.inner.url", url)
    origin.git("commit", "--quiet", "--all", "--message", "add a submodule")
    origin.git("push", "--quiet", "origin", "master")
    where = source(f"http://127.0.0.1:{ours.port}")
    with pytest.raises(ResourceError):
        get(where, into="without")
    login = {"host": "localhost", "username": "user2", "password": "pass2"}
    for depth in (0, 1):
        got = get({**where, "submodule_credentials": [login]}, depth=depth, into=f"with-{depth}")
        assert got.repo.git("-C", "inner", "rev-parse", "HEAD") == inner.head


@pytest.mark.peers("openssl")
def test_a_certificate_that_nobody_vouches_for_will_do_where_that_is_asked_for(
    served: Repo, start: Start, check: Check, tmp_path: Path
) -> None:
    certificate = tmp_path / "certificate"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=127.0.0.1"]
    done = subprocess.run(
        [*command, "-keyout", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    certificate.write_bytes(done.stdout)
    server = start("web.py", served.path.parent, "user1:pass word", certificate)
    where = source(f"https://127.0.0.1:{server.port}")
    with pytest.raises(ResourceError, match="certificate"):
        check(where)
    assert check(where, skip_ssl_verification=True) == [served.tip()]


# Git LFS


@pytest.fixture
def lfs(served: Repo, origin: Repo, home: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """The served repository; the origin keeps `*.big` in LFS, and has one such file."""
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    origin.git("lfs", "install", "--skip-repo")  # as Debian's package does it for everybody
    assert "lfs" in (home / ".gitconfig").read_text()
    origin.git("lfs", "track", "*.big")
    origin.git("add", ".gitattributes")
    origin.commit(file="file.big", content="SUCCESS\n")
    return served


def push(origin: Repo, url: str) -> None:
    origin.git("remote", "set-url", "origin", url)
    origin.git("push", "--quiet", "origin", "master")


def url_of(server_port: int, login: str = "user1:pass1@") -> str:
    return f"http://{login}127.0.0.1:{server_port}/repo.git"


LFS_LOGIN = {"username": "user1", "password": "pass1"}


@pytest.mark.peers("git-lfs")
def test_gets_files_of_lfs_with_the_login_unless_told_otherwise(
    lfs: Repo, origin: Repo, start: Start, get: Get
) -> None:
    server = start("web.py", lfs.path.parent, "user1:pass1")
    push(origin, url_of(server.port))
    where = {"uri": url_of(server.port, ""), **LFS_LOGIN}
    got = get(where, into="whole")
    assert (got.repo.path / "file.big").read_text() == "SUCCESS\n"
    assert got.repo.git("status", "--porcelain") == ""
    assert any("/info/lfs/objects/" in line for line in server.lines())
    skipped = get(where, disable_git_lfs=True, into="skipped")
    assert (skipped.repo.path / "file.big").read_text().startswith("version https://git-lfs.github.com/spec")


@pytest.mark.peers("git-lfs")
def test_puts_files_of_lfs(lfs: Repo, origin: Repo, start: Start, get: Get, put: Put) -> None:  # noqa: PLR0917  (fixtures)
    server = start("web.py", lfs.path.parent, "user1:pass1")
    push(origin, url_of(server.port))
    where = {"uri": url_of(server.port, ""), "branch": "master", **LFS_LOGIN}
    got = get(where, into="inputs/repo")
    got.repo.git("checkout", "--quiet", "master")
    got.repo.commit(file="second.big", content="second\n")
    put(where, got.repo)
    assert {file.read_text() for file in (lfs.path / "lfs-objects").iterdir()} == {"SUCCESS\n", "second\n"}
    assert (get(where, into="again").repo.path / "second.big").read_text() == "second\n"


@pytest.mark.peers("git-lfs")
def test_a_later_step_can_push_files_of_lfs(lfs: Repo, origin: Repo, start: Start, get: Get) -> None:
    server = start("web.py", lfs.path.parent, "user1:pass1")
    push(origin, url_of(server.port))
    got = get({"uri": url_of(server.port, ""), **LFS_LOGIN})
    assert "git lfs pre-push" in (got.repo.path / ".git" / "hooks" / "pre-push").read_text()


@pytest.mark.peers("git-lfs")
def test_an_object_that_the_server_has_lost_is_a_failure(
    lfs: Repo, origin: Repo, start: Start, get: Get
) -> None:
    server = start("web.py", lfs.path.parent)
    push(origin, url_of(server.port, ""))
    shutil.rmtree(lfs.path / "lfs-objects")
    with pytest.raises(ResourceError, match=r"file\.big"):
        get({"uri": url_of(server.port, "")})


@pytest.mark.peers("git-lfs")
def test_gets_files_of_lfs_from_a_folder(origin: Repo, get: Get, lfs: Repo) -> None:
    assert lfs
    got = get({"uri": origin.uri})
    assert (got.repo.path / "file.big").read_text() == "SUCCESS\n"


@pytest.mark.peers("git-lfs")
def test_without_git_lfs_it_says_that_files_are_pointers(
    lfs: Repo, origin: Repo, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(os.environ["HOME"], ".gitconfig").unlink()
    programs = lfs.path.parent / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", str(programs))
    got = get({"uri": origin.uri})
    assert (got.repo.path / "file.big").read_text().startswith("version https://git-lfs.github.com/spec")
    assert "WARNING: git-lfs is not installed: files of Git LFS are pointers\n" in got.stderr
