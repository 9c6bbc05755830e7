"""Repositories behind ssh: a real server, with keys, a forwarded agent, and through a proxy."""

from __future__ import annotations

import getpass
import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.git import Version

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.conftest import Run
    from tests.resources.git.conftest import Check, Get, MakeRepo, Put, Repo, Start

pytestmark = pytest.mark.peers("sshd", "ssh-agent", "ssh-keygen")

PASSPHRASE = "some passphrase with spaces!"


@dataclass(frozen=True, slots=True)
class SshServer:
    """A server that lets this user in with `key`, or with `locked`, which has a passphrase."""

    folder: Path
    port: int

    @property
    def key(self) -> str:
        return (self.folder / "key").read_text()

    @property
    def locked(self) -> str:
        return (self.folder / "locked").read_text()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def uri(self, repo: Repo, *, user: bool = True) -> str:
        name = f"{getpass.getuser()}@" if user else ""
        return f"ssh://{name}127.0.0.1:{self.port}{repo.path}"


class StartSsh(Protocol):
    def __call__(self, name: str = "ssh") -> SshServer: ...


@pytest.fixture
def start_ssh(tmp_path: Path, start: Start) -> StartSsh:
    def start_(name: str = "ssh") -> SshServer:
        folder = tmp_path / name
        folder.mkdir()
        authorized = ""
        for key, passphrase in (("key", ""), ("locked", PASSPHRASE)):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", folder / key]
            subprocess.run(command, check=True)
            authorized += (folder / f"{key}.pub").read_text()
        (folder / "authorized").write_text(authorized)
        return SshServer(folder, start("ssh.py", folder).port)

    return start_


@pytest.fixture
def ssh(start_ssh: StartSsh) -> SshServer:
    return start_ssh()


def test_checks_gets_and_puts_with_a_key(  # noqa: PLR0917  (fixtures)
    origin: Repo, ssh: SshServer, check: Check, get: Get, put: Put
) -> None:
    ref = origin.commit()
    origin.detach()
    where = {"uri": ssh.uri(origin), "branch": "master", "private_key": ssh.key}
    assert check(where) == [ref]
    assert check(where, disable_ci_skip=True) == [ref]
    got = get(where, ref, into="inputs/repo")
    assert got.repo.head == ref
    got.repo.git("checkout", "--quiet", "master")
    new = got.repo.commit()
    assert put(where, got.repo).version == Version(new)
    assert origin.tip() == new


def test_unlocks_the_key_with_its_passphrase(origin: Repo, ssh: SshServer, check: Check) -> None:
    where = {"uri": ssh.uri(origin), "private_key": ssh.locked}
    assert check(where, private_key_passphrase=PASSPHRASE) == [origin.head]
    with pytest.raises(ResourceError, match="private_key_passphrase has not been set"):
        check(where)


@pytest.mark.parametrize("kind", ["pool", "semver"])
def test_types_that_keep_their_state_in_git_unlock_the_key_too(  # noqa: PLR0917  (fixtures)
    origin: Repo, ssh: SshServer, run: Run, tmp_path: Path, kind: str
) -> None:
    origin.commit(file="aws/unclaimed/number", content="1.0.0\n")
    origin.detach()
    where = {"uri": ssh.uri(origin), "private_key": ssh.locked, "private_key_passphrase": PASSPHRASE}
    more = {"pool": {"pool": "aws"}, "semver": {"driver": "git", "file": "aws/unclaimed/number"}}
    params = {"pool": {"acquire": True}, "semver": {"bump": "major"}}
    source = {**where, "branch": "master", **more[kind]}
    put = run("out", kind, {"source": source, "params": params[kind]}, tmp_path)
    assert put.status == 0, put.stderr
    assert run("check", kind, {"source": source}).value == [put.value["version"]]
    assert origin.git("log", "-1", "--format=%s", "master") in {"claiming: number", "bump to 2.0.0"}
    (tmp_path / "got").mkdir()
    got = run("in", kind, {"source": source, "version": put.value["version"]}, tmp_path / "got")
    assert got.value == put.value


def test_without_the_right_key_it_is_a_failure_and_nobody_is_asked(
    origin: Repo, ssh: SshServer, start_ssh: StartSsh, run: Run
) -> None:
    other = start_ssh("other")
    for key in ("", other.key):
        answer = run("check", "git", {"source": {"uri": ssh.uri(origin), "private_key": key}})
        assert (answer.status, answer.value) == (1, None)
        assert "Could not read from remote repository" in answer.stderr
    assert "Accepted" not in ssh.log


def test_the_key_is_shown_nowhere(origin: Repo, ssh: SshServer, run: Run) -> None:
    source = {"uri": ssh.uri(origin), "private_key": ssh.key, "debug": True}
    answer = run("check", "git", {"source": source})
    assert answer.value == [{"ref": origin.head}]
    for line in ssh.key.splitlines()[1:-1]:
        assert line not in answer.stderr


def test_logs_in_as_the_user_that_is_given(origin: Repo, ssh: SshServer, check: Check) -> None:
    user = getpass.getuser()
    where = {"uri": ssh.uri(origin, user=False), "private_key": ssh.key}
    assert check(where, private_key_user=user) == [origin.head]
    assert f"Accepted publickey for {user}" in ssh.log
    with pytest.raises(ResourceError):
        check(where, private_key_user="nobody-of-that-name")


@pytest.mark.parametrize("forward", [True, False])
def test_the_server_may_use_the_key_where_that_is_allowed(
    origin: Repo, repo: Repo, ssh: SshServer, put: Put, *, forward: bool
) -> None:
    hook = origin.path / ".git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\nssh-add -l >"$GIT_DIR/keys" 2>&1\nexit 0\n')
    hook.chmod(0o755)
    repo.commit()
    where = {"uri": ssh.uri(origin), "branch": "master", "private_key": ssh.key}
    put({**where, "forward_agent": forward}, repo)
    assert ("ED25519" in (origin.path / ".git" / "keys").read_text()) is forward


def test_does_not_add_to_the_known_hosts_of_this_user(
    origin: Repo, ssh: SshServer, check: Check, home: Path
) -> None:
    check({"uri": ssh.uri(origin), "private_key": ssh.key})
    assert "127.0.0.1" in (home / ".ssh" / "known_hosts").read_text()


def test_submodules_elsewhere_have_keys_of_their_own(  # noqa: PLR0917  (fixtures)
    make_repo: MakeRepo, origin: Repo, ssh: SshServer, start_ssh: StartSsh, get: Get
) -> None:
    servers = {"one": start_ssh("one"), "two": start_ssh("two")}
    inners = {name: make_repo(f"inner-{name}") for name in servers}
    urls = {name: server.uri(inners[name]) for name, server in servers.items()}
    for name, inner in inners.items():
        origin.git("submodule", "--quiet", "add", "--", inner.uri, name)
        origin.git("config", "--file", ".gitmodules", f"submodule.{name}.url", urls[name])
    origin.git("commit", "--quiet", "--all", "--message", "add submodules")
    where = {"uri": ssh.uri(origin), "private_key": ssh.key}
    with pytest.raises(ResourceError):
        get(where, into="without")
    keys = [
        {"url": urls["one"], "private_key": servers["one"].key},
        {"url": urls["two"], "private_key": servers["two"].locked, "private_key_passphrase": PASSPHRASE},
    ]
    for depth in (0, 1):
        got = get({**where, "submodule_credentials": keys}, depth=depth, into=f"with-{depth}")
        for name, inner in inners.items():
            assert got.repo.git("-C", name, "rev-parse", "HEAD") == inner.head


# In an image without a shell


@pytest.mark.docker
def test_the_image_on_nothing_connects_with_a_key_that_has_a_passphrase(
    origin: Repo, ssh: SshServer, resource_images: str
) -> None:
    source = {"uri": ssh.uri(origin), "private_key": ssh.locked, "private_key_passphrase": PASSPHRASE}
    command = ["docker", "run", "--rm", "--interactive", "--network=host", "--log-driver=none"]
    done = subprocess.run(
        [*command, resource_images.replace(":all", ":git"), "/opt/resource/check"],
        input=json.dumps({"source": source}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"ref": origin.head}]


# Through a proxy


@pytest.mark.peers("proxytunnel")
@pytest.mark.parametrize("login", ["", "user:pass"])
def test_goes_through_the_proxy(  # noqa: PLR0917  (fixtures)
    origin: Repo, ssh: SshServer, start: Start, run: Run, login: str
) -> None:
    proxy = start("proxy.py", *([login] if login else []))
    tunnel = {"proxy_host": "127.0.0.1", "proxy_port": proxy.port}
    if login:
        tunnel |= {"proxy_user": "user", "proxy_password": "pass"}
    source = {"uri": ssh.uri(origin), "private_key": ssh.key, "https_tunnel": tunnel}
    answer = run("check", "git", {"source": source})
    assert answer.value == [{"ref": origin.head}]
    assert proxy.lines() == [f"127.0.0.1:{ssh.port}"]
    assert f"Via 127.0.0.1:{proxy.port} ->" in answer.stderr


@pytest.mark.peers("proxytunnel")
def test_gets_and_puts_through_the_proxy(  # noqa: PLR0917  (fixtures)
    origin: Repo, ssh: SshServer, start: Start, get: Get, put: Put
) -> None:
    proxy = start("proxy.py", "user:pass")
    tunnel = {
        "proxy_host": "127.0.0.1",
        "proxy_port": proxy.port,
        "proxy_user": "user",
        "proxy_password": "pass",
    }
    where = {"uri": ssh.uri(origin), "branch": "master", "private_key": ssh.key, "https_tunnel": tunnel}
    got = get(where, into="inputs/repo")
    origin.detach()
    got.repo.git("checkout", "--quiet", "master")
    new = got.repo.commit()
    assert put(where, got.repo).version == Version(new)
    assert set(proxy.lines()) == {f"127.0.0.1:{ssh.port}"}


@pytest.mark.peers("proxytunnel")
def test_a_proxy_that_wants_a_login_lets_nobody_else_through(
    origin: Repo, ssh: SshServer, start: Start, run: Run
) -> None:
    proxy = start("proxy.py", "user:pass")
    tunnel = {"proxy_host": "127.0.0.1", "proxy_port": proxy.port}
    answer = run(
        "check", "git", {"source": {"uri": ssh.uri(origin), "private_key": ssh.key, "https_tunnel": tunnel}}
    )
    assert answer.status == 1
    assert "407 Proxy Authentication Required" in answer.stderr
    assert proxy.lines() == []


def test_without_host_and_port_there_is_no_proxy(origin: Repo, ssh: SshServer, check: Check) -> None:
    where = {"uri": ssh.uri(origin), "private_key": ssh.key}
    assert check(where, https_tunnel={}) == [origin.head]
