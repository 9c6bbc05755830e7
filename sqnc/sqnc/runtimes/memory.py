"""A runtime for tests: images, networks and volumes in memory; its containers are real agents, not isolated.

runtime = MemoryRuntime(folder, images={"debian:12": Image("id", env={"A": "1"})})
runtime.refuse["build"] = BuildFailed("no")    # the next calls of that name raise this
runtime.calls                                  # [("image", "debian:12"), …]: what was asked, in order
"""

import secrets
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from sqnc.runfolder import remove_tree
from sqnc.runtimes import (
    ContainerSpec,
    Image,
    ImageUnavailable,
    NotShareable,
    Progress,
    Pull,
    RuntimeFailure,
    Volume,
)
from sqnc.runtimes.process import AgentProcess


class MemoryRuntime:
    """See `sqnc.runtimes.Runtime`. *images*: those that are there; *registry*: those that can be pulled."""

    name = "memory"
    address = ""
    isolated = False
    agent_root = ""

    def __init__(
        self,
        folder: Path,
        *,
        images: Mapping[str, Image] | None = None,
        registry: Mapping[str, Image] | None = None,
    ) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self.images = dict(images or {})
        self.registry = dict(registry or {})
        self.refuse: dict[str, RuntimeFailure] = {}
        self.calls: list[tuple[str, ...]] = []
        self.volumes: dict[str, list[Volume]] = {}
        self.networks: dict[str, list[str]] = {}
        self.containers: dict[str, list[AgentProcess]] = {}

    def image(self, reference: str, *, pull: Pull, progress: Progress) -> Image:
        self._called("image", reference, pull.value)
        if pull is Pull.ALWAYS or (pull is Pull.MISSING and reference not in self.images):
            progress(f"pulling {reference}")
            if reference not in self.registry:
                raise ImageUnavailable(f"image {reference}: the registry does not have it")
            self.images[reference] = self.registry[reference]
        if reference not in self.images:
            raise ImageUnavailable(f"image {reference}: it is not here, and pulling is off (never)")
        return self.images[reference]

    def build(self, context: Path, *, dockerfile: str, tag: str, progress: Progress) -> Image:
        self._called("build", str(context), dockerfile, tag)
        progress(f"building {tag}")
        self.images[tag] = Image(id=tag)
        return self.images[tag]

    def create_volume(self, run: str, path: str, *, lower: Sequence[Path] = ()) -> Volume:
        self._called("create_volume", run, path, *map(str, lower))
        if lower:
            raise NotShareable(f"{lower[-1]}: memory shows no folder copy-on-write")
        folder = self._folder / run / f"{PurePosixPath(path).name}-{secrets.token_hex(4)}"
        folder.mkdir(parents=True)
        volume = Volume(folder.name, str(folder))
        self.volumes.setdefault(run, []).append(volume)
        return volume

    def create_network(self, run: str) -> str:
        self._called("create_network", run)
        name = f"sqnc-{run}-{secrets.token_hex(4)}"
        self.networks.setdefault(run, []).append(name)
        return name

    def start(self, spec: ContainerSpec) -> AgentProcess:
        self._called("start", spec.run, spec.image.id)
        self._folder.mkdir(parents=True, exist_ok=True)
        container = AgentProcess(self._folder / f"agent-{secrets.token_hex(4)}")
        self.containers.setdefault(spec.run, []).append(container)
        return container

    def prune(self, run: str) -> None:
        self._called("prune", run)
        for container in self.containers.pop(run, ()):
            container.remove()
        self.volumes.pop(run, None)
        self.networks.pop(run, None)
        remove_tree(self._folder / run)

    def close(self) -> None:
        self._called("close")

    def _called(self, *call: str) -> None:
        with self._lock:
            self.calls.append(call)
        if error := self.refuse.get(call[0]):
            raise error
