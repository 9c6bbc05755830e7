"""How the keys of a source become what git, curl and ssh read: files in HOME, settings, variables."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import RequestError, ResourceError
from sqnc_resources.git import Source
from sqnc_resources.git.access import access
from sqnc_resources.git.programs import ssh_command
from sqnc_resources.reading import read

if TYPE_CHECKING:
    from tests.resources.conftest import Run
    from tests.resources.git.conftest import Check, Get, Put, Repo

pytestmark = pytest.mark.peers("ssh-agent", "ssh-keygen")

CREDENTIALS = {"username": "user1", "password": "pass1"}
SUBMODULE = {"host": "host1", "username": "user2", "password": "pass2"}


def made(folder: Path, passphrase: str = "") -> str:
    """Make a key; return the private half, of which no file is left."""
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", key], check=True)
    text = key.read_text()
    key.unlink()
    key.with_name("key.pub").unlink()
    return text


def agents() -> int:
    """How many ssh-agents this process has started that run."""
    command = ["pgrep", "--count", "--parent", str(os.getpid()), "--exact", "ssh-agent"]
    return int(subprocess.run(command, capture_output=True, check=False).stdout)


# Logins for HTTP(S)


def test_writes_the_login_to_netrc_and_removes_it_with_the_next_run(
    origin: Repo, check: Check, home: Path
) -> None:
    ref = origin.commit()
    assert check(origin, **CREDENTIALS) == [ref]
    assert (home / ".netrc").read_text() == "default login user1 password pass1\n"
    assert (home / ".netrc").stat().st_mode & 0o777 == 0o600
    assert check(origin, username="", password="") == [ref]
    assert not (home / ".netrc").exists()


def test_the_logins_of_submodules_come_first(origin: Repo, check: Check, home: Path) -> None:
    ref = origin.commit()
    incomplete = [{"host": "host2", "username": "x"}, {"url": "x", "private_key": "y"}]
    assert check(origin, **CREDENTIALS, submodule_credentials=[SUBMODULE, *incomplete]) == [ref]
    logins = "machine host1 login user2 password pass2\ndefault login user1 password pass1\n"
    assert (home / ".netrc").read_text() == logins
    assert check(origin) == [ref]
    assert not (home / ".netrc").exists()


def test_a_login_needs_a_name_and_a_password(origin: Repo, check: Check, home: Path) -> None:
    for name, value in CREDENTIALS.items():
        check({"uri": origin.uri, name: value})
        assert not (home / ".netrc").exists()


def test_writes_and_removes_netrc_where_the_run_fails_too(tmp_path: Path, check: Check, home: Path) -> None:
    nowhere = {"uri": f"file://{tmp_path}/nowhere"}
    with pytest.raises(ResourceError):
        check(nowhere, **CREDENTIALS)
    assert (home / ".netrc").read_text() == "default login user1 password pass1\n"
    with pytest.raises(ResourceError):
        check(nowhere)
    assert not (home / ".netrc").exists()


def test_get_and_put_write_netrc_too(origin: Repo, get: Get, put: Put, home: Path) -> None:
    origin.commit()
    origin.detach()
    got = get({"uri": origin.uri, **CREDENTIALS}, into="inputs/repo")
    assert (home / ".netrc").exists()
    put({"uri": origin.uri, "branch": "master"}, got.repo)
    assert not (home / ".netrc").exists()


@pytest.mark.parametrize(
    ("password", "word"),
    [("pass word", '"pass word"'), ('"', '"\\""'), ("a\\b c", '"a\\\\b c"'), ("p#1$'", "p#1$'")],
)
def test_a_password_may_hold_anything_but_a_line(home: Path, password: str, word: str) -> None:
    source = {"uri": "x", "username": "u", "password": password}
    with access(read(Source, source, "source", [])):
        assert (home / ".netrc").read_text() == f"default login u password {word}\n"
    source["password"] += "\nmachine evil login a password b"
    with pytest.raises(ResourceError, match="one line each"), access(read(Source, source, "source", [])):
        pass


def test_a_netrc_of_somebody_else_s_is_left_alone(origin: Repo, check: Check, home: Path) -> None:
    theirs = "machine elsewhere login me password mine\n"
    (home / ".netrc").write_text(theirs)
    (home / "other").write_text("x")
    ref = origin.commit()
    assert check(origin, **CREDENTIALS) == [ref]
    assert (home / ".netrc").read_text() == theirs
    assert check(origin) == [ref]
    assert (home / ".netrc").read_text() == theirs


def test_programs_then_see_a_home_that_holds_our_files_and_theirs(home: Path) -> None:
    (home / ".netrc").write_text("machine elsewhere login me password mine\n")
    (home / ".config").mkdir()
    (home / ".config" / "tool").write_text("theirs")
    source = read(Source, {"uri": "x", **CREDENTIALS}, "source", [])
    with access(source) as reach:
        stand_in = Path(reach.variables["HOME"])
        assert (stand_in / ".netrc").read_text() == "default login user1 password pass1\n"
        assert (stand_in / ".config" / "tool").read_text() == "theirs"
    assert not stand_in.exists()
    assert (home / ".config" / "tool").read_text() == "theirs"


def test_no_password_is_shown(origin: Repo, run: Run) -> None:
    ref = origin.commit()
    uri = f"http://name:hunter2-in-uri@127.0.0.1:1/{origin.path}"
    answer = run("check", "git", {"source": {"uri": uri, **CREDENTIALS, "debug": True}})
    assert answer.status == 1
    for secret in ("hunter2-in-uri", "pass1"):
        assert secret not in answer.stderr
    assert run("check", "git", {"source": {"uri": origin.uri, **CREDENTIALS}}).value == [{"ref": ref}]


# Keys for ssh


def test_a_locked_key_needs_its_passphrase(origin: Repo, check: Check, tmp_path: Path) -> None:
    ref, key = origin.commit(), made(tmp_path, "some passphrase with spaces!")
    unset = r"Private key has a passphrase but private_key_passphrase has not been set\."
    with pytest.raises(ResourceError, match=unset):
        check(origin, private_key=key)
    with pytest.raises(ResourceError, match="private_key_passphrase is not the private key's passphrase"):
        check(origin, private_key=key, private_key_passphrase="another")
    assert check(origin, private_key=key, private_key_passphrase="some passphrase with spaces!") == [ref]


@pytest.mark.parametrize("change", ["strip", "crlf", "spaces"])
def test_a_key_may_have_lost_its_last_newline_or_have_those_of_windows(
    origin: Repo, check: Check, tmp_path: Path, change: str
) -> None:
    key = made(tmp_path)
    changed = {"strip": key.strip(), "crlf": key.replace("\n", "\r\n"), "spaces": f"\n\n{key}\n\n"}
    assert check(origin, private_key=changed[change]) == [origin.head]


def test_what_is_no_key_is_a_failure(origin: Repo, check: Check) -> None:
    with pytest.raises(ResourceError, match=r"source\.private_key: .*(invalid format|error in libcrypto)"):
        check(origin, private_key="no key")


def test_the_key_is_in_an_agent_and_in_no_file(origin: Repo, check: Check, tmp_path: Path) -> None:
    key = made(tmp_path)
    lines = key.encode().splitlines()[1:-1]
    source = read(Source, {"uri": "x", "private_key": key}, "source", [])
    with access(source) as reach:
        listed = subprocess.run(
            ["ssh-add", "-l"],
            env=os.environ | dict(reach.variables),
            capture_output=True,
            text=True,
            check=True,
        )
        assert "ED25519" in listed.stdout
        assert agents() == 1
        seen = [path for path in [*Path(reach.folder).rglob("*"), *tmp_path.rglob("*")] if path.is_file()]
        assert not [path for path in seen if any(line in path.read_bytes() for line in lines)]
    assert seen
    assert agents() == 0
    assert not Path(reach.folder).exists()


def config(home: Path) -> str:
    return (home / ".ssh" / "config").read_text()


KEY_LINES = "StrictHostKeyChecking no\nLogLevel quiet\n"


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        ({}, ""),
        ({"forward_agent": True}, "ForwardAgent yes\n"),
        ({"forward_agent": "false"}, ""),
        ({"private_key_user": "someuser"}, "User someuser\n"),
        ({"uri": "ssh://git@host.example:2222/x"}, "\nHost host.example\n  Port 2222\n"),
        (
            {"uri": "ssh://host.example:2222/x", "private_key_user": "u"},
            "User u\n\nHost host.example\n  Port 2222\n",
        ),
        ({"uri": "ssh://host.example/x:1"}, ""),
        ({"https_tunnel": {"proxy_port": "1"}}, ""),
        (
            {"https_tunnel": {"proxy_host": "proxy", "proxy_port": 3128}},
            "ProxyCommand /usr/bin/proxytunnel -p proxy:3128 -d %h:%p\n",
        ),
        (
            {
                "https_tunnel": {
                    "proxy_host": "p",
                    "proxy_port": "1",
                    "proxy_user": "u",
                    "proxy_password": "w",
                }
            },
            "ProxyCommand /usr/bin/proxytunnel -F ~/.ssh/tunnel_config -p p:1 -d %h:%p\n",
        ),
    ],
)
def test_writes_how_ssh_connects(tmp_path: Path, home: Path, keys: dict[str, object], lines: str) -> None:
    source = read(Source, {"uri": "x", "private_key": made(tmp_path), **keys}, "source", [])
    with access(source):
        assert config(home) == KEY_LINES + lines
        assert (home / ".ssh" / "config").stat().st_mode & 0o777 == 0o600
    with access(read(Source, {"uri": "x"}, "source", [])):
        assert not list((home / ".ssh").iterdir())


def test_git_runs_ssh_without_a_shell_where_programs_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "two words"
    folder.mkdir()
    assert ssh_command(str(tmp_path), ["ssh", "-F", "a b"]) == f"{tmp_path}/ssh"
    assert ssh_command(str(folder), ["ssh", "-F", "a b"]) == f"'{folder}/ssh'"
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    assert ssh_command(str(tmp_path), ["ssh", "-F", "a b"]) == "ssh -F 'a b'"


def test_the_program_runs_ssh_with_further_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = tmp_path / "bin" / "ssh"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{stand_in.parent}:{os.environ['PATH']}")
    program = ssh_command(str(tmp_path), ["ssh", "-F", "a b"])
    done = subprocess.run(
        [program, "host", "git-upload-pack 'x'"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "<-F><a b><host><git-upload-pack 'x'>"


def test_an_agent_s_socket_has_room_wherever_temporary_files_are(
    origin: Repo, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setenv("TMPDIR", str(long))
    assert check(origin, private_key=made(tmp_path)) == [origin.head]


def test_writes_the_login_of_the_proxy_to_a_file_of_its_own(home: Path) -> None:
    tunnel = {"proxy_host": "p", "proxy_port": 1, "proxy_user": "name", "proxy_password": "word"}
    with access(read(Source, {"uri": "x", "https_tunnel": tunnel}, "source", [])):
        file = home / ".ssh" / "tunnel_config"
        assert file.read_text() == "proxy_user = name\nproxy_passwd = word\n"
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "keys",
    [
        {"https_tunnel": {"proxy_host": "p$(touch pwned)", "proxy_port": 1}},
        {"https_tunnel": {"proxy_host": "p", "proxy_port": "1\nProxyCommand x"}},
        {"private_key_user": "u\nProxyCommand x"},
    ],
)
def test_what_goes_into_ssh_s_configuration_is_one_word(tmp_path: Path, keys: dict[str, object]) -> None:
    source = read(Source, {"uri": "x", "private_key": made(tmp_path), **keys}, "source", [])
    with pytest.raises(ResourceError, match=r"^source"), access(source):
        pass


# Settings of git


def test_settings_hold_and_the_user_s_own_ones_stay(origin: Repo, check: Check, git_home: Path) -> None:
    ref = origin.commit()
    before = (git_home / ".gitconfig").read_text()
    moved = {"name": f"url.file://{origin.path}.insteadOf", "value": "https://moved.example/"}
    assert check({"uri": "https://moved.example/", "git_config": [moved]}) == [ref]
    assert (git_home / ".gitconfig").read_text() == before


def test_the_last_setting_of_a_name_counts_and_any_value_is_kept_as_it_is(git_home: Path) -> None:
    (git_home / ".gitconfig").write_text("[user]\n\tname = Ann\n[a]\n\tb = theirs\n[c]\n\td = theirs\n")
    values = ["first", 'a "quoted" \\ value # not a comment; $@\n\ttab  ']
    given = [{"name": "a.Sub Section.b", "value": value} for value in values]
    source = read(
        Source, {"uri": "x", "git_config": [*given, {"name": "c.d", "value": "ours"}]}, "source", []
    )
    with access(source) as reach:

        def told(name: str) -> list[str]:
            command = ["git", "config", "--global", "--includes", "--null", "--get-all", name]
            env = {**os.environ, **reach.variables}
            shown = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
            return shown.stdout.split("\0")[:-1]

        assert told("a.Sub Section.b") == [values[1]]
        assert told("a.b") == ["theirs"]
        assert told("c.d")[-1] == "ours"
        assert told("user.name") == ["git", "Ann"]  # the default, then the user's own
        assert told("user.email") == ["git@localhost"]


@pytest.mark.parametrize("name", ["", "a", "a.b\n[c]", "a b.c", ".a", "a."])
def test_a_setting_s_name_is_one_of_git_s(origin: Repo, check: Check, name: str) -> None:
    with pytest.raises((ResourceError, RequestError), match=r"git_config"):
        check(origin, git_config=[{"name": name, "value": "x"}])


def test_any_certificate_will_do_where_that_is_asked_for() -> None:
    for skip, variable in (("true", "true"), (False, None)):
        source = read(Source, {"uri": "x", "skip_ssl_verification": skip}, "source", [])
        with access(source) as reach:
            assert reach.variables.get("GIT_SSL_NO_VERIFY") == variable


def test_says_what_git_does_where_that_is_asked_for(origin: Repo, get: Get) -> None:
    origin.commit()
    for number, (source, params) in enumerate((({"debug": True}, {}), ({}, {"debug": "true"}))):
        got = get({"uri": origin.uri, **source}, into=f"{number}", **params)
        assert got.stderr.startswith("debug mode enabled\n")
        assert "trace: built-in: git" in got.stderr
