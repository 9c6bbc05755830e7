"""The files in HOME that hold logins and how to connect, as git, curl and ssh read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqnc_resources.errors import ResourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqnc_resources.git.values import HttpsTunnel, Source
    from sqnc_resources.keys import Secret

NETRC: Final = ".netrc"
SSH_CONFIG: Final = ".ssh/config"
_TUNNEL_CONFIG: Final = ".ssh/tunnel_config"
_PROXYTUNNEL: Final = "/usr/bin/proxytunnel"
_PORT: Final = re.compile(r"ssh://(?:[^@]+@)?(?P<host>[^:/]+):(?P<port>[0-9]+)")


def files(source: Source) -> Mapping[str, str]:
    """The files that *source* asks for, by their names under HOME."""
    found = {
        NETRC: _netrc(source),
        SSH_CONFIG: _ssh_config(source),
        _TUNNEL_CONFIG: _tunnel_config(source.https_tunnel),
    }
    return {name: content for name, content in found.items() if content}


def ssh_arguments(source: Source, home: str) -> Sequence[str]:
    """What git runs as ssh, before its own arguments; nothing leaves it to git.

    ssh itself looks for its files in the home that the system's list of users has, and not in HOME.
    """
    if not _ssh_config(source):
        return ()
    return ("ssh", "-F", f"{home}/{SSH_CONFIG}", "-o", f'UserKnownHostsFile="{home}/.ssh/known_hosts"')


def _netrc(source: Source) -> str:
    logins = [
        f"machine {each.host} {_login(each.username, each.password)}"
        for each in source.submodule_credentials
        if each.is_login
    ]
    if source.username and source.password:
        logins.append(f"default {_login(source.username, source.password)}")
    return "".join(f"{login}\n" for login in logins)


def _login(username: str, password: Secret | None) -> str:
    return f"login {_word(username)} password {_word(password.reveal() if password else '')}"


def _word(text: str) -> str:
    """One word of a .netrc; curl reads a quoted one since 7.84."""
    if any(character in text for character in "\n\r\0"):
        raise ResourceError("source: a username and a password are one line each")
    if text.startswith('"') or any(character.isspace() for character in text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def _ssh_config(source: Source) -> str:
    lines = []
    if source.private_key:
        lines += ["StrictHostKeyChecking no", "LogLevel quiet"]
        if source.private_key_user:
            lines.append(f"User {_line(source.private_key_user)}")
        if source.forward_agent:
            lines.append("ForwardAgent yes")
    lines += _proxy_command(source.https_tunnel)
    if source.private_key and (port := _PORT.match(source.uri)):
        lines += ["", f"Host {port['host']}", f"  Port {port['port']}"]
    return "".join(f"{line}\n" for line in lines)


def _proxy_command(tunnel: HttpsTunnel) -> list[str]:
    if not (tunnel.proxy_host and tunnel.proxy_port):
        return []
    from shutil import which  # noqa: PLC0415  (only a tunnel needs it)

    login = f"-F ~/{_TUNNEL_CONFIG} " if tunnel.proxy_user else ""
    proxy = f"{tunnel.proxy_host}:{tunnel.proxy_port}"
    if not re.fullmatch(r"[A-Za-z0-9.:_\[\]-]+", proxy):
        raise ResourceError(f"source.https_tunnel: `{proxy}`: expected a host and a port")
    return [f"ProxyCommand {which('proxytunnel') or _PROXYTUNNEL} {login}-p {proxy} -d %h:%p"]


def _tunnel_config(tunnel: HttpsTunnel) -> str:
    if not tunnel.proxy_user:
        return ""
    password = tunnel.proxy_password.reveal() if tunnel.proxy_password else ""
    return f"proxy_user = {_line(tunnel.proxy_user)}\nproxy_passwd = {_line(password)}\n"


def _line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ResourceError("source: a user's name and a password are one line each")
    return text
