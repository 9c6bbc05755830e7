"""Folders inside a container: copies between a job's workspace and where a type's program looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqncshim.agent import AgentFailure, Command, Output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqncshim.agent import Agent

_COPY: Final = """
import shutil, sys
for source, target in zip(sys.argv[1::2], sys.argv[2::2]):
    shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
"""


def copy_folders(agent: Agent, sources: Mapping[str, str], *, user: str = "") -> None:
    """Copy each folder to the one that it is mapped to, both inside the container; times stay, links too.

    *user* does it, so must be able to read, and owns the copies. Raise AgentFailure.
    """
    if not sources:
        return
    agent.make_dirs(*sources.values(), user=user)
    words = [word for pair in sources.items() for word in pair]
    said: list[bytes] = []
    command = Command((agent.hello.python, "-I", "-S", "-c", _COPY, *words), user=user)
    ended = agent.run(command, lambda output, data: said.append(data) if output is Output.STDERR else None)
    if ended.code:
        raise AgentFailure(b"".join(said).decode(errors="replace").strip() or ended.error)
