"""Runs the git program."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from base64 import b64encode
from dataclasses import field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike


class GitError(Exception):
    """git could not do it."""


class GitMissingError(GitError):
    """There is no git program."""


@frozen
class Login:
    """The token for one server, given to git as a header that it sends to this server alone.

    An empty token leaves it to the user's credential helpers, which git asks too when the token is refused.
    """

    server: str
    token: str = field(default="", repr=False)

    @property
    def header(self) -> str:
        return "basic " + b64encode(f"x-access-token:{self.token}".encode()).decode()

    def config(self) -> dict[str, str]:
        if not self.token or not self.server.startswith(("https://", "http://")):
            return {}
        return {f"http.{self.server.rstrip('/')}/.extraheader": f"AUTHORIZATION: {self.header}"}

    def hide(self, text: str) -> str:
        """*text* without the token, for messages."""
        if not self.token:
            return text
        return text.replace(self.token, "***").replace(self.header.removeprefix("basic "), "***")


NO_LOGIN: Final = Login("")
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@frozen
class Result:
    """How git ended. *stderr* is for people, and holds no token."""

    status: int
    stdout: bytes
    stderr: str


# What would make git look at another repository than the one it is pointed to, as inside a git hook.
_LOCAL_VARIABLES: Final = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_TRACE_REDACT",  # not of a repository: with it, a trace would show the token
    "GIT_WORK_TREE",
)
_VARIABLES: Final = {
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "Never",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "LC_ALL": "C",  # messages are compared, and shown beside ours
}
_CONFIG: Final = {
    "protocol.ext.allow": "never",  # ext::COMMAND runs COMMAND
    "core.hooksPath": os.devnull,  # the user's hooks are for the user's work, not for ours
}


def run(
    *arguments: str,
    cwd: str | PathLike[str] | None = None,
    login: Login = NO_LOGIN,
    stdin: bytes | None = None,
    check: bool = True,
    variables: Mapping[str, str] = NOTHING,
    shown: bool = False,
) -> Result:
    """Run `git ARGUMENTS` in *cwd* and wait for it; raise GitError where it fails and *check* is set.

    The user's configuration, credential helpers and ssh are used, and the terminal is not. *variables* are
    set in git's environment, after ours. With *shown*, and no *stdin*, what git says goes to standard error
    too, while it runs and as it is. Callers put `--` (or `--end-of-options`) before whatever they did not
    write themselves.
    """
    process = start(*arguments, cwd=cwd, login=login, stdin=stdin is not None, variables=variables)
    return finish(process, login=login, stdin=stdin, check=check, shown=shown)


def start(
    *arguments: str,
    cwd: str | PathLike[str] | None = None,
    login: Login = NO_LOGIN,
    stdin: bool = False,
    variables: Mapping[str, str] = NOTHING,
) -> subprocess.Popen[bytes]:
    """Start git; every process is given to `finish`. This way two of them run at once."""
    try:
        return subprocess.Popen(
            ["git", *arguments],  # noqa: S607  (the user's git, wherever PATH has it)
            cwd=cwd,
            env={**environment(login), **variables},
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # without a terminal, ssh too cannot ask and wait for ever
        )
    except FileNotFoundError as error:
        if cwd is not None and not os.path.isdir(cwd):  # noqa: PTH112  (pathlib takes time to import)
            raise GitError(f"{cwd}: no such folder") from error
        raise GitMissingError("git is not installed: install it with the system's package manager") from error


def finish(
    process: subprocess.Popen[bytes],
    *,
    login: Login = NO_LOGIN,
    stdin: bytes | None = None,
    check: bool = True,
    shown: bool = False,
) -> Result:
    """Wait for a started git. When the wait is interrupted, git is ended first."""
    with process:
        try:
            stdout, stderr = _communicate_shown(process) if shown else process.communicate(stdin)
        except BaseException:
            _terminate(process)
            raise
    result = Result(process.returncode, stdout, login.hide(stderr.decode(errors="replace")).strip())
    if check and result.status:
        arguments = process.args[1:] if isinstance(process.args, list) else ()
        raise GitError(f"git {' '.join(map(str, arguments))}: {result.stderr or f'exit {result.status}'}")
    return result


def _terminate(process: subprocess.Popen[bytes]) -> None:
    """End git, which removes its lock files, and what it started: it may not know yet of a new child."""
    if sys.platform == "win32":
        process.terminate()
    elif process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)  # it leads a session of its own


def _communicate_shown(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Copy both outputs to standard error as they come, and keep them."""
    from selectors import EVENT_READ, DefaultSelector  # noqa: PLC0415  (only what is shown needs it)

    kept: dict[int, bytearray] = {}
    with DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            kept[selector.register(stream, EVENT_READ).fd] = bytearray()
        while selector.get_map():
            for key, _ in selector.select():
                data = os.read(key.fd, 65536)
                kept[key.fd] += data
                if data:
                    _show(data)
                else:
                    selector.unregister(key.fileobj)
    process.wait()
    stdout, stderr = kept.values()
    return bytes(stdout), bytes(stderr)


def _show(data: bytes) -> None:
    view = memoryview(data)
    with contextlib.suppress(OSError):  # nobody reads standard error: git's work matters more
        while view:
            view = view[os.write(2, view) :]


def environment(login: Login = NO_LOGIN) -> Mapping[str, str]:
    """The environment that git runs in; configuration that the caller's environment holds is kept."""
    variables = {name: value for name, value in os.environ.items() if name not in _LOCAL_VARIABLES}
    variables.update(_VARIABLES)
    count = int(variables.get("GIT_CONFIG_COUNT") or 0)
    for key, value in {**_CONFIG, **login.config()}.items():
        variables[f"GIT_CONFIG_KEY_{count}"] = key
        variables[f"GIT_CONFIG_VALUE_{count}"] = value
        count += 1
    variables["GIT_CONFIG_COUNT"] = str(count)
    return variables
