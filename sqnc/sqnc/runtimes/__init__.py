"""The runtime seam: what starts containers, and nothing of what a step is.

Order of calls for one run: `image` or `build` for each image; `create_volume` and `create_network` for a job;
`start` for each container; `Container.remove`; `prune(run)` once at the end. Everything made carries the run's
id as a label, so that `prune` needs nothing else.

All calls may come from several threads at once. `Container.remove` and `prune` may be repeated and are
harmless when nothing is left.

    RuntimeFailure              the runtime could not do its part: the step is *errored*, never *failed*
    ├── RuntimeUnavailable      no engine answers (`auto` falls back to `process` on this one)
    ├── ImageUnavailable        the image is not there and could not be pulled
    ├── BuildFailed             the image of a Dockerfile could not be built
    └── NotShareable            this tree cannot be shown copy-on-write: stream it instead
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeAlias

from sqncshim.agent import Stream

Progress: TypeAlias = Callable[[str], None]
"""Takes one line of text for people, without a newline."""


class RuntimeFailure(Exception):
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


@dataclass(frozen=True, slots=True)
class Image:
    """An image that is there, with what its config says of a process; the engine applies it to each step."""

    id: str
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    working_directory: str = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """A place that containers share; *path* is where their processes see it."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """What to start: the agent, as process 1, in *image*."""

    run: str
    image: Image
    volumes: tuple[Volume, ...] = ()
    network: str = ""
    aliases: tuple[str, ...] = ()
    name: str = ""
    options: Mapping[str, object] = field(default_factory=dict)


class Container(Protocol):
    """A started container whose process 1 is the agent."""

    @property
    def id(self) -> str: ...

    @property
    def stream(self) -> Stream:
        """The agent's standard input and output; read and written by one `sqncshim.agent.Agent`."""

    def logs(self) -> bytes:
        """What the agent itself wrote to standard error, 64 KiB at most: why it ended, when it should not have."""

    def wait(self) -> int:
        """Wait for the container's end and return its exit status."""

    def remove(self) -> None:
        """End and remove it, with its anonymous volumes."""


class Runtime(Protocol):
    """See the module's docstring for the order of calls and what may be repeated."""

    @property
    def name(self) -> str: ...

    @property
    def isolated(self) -> bool:
        """False where steps run on this machine itself: then there are no images, and paths are the machine's."""

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
        """Create and start a container; its agent answers on `stream` when this returns."""

    def prune(self, run: str) -> None:
        """Remove every container, network and volume of the run."""

    def close(self) -> None:
        """Give back connections; nothing of a run is touched."""
