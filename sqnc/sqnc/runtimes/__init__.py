"""The runtime seam: what starts containers, and nothing of what a step is.

Order of calls for one run: `image` or `build` for each image; `create_volume` and `create_network` for a job;
`start` for each container; `Container.remove`; `prune(run)` once at the end. Everything made carries the
run's id as a label, so that `prune` needs nothing else.

All calls may come from several threads at once. `Container.remove` and `prune` may be repeated and are
harmless when nothing is left. Run everything inside `sqnc.watcher.watch`, which prunes when the engine
cannot.

    RuntimeFailure              the runtime could not do its part: the step is *errored*, never *failed*
    ├── RuntimeUnavailable      no engine answers (`auto` falls back to `process` on this one)
    ├── ImageUnavailable        the image is not there and could not be pulled
    ├── BuildFailed             the image of a Dockerfile could not be built
    └── NotShareable            this tree cannot be shown copy-on-write: stream it instead
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from sqncshim.agent import Stream

Progress: TypeAlias = Callable[[str], None]
"""Takes one line of text for people, without a newline."""


class RuntimeFailure(Exception):  # noqa: N818 -- its branches are named for what happened
    """The runtime could not do its part."""


class RuntimeUnavailable(RuntimeFailure):
    """No engine answers; the message says what was asked and what to do."""


class ImageUnavailable(RuntimeFailure):
    """The image is not there and could not be pulled."""


class BuildFailed(RuntimeFailure):
    """The image of a Dockerfile could not be built; the message ends with the build's last lines."""


class NotShareable(RuntimeFailure):
    """This tree cannot be shown copy-on-write; the caller streams it through the agent instead."""


class Pull(Enum):
    """When an image is pulled."""

    ALWAYS = "always"
    MISSING = "missing"
    NEVER = "never"


@frozen
class Image:
    """An image that is there, with what its config says of a process; the engine applies it to each step."""

    id: str
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    working_directory: str = ""


@frozen
class Volume:
    """A place that containers share; *path* is where their processes see it.

    A volume whose *name* is an absolute path is that folder or file of this machine itself: it is made by
    writing `Volume(str(folder), "/path")`, needs paths that the runtime's containers can see, and outlives
    the run.
    """

    name: str
    path: str
    read_only: bool = False


@frozen
class ContainerSpec:
    """What to start: the agent, as process 1 and as root, in *image*."""

    run: str
    image: Image
    volumes: tuple[Volume, ...] = ()
    network: str = ""
    """One from `create_network`, or another that exists; empty for the runtime's default."""
    aliases: tuple[str, ...] = ()
    """Names by which the other containers of the network find this one."""
    name: str = ""
    """Empty lets the runtime choose one."""
    options: Mapping[str, object] = field(default_factory=dict)
    """What a workflow's `container.options` may say, by the names in docs/runtimes.md.

    An unknown one is a RuntimeFailure.
    """


class Container(Protocol):
    """A started container whose process 1 is the agent."""

    @property
    def id(self) -> str: ...

    @property
    def stream(self) -> Stream:
        """The agent's standard input and output; read and written by one `sqncshim.agent.Agent`."""

    def logs(self) -> bytes:
        """The last 64 KiB that the agent itself wrote to standard error: why it ended when it should not."""

    def wait(self) -> int:
        """Wait for the container's end and return its exit status, or -1 where nobody knows it any more."""

    def remove(self) -> None:
        """End and remove it, with its anonymous volumes."""


class Runtime(Protocol):
    """See the module's docstring for the order of calls and what may be repeated."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str:
        """What `open_runtime` needs to find the same engine from another process; opaque, may be empty."""

    @property
    def isolated(self) -> bool:
        """False where steps run on this machine itself: without images, and paths are the machine's."""

    @property
    def agent_root(self) -> str:
        """Where the bundle lies for processes in containers (`/.sqnc`); empty where there is none."""

    def image(self, reference: str, *, pull: Pull, progress: Progress) -> Image:
        """Make sure that the image is there; raise ImageUnavailable."""

    def build(self, context: Path, *, dockerfile: str, tag: str, progress: Progress) -> Image:
        """Build `context/dockerfile`; layers are cached by the engine; raise BuildFailed."""

    def create_volume(self, run: str, path: str, *, lower: Sequence[Path] = ()) -> Volume:
        """Make a volume for *path*; `Volume.path` says where it is really seen.

        With *lower*, the volume shows these folders merged, the first on top, and keeps all writes to itself;
        raise NotShareable where that cannot be done, before anything is made.
        """

    def create_network(self, run: str) -> str:
        """Make a network for the containers of a job; return its name."""

    def start(self, spec: ContainerSpec) -> Container:
        """Create and start a container; its agent runs when this returns, and says hello on `stream`."""

    def prune(self, run: str) -> None:
        """Remove every container, network and volume of the run."""

    def close(self) -> None:
        """Give back connections; nothing of a run is touched."""


Opener: TypeAlias = Callable[[Path, Progress, str], Runtime]


def open_runtime(name: str, *, cache: Path, progress: Progress, address: str = "") -> Runtime:
    """Open the runtime *name*: `docker`, `process`, or `auto`; raise RuntimeUnavailable.

    `auto` is docker where an engine answers within a second, else process; then *progress* gets one line that
    says why. *cache* is sequence's cache folder. *address* is another `Runtime.address` of the same name.
    """
    if name == "auto":
        return _open_auto(cache, progress)
    opener = RUNTIMES.get(name)
    if opener is None:
        raise RuntimeUnavailable(f"runtime {name!r}: expected one of {', '.join(sorted(RUNTIMES))}, auto")
    return opener(cache, progress, address)


def steps_run_here(why: RuntimeFailure) -> str:
    """What `auto` says where it is process."""
    return f"steps run on this machine itself (runtime process): {why}"


def _open_auto(cache: Path, progress: Progress) -> Runtime:
    from sqnc.runtimes.endpoint import find_endpoint  # noqa: PLC0415 -- json and the rest cost process 10 ms

    try:
        find_endpoint().ping(timeout_s=1.0)
        return _open_docker(cache, progress, "")
    except RuntimeUnavailable as error:
        progress(steps_run_here(error))
        return _open_process(cache, progress, "")


def _open_docker(cache: Path, progress: Progress, address: str) -> Runtime:
    from sqnc.runtimes.docker import DockerRuntime  # noqa: PLC0415 -- the docker SDK costs 110 ms

    return DockerRuntime.connect(address, cache=cache, progress=progress)


def _open_process(cache: Path, progress: Progress, address: str) -> Runtime:
    if sys.platform == "win32":
        raise RuntimeUnavailable(
            "the process runtime needs fork and signals: on Windows use a container engine"
        )
    from sqnc.runtimes.process import ProcessRuntime  # noqa: PLC0415 -- only where it is asked for

    del progress, address  # it has nothing to tell and is always here
    return ProcessRuntime(cache)


RUNTIMES: Final[Mapping[str, Opener]] = {"docker": _open_docker, "process": _open_process}
"""The runtimes by name; each is imported when it is opened."""
