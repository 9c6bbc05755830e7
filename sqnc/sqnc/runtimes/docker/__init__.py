"""The docker runtime: any engine that speaks Docker's API, through the docker SDK.

api         the connection, and the SDK's errors in the runtime's words
attached    a container's duplex stream
containers  from a spec to a running agent
options     what `container.options` may say
images      inspect, pull, build
volumes     empty ones and overlays
sharing     whether this machine's folders can be shown, found out once per engine
bundle      how the agent gets in: mounted, or from a volume
leftovers   everything of a run, by its label
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from sqnc.runtimes import ContainerSpec, Image, NotShareable, Progress, Pull, Volume
from sqnc.runtimes.docker import images, leftovers, volumes
from sqnc.runtimes.docker.api import Engine
from sqnc.runtimes.docker.bundle import bundle_mount, is_made_for
from sqnc.runtimes.docker.containers import DockerContainer, start_container
from sqnc.runtimes.docker.sharing import Sharing
from sqnc.runtimes.endpoint import Endpoint, find_endpoint
from sqncshim.paths import BUNDLE


class DockerRuntime:
    """See `sqnc.runtimes.Runtime`."""

    name = "docker"
    isolated = True
    agent_root = BUNDLE

    def __init__(self, engine: Engine, *, cache: Path, progress: Progress) -> None:
        self._engine = engine
        self._cache = cache
        self._progress = progress
        self._sharing = Sharing(engine, cache)
        self._bundle: dict[str, Any] | None = None
        self._bundle_lock = threading.Lock()
        self._any_image = ""

    @classmethod
    def connect(cls, address: str, *, cache: Path, progress: Progress) -> Self:
        """Connect to the engine at *address*, or to the one that is found; raise RuntimeUnavailable."""
        endpoint = Endpoint.parse(address) if address else find_endpoint()
        return cls(Engine(endpoint), cache=cache, progress=progress)

    @property
    def address(self) -> str:
        return self._engine.endpoint.dump()

    def image(self, reference: str, *, pull: Pull, progress: Progress) -> Image:
        return self._seen(images.image(self._engine, reference, pull=pull, progress=progress))

    def build(self, context: Path, *, dockerfile: str, tag: str, progress: Progress) -> Image:
        return self._seen(
            images.build(self._engine, context, dockerfile=dockerfile, tag=tag, progress=progress)
        )

    def _seen(self, image: Image) -> Image:
        self._any_image = image.id  # what `sharing` tries its mounts with
        return image

    def create_volume(self, run: str, path: str, *, lower: Sequence[Path] = ()) -> Volume:
        if not lower:
            return Volume(volumes.create_volume(self._engine, run), path)
        volumes.check_paths(self._engine, lower)
        if not self._any_image:
            raise NotShareable(
                "no image was asked for yet, and only a container shows what an engine can see"
            )
        if not self._sharing.overlays(run, self._any_image, lower[-1]):
            raise NotShareable(
                f"{lower[-1]}: the engine at {self._engine.endpoint} cannot show it copy-on-write"
            )
        return Volume(volumes.create_overlay(self._engine, run, lower), path)

    def create_network(self, run: str) -> str:
        return leftovers.create_network(self._engine, run)

    def start(self, spec: ContainerSpec) -> DockerContainer:
        return start_container(self._engine, spec, self._bundle_mount(spec.run, spec.image.id))

    def _bundle_mount(self, run: str, image_id: str) -> dict[str, Any]:
        with self._bundle_lock:
            if self._bundle is None:
                self._bundle = bundle_mount(
                    self._engine,
                    run,
                    image_id,
                    shared=is_made_for(self._engine) and self._sharing.folders(run, image_id),
                    cache=self._cache,
                    progress=self._progress,
                )
            return self._bundle

    def prune(self, run: str) -> None:
        leftovers.prune(self._engine, run)

    def close(self) -> None:
        self._engine.close()
