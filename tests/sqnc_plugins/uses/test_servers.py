"""Actions from servers that ask who is there: by token, by the user's own helpers, by ssh."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from actions_compat.uses import RepositoryUses
from sqnc_plugins.uses import ActionRefError, ActionStore
from sqncshim import git

TOKEN = "t0ken-of-the-user"
ENCODED = git.Login("https://x", TOKEN).header.removeprefix("basic ")
GREET = RepositoryUses("owner", "greet", "", "main")


def test_the_token_opens_a_repository_and_is_nowhere_else(
    server: Any, web_server: Any, *, tmp_path: Path, git_calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add()
    web_server.accepts("x-access-token", TOKEN)
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_TRACE_CURL", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    store = ActionStore(tmp_path / "store", server_url=web_server.url, token=TOKEN)
    stored = store.checkout(GREET)
    assert stored.commit == server.head()
    assert set(web_server.authorizations) == {f"basic {ENCODED}"}

    assert any(b"git-remote-http" in line for line in web_server.command_lines), "else we looked at nothing"
    assert "owner/greet" in git_calls.read_text()
    seen = [*web_server.command_lines, git_calls.read_bytes()]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert tmp_path / "trace" in files
    seen += [path.read_bytes() for path in files]
    assert not [text for text in seen if TOKEN.encode() in text or ENCODED.encode() in text]


def test_a_refused_token_is_not_told(
    server: Any, web_server: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server.add()
    web_server.accepts("x-access-token", "another")
    store = ActionStore(tmp_path / "store", server_url=web_server.url, token=TOKEN)
    with pytest.raises(ActionRefError, match="no repository that we may read at http://") as error:
        store.checkout(GREET)
    told = f"{error.value}{error.value.__cause__}{capfd.readouterr()}"
    assert TOKEN not in told
    assert ENCODED not in told


def test_without_a_token_the_user_s_credential_helper_is_asked(
    server: Any, web_server: Any, tmp_path: Path
) -> None:
    server.add()
    web_server.accepts("ann", "s3cret")
    helper = "!f() { test $1 = get && echo username=ann && echo password=s3cret; }; f"
    git.run("config", "--global", "credential.helper", helper)
    store = ActionStore(tmp_path / "store", server_url=web_server.url)
    assert store.checkout(GREET).commit == server.head()


def test_nobody_is_asked_for_a_password(server: Any, web_server: Any, tmp_path: Path) -> None:
    server.add()
    web_server.accepts("ann", "s3cret")
    with pytest.raises(ActionRefError, match="terminal prompts disabled"):
        ActionStore(tmp_path / "store", server_url=web_server.url).checkout(GREET)


def test_instead_of_leads_to_a_mirror_which_does_not_get_the_token(
    server: Any, web_server: Any, tmp_path: Path
) -> None:
    server.add()
    web_server.accepts("ann", "s3cret")
    git.run("config", "--global", f"url.{web_server.url}/.insteadOf", "https://github.invalid/")
    store = ActionStore(tmp_path / "store", server_url="https://github.invalid", token=TOKEN)
    with pytest.raises(ActionRefError):
        store.checkout(GREET)
    assert set(web_server.authorizations) == {""}

    git.run("config", "--global", "--unset", f"url.{web_server.url}/.insteadOf")
    git.run("config", "--global", f"url.{server.url}/.insteadOf", "https://github.invalid/")
    assert store.checkout(GREET).commit == server.head()


def test_ssh_is_the_user_s_own(server: Any, tmp_path: Path) -> None:
    """The user's ssh command gets the server's name and what to run there; ours runs it right here."""
    server.add()
    script, log = tmp_path / "ssh", tmp_path / "ssh-calls"
    script.write_text(f'#!/bin/sh\necho "$@" >> {log}\nfor last; do :; done\neval "$last"\n')
    script.chmod(0o755)
    git.run("config", "--global", "core.sshCommand", str(script))
    store = ActionStore(tmp_path / "store", server_url=f"ssh://git@example.invalid{server.root}", token=TOKEN)
    assert store.checkout(GREET).commit == server.head()
    assert "git@example.invalid git-upload-pack" in log.read_text()
    assert TOKEN not in log.read_text()


def test_the_command_line_takes_server_and_token_from_the_environment(
    server: Any, web_server: Any, tmp_path: Path
) -> None:
    server.add()
    web_server.accepts("x-access-token", TOKEN)
    variables = {
        "GITHUB_SERVER_URL": web_server.url,
        "GITHUB_TOKEN": TOKEN,
        "SQNC_CACHE": str(tmp_path / "cache"),
    }
    result = subprocess.run(
        [sys.executable, "-m", "sqncshim", "plugin", "uses", "owner/greet@main"],
        env=os.environ | variables,
        capture_output=True,
        check=True,
    )
    assert result.stderr == b""
    assert TOKEN.encode() not in result.stdout
