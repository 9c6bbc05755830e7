import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sqncshim import git
from sqncshim.agent import descendants
from sqncshim.git.process import environment

pytestmark = pytest.mark.usefixtures("git_home")


def config(key: str, login: git.Login | None = None) -> str:
    return git.run("config", "--get", key, login=login or git.Login(""), check=False).stdout.decode().strip()


def test_a_failure_holds_the_command_and_git_s_words(tmp_path: Path) -> None:
    with pytest.raises(git.GitError, match=r"git rev-parse HEAD: fatal: not a git repository"):
        git.run("rev-parse", "HEAD", cwd=tmp_path)
    assert git.run("rev-parse", "HEAD", cwd=tmp_path, check=False).status == 128


def test_a_missing_git_is_an_error_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(git.GitMissingError, match="git is not installed: install it"):
        git.run("version")


def test_a_missing_folder_is_not_a_missing_git(tmp_path: Path) -> None:
    with pytest.raises(git.GitError, match="no such folder") as error:
        git.run("version", cwd=tmp_path / "none")
    assert not isinstance(error.value, git.GitMissingError)


def test_standard_input_is_given_and_is_empty_otherwise() -> None:
    written = git.run("hash-object", "--stdin", stdin=b"hello\n").stdout
    assert written == b"ce013625030ba8dba906f756967f9e9ca394464a\n"
    assert git.run("hash-object", "--stdin").stdout == b"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\n"


def test_what_git_says_can_be_shown_while_it_runs(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    failed = git.run("rev-parse", "HEAD", cwd=tmp_path, shown=True, check=False)
    assert failed.stderr.startswith("fatal: not a git repository")
    assert git.run("version", shown=True).stdout.startswith(b"git version ")
    shown = capfd.readouterr()
    assert shown.err.startswith(f"{failed.stderr}\ngit version ")
    assert not shown.out


def test_variables_of_the_caller_come_after_ours() -> None:
    alias = ("-c", 'alias.show-lfs=!printf %s "$GIT_LFS_SKIP_SMUDGE"', "show-lfs")
    assert git.run(*alias).stdout == b"1"
    assert git.run(*alias, variables={"GIT_LFS_SKIP_SMUDGE": "0"}).stdout == b"0"


def test_remote_helpers_that_run_commands_are_never_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where the user's configuration allows them, or rewrites a harmless address to one."""
    marker = tmp_path / "ran"
    git.run("config", "--global", "protocol.ext.allow", "always")
    git.run("config", "--global", f"url.ext::touch {marker} .insteadOf", "https://example.com/")
    for url in (f"ext::touch {marker}", "https://example.com/x"):
        with pytest.raises(git.RemoteError, match="transport 'ext' not allowed"):
            git.ls_remote(url)
    assert not marker.exists()


def test_an_address_that_looks_like_an_option_is_an_address(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    git.run("init", "--quiet", "--", str(tmp_path / "repository"))
    with pytest.raises(git.RemoteError):
        git.ls_remote(f"--upload-pack=touch {marker};", str(tmp_path / "repository"))
    assert not marker.exists()


def test_configuration_in_the_environment_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "my.own")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "kept")
    assert config("my.own") == "kept"
    assert config("protocol.ext.allow") == "never"


def test_the_token_is_a_header_for_its_server_alone() -> None:
    login = git.Login("https://example.com/", "s3cret")
    # printf 'x-access-token:s3cret' | base64
    header = "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46czNjcmV0"
    assert config("http.https://example.com/.extraheader", login) == header
    matched = git.run("config", "--get-urlmatch", "http.extraheader", "https://example.com/a/b", login=login)
    assert matched.stdout.decode().strip() == header
    other = git.run(
        "config", "--get-urlmatch", "http.extraheader", "https://example.org/", login=login, check=False
    )
    assert other.stdout == b""


def test_no_token_and_no_web_server_mean_no_header() -> None:
    assert git.Login("https://example.com").config() == {}
    assert git.Login("ssh://example.com", "s3cret").config() == {}


def test_the_token_is_hidden_from_messages_and_from_repr() -> None:
    login = git.Login("https://example.com", "s3cret")
    assert login.hide("a s3cret, eC1hY2Nlc3MtdG9rZW46czNjcmV0") == "a ***, ***"
    assert "s3cret" not in repr(login)


def test_a_trace_does_not_show_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TRACE_REDACT", "0")
    assert "GIT_TRACE_REDACT" not in environment()


def test_git_has_no_terminal_to_ask_at() -> None:
    """ssh asks at the terminal whatever git is told; in a session of its own it has none."""
    alias = f"alias.session=!{shlex.quote(sys.executable)} -c 'import os; print(os.getsid(0))'"
    listed = git.run("-c", alias, "session").stdout
    assert int(listed) != os.getsid(0)


def test_an_interrupt_ends_git_too(tmp_path: Path) -> None:
    interrupt(
        f"git.run('-c', 'alias.wait=!echo $$ > {tmp_path}/pid; exec sleep 60', 'wait')", tmp_path / "pid"
    )


def test_an_interrupt_ends_what_git_has_just_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the start of a child and the note of it, git would leave it behind."""
    (tmp_path / "git").write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/pid\nwait\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    interrupt("git.run('version')", tmp_path / "pid")


def interrupt(call: str, pid_file: Path) -> None:
    """Interrupt a program in the midst of *call*; demand the end of the process that writes its number."""
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # where tests ignore it
    program = f"{heed}; from sqncshim import git; {call}"
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    wait_for(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"))
    # git runs before Popen has returned: only once it has, there is something that can be ended
    wait_for(lambda: is_asleep(process.pid))
    process.send_signal(signal.SIGINT)
    process.wait(10)
    wait_for(lambda: not lives(int(pid_file.read_text())))


def lives(pid: int) -> bool:
    """Not so a zombie, which whoever adopts it reaps in their own time."""
    found = descendants.read(pid)
    return found is not None and found.lives


def is_asleep(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def wait_for(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.01)
