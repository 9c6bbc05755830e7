"""How a repository is reached: with the source's keys, logins and proxy, and with its settings of git.

    with access(source) as reach:
        reach.at(folder).run("fetch", "origin")

What git needs lies in a folder of this run (settings, the socket of an ssh-agent) and in HOME, where scripts
look for it: `.netrc` and `.ssh/config`, written anew by each run, and removed by the next that needs none.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError
from sqnc_resources.git import credentials
from sqnc_resources.git.home import prepare_home
from sqnc_resources.git.repository import Repository
from sqnc_resources.streams import hide, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqnc_resources.git.values import Source
    from sqnc_resources.keys import Secret

_DEFAULTS: Final = (  # of the image that Concourse's type comes in
    ("user.name", "git"),
    ("user.email", "git@localhost"),
    ("pull.rebase", "false"),
    ("protocol.file.allow", "always"),
)
_SETTING: Final = re.compile(
    r"(?P<section>[A-Za-z0-9-]+)(?:\.(?P<part>[^\n\0]*))?\.(?P<name>[A-Za-z][A-Za-z0-9-]*)"
)
_PASSWORD: Final = re.compile(r"[a-z]+://[^/@:]*:(?P<password>[^/@]+)@")
_LONG: Final = 60  # bytes; a socket's path may have 108
_TRACE: Final = {"GIT_TRACE": "1", "GIT_CURL_VERBOSE": "1"}


@dataclass(frozen=True, slots=True)
class Access:
    """How programs reach the repository: *variables* are for their environment, *folder* for their files.

    The folder is this run's alone, and is removed in the end.
    """

    variables: Mapping[str, str]
    folder: str

    def at(self, folder: str) -> Repository:
        """The repository in *folder*, for git to work in."""
        return Repository(folder, self.variables)

    @contextmanager
    def with_key(self, key: Secret, passphrase: Secret | None) -> Iterator[Access]:
        """Reach another repository, such as a submodule, over ssh with this key alone."""
        from sqnc_resources.git.ssh_agent import ssh_agent  # noqa: PLC0415  (only for keys)

        with ssh_agent(key, passphrase, self.folder) as socket:
            yield replace(self, variables={**self.variables, "SSH_AUTH_SOCK": socket})


@contextmanager
def access(source: Source, *, debug: bool = False) -> Iterator[Access]:
    """Prepare what *source* says, and take it back in the end; raise ResourceError where a key is of no use.

    The files in HOME stay for whoever looks there, until the next run.
    """
    if password := _PASSWORD.match(source.uri):
        hide(password["password"])
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(_private_folder())
            variables = _variables(source, folder)
        except OSError as error:
            raise ResourceError(f"cannot write what git needs: {error}") from error
        if debug or source.debug:
            say("debug mode enabled")
            variables.update(_TRACE)
        reach = Access(variables, folder)
        if source.private_key:
            reach = stack.enter_context(reach.with_key(source.private_key, source.private_key_passphrase))
        yield reach


def temporary_folder() -> str:
    """The folder for temporary files, `$TMPDIR` or another; raise ResourceError where all are read-only."""
    return temporary_folders()[0]


def temporary_folders() -> Sequence[str]:
    """All folders for temporary files that can be written to, the best first; raise as `temporary_folder`."""
    candidates = [os.environ.get("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm", os.environ.get("HOME")]  # noqa: S108  (folders of our own in them)
    found = [folder for folder in candidates if folder and os.access(f"{folder}/", os.W_OK | os.X_OK)]
    if not found:
        told = ", ".join(filter(None, candidates))
        raise ResourceError(f"git needs a folder to write to, and {told} are not")
    return found


def _runs_programs(folder: str) -> bool:
    if sys.platform != "linux":  # nobody tells
        return True
    return not os.statvfs(folder).f_flag & os.ST_NOEXEC


@contextmanager
def _private_folder() -> Iterator[str]:
    """Make a folder where sockets have room and programs run, if there is a place for such a one."""
    folders = temporary_folders()
    good = [one for one in folders if len(os.fsencode(one)) <= _LONG and _runs_programs(one)]
    parent = (good or folders)[0]
    folder = f"{parent}/git-resource-{os.urandom(8).hex()}"
    os.mkdir(folder, 0o700)
    try:
        yield folder
    finally:
        _remove(folder)


def _remove(folder: str) -> None:
    try:
        os.unlink(f"{folder}/gitconfig")
        os.rmdir(folder)
    except OSError:
        from shutil import rmtree  # noqa: PLC0415  (only where there is more, as for keys)

        rmtree(folder, ignore_errors=True)


def _variables(source: Source, folder: str) -> dict[str, str]:
    """Write all files; what leads git and its helpers to them."""
    old_home = os.environ.get("HOME", folder)
    variables = {"GIT_CONFIG_GLOBAL": f"{folder}/gitconfig"}
    home = prepare_home(credentials.files(source), old_home, folder)
    if home != old_home:
        variables["HOME"] = home
    if source.skip_ssl_verification:
        variables["GIT_SSL_NO_VERIFY"] = "true"
    ssh_command = ""
    if arguments := credentials.ssh_arguments(source, home):
        from sqnc_resources.git import programs  # noqa: PLC0415  (only for ssh)

        ssh_command = programs.ssh_command(folder, arguments)
    with open(variables["GIT_CONFIG_GLOBAL"], "x") as file:
        file.write(_settings(source, old_home, ssh_command))
    return variables


def _settings(source: Source, home: str, ssh_command: str) -> str:
    """A configuration of git: defaults, then the user's own configuration, then the source's settings."""
    user = os.environ.get("GIT_CONFIG_GLOBAL")
    xdg = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    included = [user] if user else [f"{xdg}/git/config", f"{home}/.gitconfig"]
    lines = [_setting(name, value) for name, value in _DEFAULTS]
    lines += [_setting("include.path", file) for file in included]
    if ssh_command:
        lines.append(_setting("core.sshCommand", ssh_command))
    named = {setting.name: setting.value for setting in source.git_config}  # the last of a name counts
    return "".join(lines + [_setting(name, value) for name, value in named.items()])


def _setting(name: str, value: str) -> str:
    """A setting in the syntax of git's configuration files, which takes anything between quotes but NUL."""
    parts = _SETTING.fullmatch(name)
    if parts is None or "\0" in value:
        raise ResourceError(f"source.git_config: `{name}`: expected a name such as push.default, and a value")
    section = parts["section"]
    if parts["part"] is not None:
        section += f" {quoted(parts['part'])}"
    return f"[{section}]\n\t{parts['name']} = {quoted(value)}\n"


def quoted(text: str) -> str:
    """*text* as a value in git's configuration files."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "\\n").replace("\t", "\\t") + '"'
