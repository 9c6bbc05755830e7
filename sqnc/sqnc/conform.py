"""The conformance kit's executor for images: runs a resource type's programs as Concourse does.

check runs in one container, as between Concourse's checks; each in and out has a container of its own.
"""

from __future__ import annotations

import secrets
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqnc.resources.executors import image_environment
from sqnc.runtimes import ContainerSpec, Pull, Volume, open_runtime
from sqnc.sweep import sweep
from sqnc.watcher import watch
from sqnc_resources.conform.executor import CHECK, ROLES, Ability, Outcome
from sqnc_resources.conform.folders import read_tree
from sqnc_resources.conform.inside import decode_answer, encode_order
from sqncshim.agent import Agent, Command, Output
from sqncshim.cache import cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqnc.runtimes import Container, Image, Progress, Runtime
    from sqnc_resources.conform.executor import Call
    from sqnc_resources.conform.folders import Tree

_PROGRAMS: Final = "/opt/resource"
_BUILD: Final = "/tmp/build"  # noqa: S108  (Concourse's folder, in a container of its own)
_CWD: Final = "/tmp/cwd"  # noqa: S108  (as above)
_FOLDERS: Final = {"in": f"{_BUILD}/get", "out": f"{_BUILD}/put"}
_READ_ONLY: Final = {"read_only": True, "tmpfs": {"/tmp": "mode=1777,exec"}}  # noqa: S108  (as above)
_EVERYBODY: Final = 0o777


class ProgramLost(Exception):  # noqa: N818  (it is named for what happened)
    """The kit's own program in the container came to nothing; the message has what it said."""


@contextmanager
def open_image(
    reference: str, *, pull: Pull = Pull.MISSING, progress: Progress = lambda _: None
) -> Iterator[ImageExecutor]:
    """Make ready to judge an image, and leave nothing behind; raise RuntimeFailure."""
    cache = cache_folder("")
    sweep(cache)
    runtime = open_runtime("docker", cache=cache, progress=progress)
    run = secrets.token_hex(6)
    try:
        image = runtime.image(reference, pull=pull, progress=progress)
        with watch(run, runtime, cache=cache):
            executor = ImageExecutor(reference, image, runtime, run)
            yield executor
            executor.close()
            runtime.prune(run)
    finally:
        runtime.close()


@dataclass(slots=True)
class _Started:
    """A container, and the agent in it."""

    container: Container
    agent: Agent

    def close(self) -> None:
        self.agent.close()
        self.container.remove()


@dataclass(slots=True)
class ImageExecutor:
    """Runs the programs that the image has in /opt/resource."""

    name: str
    image: Image
    runtime: Runtime
    run_id: str
    _volumes: list[Volume] = field(default_factory=list)
    _checking: dict[bool, _Started] = field(default_factory=dict)
    _roles: frozenset[str] | None = None

    @property
    def roles(self) -> frozenset[str]:
        if self._roles is None:
            agent = self._check_container(read_only=False).agent
            are_there = agent.which_exist([f"{_PROGRAMS}/{role}" for role in ROLES])
            self._roles = frozenset(role for role, is_there in zip(ROLES, are_there, strict=True) if is_there)
        return self._roles

    @property
    def env(self) -> Mapping[str, str]:
        return image_environment(self.image)

    def missing(self, ability: Ability) -> str | None:
        """Containers can do it all."""
        del ability
        return None

    def show(self, folder: Path) -> None:
        self._volumes.append(Volume(str(folder), str(folder)))

    def run(self, call: Call) -> Outcome:
        if call.role == CHECK:
            return self._run(self._check_container(read_only=call.read_only).agent, call)
        started = self._start(read_only=call.read_only)
        try:
            return self._run(started.agent, call)
        finally:
            started.close()

    def close(self) -> None:
        """End the containers; a second call is harmless."""
        for started in self._checking.values():
            started.close()
        self._checking.clear()

    def _check_container(self, *, read_only: bool) -> _Started:
        if read_only not in self._checking:
            self._checking[read_only] = self._start(read_only=read_only)
        return self._checking[read_only]

    def _start(self, *, read_only: bool) -> _Started:
        options = _READ_ONLY if read_only else {}
        spec = ContainerSpec(self.run_id, self.image, tuple(self._volumes), options=options)
        container = self.runtime.start(spec)
        return _Started(container, Agent(container.stream))

    def _run(self, agent: Agent, call: Call) -> Outcome:
        user = call.user or self.image.user
        folder = _FOLDERS.get(call.role, "")
        agent.remove(_CWD, *filter(None, [folder]))
        agent.make_dirs(_CWD, *filter(None, [folder]), mode=_EVERYBODY, user=user)
        if call.inputs is not None and folder:
            agent.put_tree(call.inputs, None, folder, user=user)
        program = [f"{_PROGRAMS}/{call.role}", *filter(None, [folder])]
        ended = decode_answer(_run_inside(agent, encode_order(program, call, _CWD), user))
        with tempfile.TemporaryDirectory(prefix="sqnc-conform-") as scratch:
            trees = [
                _tree(agent, place, Path(scratch, str(number))) for number, place in enumerate([_CWD, folder])
            ]
        return Outcome(ended.status, ended.stdout, ended.stderr, ended.duration_s, trees[1], trees[0])


def _run_inside(agent: Agent, order: bytes, user: str) -> bytes:
    script = f"{agent.hello.root}/sqnc_resources/conform/inside.py"
    said: dict[Output, list[bytes]] = {output: [] for output in Output}
    command = Command((agent.hello.python, "-ISB", script), stdin=order, user=user)
    ended = agent.run(command, lambda output, data: said[output].append(data))
    if ended.code:
        raise ProgramLost(
            f"exit status {ended.code}: {b''.join(said[Output.STDERR]).decode('utf-8', 'replace')}"
        )
    return b"".join(said[Output.STDOUT])


def _tree(agent: Agent, place: str, copy: Path) -> Tree:
    if not place:
        return {}
    agent.get_tree(place, copy)
    return read_tree(copy) if copy.is_dir() else {}
