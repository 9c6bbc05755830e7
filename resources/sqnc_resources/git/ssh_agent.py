"""An ssh-agent that holds one key, so that the key is in no file."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqnc_resources.errors import ResourceError
from sqnc_resources.git.programs import write_askpass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqnc_resources.keys import Secret


@contextmanager
def ssh_agent(key: Secret, passphrase: Secret | None, folder: str) -> Iterator[str]:
    """Start an agent with *key*, its files in *folder*; give its socket. A bad key is a ResourceError."""
    socket = f"{folder}/agent-{os.urandom(4).hex()}"
    try:
        agent = subprocess.Popen(
            ["ssh-agent", "-s", "-D", "-a", socket],  # noqa: S607  (wherever PATH has it)
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise ResourceError("source.private_key: install the ssh client: there is no ssh-agent") from error
    with agent:
        try:
            assert agent.stdout is not None
            if not agent.stdout.readline():  # it says where its socket is once that is there
                raise ResourceError("source.private_key: ssh-agent does not start")
            _add(key, passphrase, socket, folder)
            yield socket
        finally:
            agent.terminate()


def _add(key: Secret, passphrase: Secret | None, socket: str, folder: str) -> None:
    variables = os.environ | {
        "SSH_AUTH_SOCK": socket,
        "SSH_ASKPASS": write_askpass(folder),
        "SSH_ASKPASS_REQUIRE": "force",
        "DISPLAY": ":",  # before OpenSSH 8.4 nothing else makes it use askpass
        "GIT_SSH_PRIVATE_KEY_PASS": passphrase.reveal() if passphrase else "",
    }
    # it is cut short where the last newline is missing
    text = key.reveal().replace("\r\n", "\n").strip("\n") + "\n"
    added = subprocess.run(
        ["ssh-add", "-q", "-"],  # noqa: S607  (as above)
        input=text.encode(),
        env=variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        check=False,
    )
    if added.returncode:
        words = added.stderr.decode(errors="replace").strip()
        raise ResourceError(f"source.private_key: {words or 'ssh-add does not take it'}")
