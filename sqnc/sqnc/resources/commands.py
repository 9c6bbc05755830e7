"""`sqnc check|get|put`: one resource of a file, with all that it takes to run its type."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from actions_compat.frozen import frozen
from sqnc.engine.containers import JobContainer
from sqnc.resources.executors import (
    BuiltInType,
    ImageType,
    ScriptsType,
    host_environment,
    image_environment,
)
from sqnc.resources.getcache import GetCache
from sqnc.resources.histories import HistoryFile
from sqnc.resources.images import made_image
from sqnc.resources.kinds import BuiltIn, ImageKind, MadeImage, PythonFile, Scripts, describe, kind_of
from sqnc.resources.places import Here, InContainer, copy_to
from sqnc.resources.programs import StepError
from sqnc.resources.tracked import CHECK_TIMEOUT_S, TrackedResource
from sqnc.runtimes import ContainerSpec, Image, Pull, RuntimeUnavailable, open_runtime
from sqnc.sweep import sweep
from sqnc.watcher import watch
from sqnc_resources.emulator.cache_key import get_key
from sqncshim.agent import Agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sqnc.resources.executors import Executor
    from sqnc.resources.kinds import Kind
    from sqnc.resources.places import Places
    from sqnc.resources.programs import Session
    from sqnc.resources.tracked import Got
    from sqnc.runtimes import Progress, Runtime
    from sqnc_resources.emulator.answers import Answer
    from sqnc_resources.emulator.build import Build
    from sqnc_resources.emulator.configuration import Configuration, Object, Resource, ResourceType, Version


@frozen
class Order:
    """Which resource, and how to run its type.

    runtime: `auto` is containers for images, and this machine for the rest. image: where a built-in type
    runs in containers. types: what runs a type, by its name (`kinds.parse_place`).
    """

    configuration: Configuration
    name: str
    build: Build
    cache: Path
    state: Path
    image: str
    runtime: str = "auto"
    pull: Pull = Pull.MISSING
    types: Mapping[str, str] = field(default_factory=dict)
    has_cache: bool = True
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class OpenResource:
    """A resource whose type can be run, on folders of this machine."""

    tracked: TrackedResource
    places: Places

    def get(self, version: Version, params: Object, target: Path, *, after_put: bool = False) -> Got:
        """Fill *target*, which is made, or there and empty."""
        got = self.tracked.get(
            version,
            params,
            lambda: self.places.make(target),
            lambda tree: copy_to(tree, target),
            after_put=after_put,
        )
        if not got.cached:
            self.places.finish(target)
        return got

    def put(self, params: Object, folder: Path, names: Iterable[str]) -> Answer:
        """Put with the folders *names* in *folder* as inputs."""
        return self.tracked.put(params, self.places.give(folder, names))


@contextmanager
def open_resource(order: Order, session: Session, progress: Progress) -> Iterator[OpenResource]:
    """Make everything ready, and leave nothing behind but state and cache.

    Raise WorkflowError for what is wrong in the file, and RuntimeFailure, before anything has started.
    """
    configuration = order.configuration
    resource = configuration.resource(order.name)
    kind = kind_of(resource, configuration, order.types)
    source = configuration.source(resource)
    sweep(order.cache)
    run = secrets.token_hex(6)
    runtime = _open_runtime(order, kind, progress)
    ended: StepError | None = None
    try:
        with watch(run, runtime, cache=order.cache) as scratch, ExitStack() as stack:
            bench = _Bench(order, session, progress, runtime=runtime, run=run, scratch=scratch, stack=stack)
            try:
                yield bench.open(resource, kind, source)
            except StepError as error:  # an end like any other: nothing is left to the watcher
                ended = error
            stack.close()
            runtime.prune(run)
    finally:
        runtime.close()
    if ended is not None:
        raise ended


def _open_runtime(order: Order, kind: Kind, progress: Progress) -> Runtime:
    is_image = isinstance(kind, ImageKind | MadeImage)
    if is_image and order.runtime == "process":
        raise RuntimeUnavailable(
            f"{order.name}: its type is an image, which needs a container engine, and the process runtime is "
            "none: use --runtime docker, or name scripts that are the type with --type"
        )
    is_contained = is_image or (isinstance(kind, BuiltIn) and order.runtime == "docker")
    return open_runtime("docker" if is_contained else "process", cache=order.cache, progress=progress)


class _Bench:
    """What opens resources in one run; containers are started when they are first used."""

    def __init__(
        self,
        order: Order,
        session: Session,
        progress: Progress,
        *,
        runtime: Runtime,
        run: str,
        scratch: Path,
        stack: ExitStack,
    ) -> None:
        self._order, self._session, self._progress = order, session, progress
        self._runtime, self._run, self._scratch, self._stack = runtime, run, scratch, stack
        self._here = self._starter(self._host(), Image(""))

    def open(self, entry: Resource | ResourceType, kind: Kind, source: Object | None) -> OpenResource:
        order = self._order
        executor, places = self._executor(kind)
        file = str(Path(order.configuration.file).absolute())
        timeout_s = getattr(entry, "check_timeout_s", None) or CHECK_TIMEOUT_S
        tracked = TrackedResource(
            entry.name,
            executor,
            source,
            HistoryFile.of(order.state / "histories", file, entry.name, kind=describe(kind), source=source),
            GetCache(order.cache / "gets") if order.has_cache else None,
            self._session,
            order.build,
            check_timeout_s=order.timeout_s or timeout_s,
            timeout_s=order.timeout_s,
        )
        return OpenResource(tracked, places)

    def _executor(self, kind: Kind) -> tuple[Executor, Places]:
        host = host_environment()
        match kind:
            case ImageKind(reference=reference, privileged=privileged):
                return self._of_image(self._image(reference), privileged=privileged)
            case MadeImage(entry=entry, kind=inner):
                return self._of_image(self._made(entry, inner), privileged=entry.privileged)
            case BuiltIn(name=name) if self._runtime.isolated:
                image = self._image(self._order.image)
                start = self._starter(self._runtime, image)
                return _contained(BuiltInType(name, start, image_environment(image), image.user))
            case BuiltIn(name=name):
                return BuiltInType(name, self._here, host), Here(self._scratch)
            case Scripts(folder=folder):
                own = {**host, "TMPDIR": self._temporary_folder()}
                return ScriptsType(folder, self._here, own), Here(self._scratch)
            case PythonFile(path=path, attribute=attribute):
                name = f"{path}:{attribute}" if attribute else str(path)
                executor = BuiltInType(name, self._here, host, code=_code_digest(path))
                return executor, Here(self._scratch)

    def _temporary_folder(self) -> str:
        """One that goes with the run: what scripts leave in the /tmp of a container is gone with it, too."""
        folder = self._scratch.absolute() / "tmp"
        folder.mkdir(mode=0o700, exist_ok=True)
        return str(folder)

    def _of_image(self, image: Image, *, privileged: bool) -> tuple[Executor, Places]:
        options = {"privileged": True} if privileged else {}
        return _contained(ImageType(image, self._starter(self._runtime, image, options)))

    def _image(self, reference: str) -> Image:
        return self._runtime.image(reference, pull=self._order.pull, progress=self._progress)

    def _made(self, entry: ResourceType, kind: Kind) -> Image:
        """The image that a check and a get of the type's own resource make."""
        source = self._order.configuration.source(entry)
        made = self.open(entry, kind, source)
        version, params = made.tracked.choose(None), self._order.configuration.params(entry)
        target = self._scratch / f"type-{secrets.token_hex(4)}"

        def fetch() -> Path:
            made.get(version, params, target)
            return target

        key = get_key(made.tracked.executor.identity, source, version, params)
        return made_image(self._runtime, key, fetch, progress=self._progress)

    def _host(self) -> Runtime:
        if not self._runtime.isolated:
            return self._runtime
        host = open_runtime("process", cache=self._order.cache, progress=self._progress)
        self._stack.callback(host.prune, self._run)
        return host

    def _starter(
        self, runtime: Runtime, image: Image, options: Mapping[str, object] | None = None
    ) -> Callable[[], JobContainer]:
        """What starts a container once, and gives that from then on."""

        @cache
        def start() -> JobContainer:
            container = runtime.start(ContainerSpec(self._run, image, options=options or {}))
            started = JobContainer(
                image, container, Agent(container.stream), bundled=bool(runtime.agent_root)
            )
            self._stack.callback(started.close)
            return started

        return start


def _contained(executor: Executor) -> tuple[Executor, Places]:
    return executor, InContainer(executor)


def _code_digest(file: Path) -> str:
    """A digest of a Python file, and of those beside it, which it may import."""
    digest = hashlib.sha256()
    for path in sorted({file, *file.parent.glob("*.py")}):
        digest.update(path.name.encode("utf-8", "surrogateescape") + path.read_bytes())
    return digest.hexdigest()
