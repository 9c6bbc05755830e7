"""Which image a job's steps run in: its `container`, or what stands for the label in `runs-on`."""

from __future__ import annotations

import platform
import sys
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Final

from actions_compat.containers import parse_volume
from actions_compat.contexts import runner_arch
from actions_compat.frozen import frozen
from actions_compat.nodes import Position, WorkflowError, WorkflowErrors, resolve, resolve_text, to_text
from sqnc.runtimes import Volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actions_compat.workflow import Job
    from sqnc.engine.options import Options

DEFAULT_LABEL: Final = "ubuntu-latest"
"""What a job without `runs-on` runs on, which only sequence's own files may leave out."""
HOST: Final = "-self-hosted"
"""What `-P LABEL=-self-hosted` maps a label to: this machine itself."""
_SYSTEMS: Final = {"windows": "win32", "macos": "darwin"}
"""Labels of GitHub's runners and what such a machine calls itself; Linux is what any machine stands for."""
_UNSUPPORTED: Final = ("options", "credentials")


class UnusableImage(WorkflowError):  # noqa: N818  (named for what is wrong)
    """What a job asks to run in cannot be given to it, whatever its expressions come to."""


@frozen
class JobImage:
    """*is_container* where the job names its own `container`: then the default shell is `sh`."""

    reference: str
    is_container: bool = False
    env: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    volumes: tuple[Volume, ...] = ()

    @property
    def arch(self) -> str:
        return runner_arch(platform.machine())


def job_image(job: Job, contexts: Mapping[str, object], options: Options, *, isolated: bool) -> JobImage:
    """Return the job's image; raise UnusableImage, and WorkflowError for what does not evaluate."""
    container = resolve(job.container, contexts)
    if isinstance(container, dict) and not container.get("image"):
        container = None  # as on GitHub, an image that comes to nothing is no container
    if container:
        return _container(job, container)
    labels = _labels(resolve(job.runs_on, contexts)) or [DEFAULT_LABEL]
    if reference := next((options.platforms[label] for label in labels if label in options.platforms), ""):
        return JobImage(reference)
    place = job.runs_on.position if job.runs_on else job.position
    if not isolated:
        if foreign := next(filter(_is_foreign, labels), ""):
            raise UnusableImage(
                place,
                f"runs-on: {foreign}: this machine runs {platform.system()}",
                hint=f"-P {foreign}=-self-hosted runs the job here all the same",
            )
        return JobImage(HOST)
    known = ", ".join(sorted(options.platforms))
    named = ", ".join(labels) or "nothing"
    raise UnusableImage(
        place,
        f"runs-on: {named}: no image stands for this label",
        hint=f"known are {known}; add yours with -P {labels[0] if labels else 'LABEL'}=IMAGE",
    )


def check_images(
    jobs: Iterable[Job], contexts: Mapping[str, object], options: Options, *, isolated: bool
) -> None:
    """Raise WorkflowErrors with every UnusableImage that can be told before the first job runs."""
    found = []
    for job in jobs:
        try:
            job_image(job, contexts, options, isolated=isolated)
        except UnusableImage as error:
            found.append(error)
        except WorkflowError:
            pass  # it needs a matrix, or `needs`: the run tells of it, at its place
    if found:
        raise WorkflowErrors(found)


def known_images(jobs: Iterable[Job], contexts: Mapping[str, object], options: Options) -> tuple[str, ...]:
    """Return the images that can be told before the first job runs: not those of a matrix, or of `needs`."""
    found: dict[str, None] = {}
    for job in jobs:
        own = [step.extra.get("image") for step in job.steps]
        with suppress(WorkflowError):  # as above
            if None in own:
                found[job_image(job, contexts, options, isolated=True).reference] = None
        for node in own:
            with suppress(WorkflowError):
                if node is not None:
                    found[resolve_text(node, contexts)] = None
    found.pop(HOST, None)
    return tuple(found)


def _labels(value: object) -> list[str]:
    if isinstance(value, dict):
        value = value.get("labels")
    if isinstance(value, list):
        return [to_text(item) for item in value]
    return [to_text(value)] if value else []


def _is_foreign(label: str) -> bool:
    """Whether *label* names a system that this machine does not run, as `windows-latest` does on Linux."""
    system = _SYSTEMS.get(label.lower().partition("-")[0], sys.platform)
    return system != sys.platform


def _container(job: Job, value: object) -> JobImage:
    place = job.container.position if job.container else job.position
    if not isinstance(value, dict):
        return JobImage(_image(to_text(value)), is_container=True)
    for key in _UNSUPPORTED:
        if value.get(key):
            raise UnusableImage(place, f"container.{key} is not supported yet", hint="leave it out")
    env = {name: to_text(item) for name, item in (value.get("env") or {}).items()}
    ports = [to_text(port) for port in value.get("ports") or ()]
    volumes = tuple(_volume(to_text(item), place) for item in value.get("volumes") or ())
    options = {"ports": dict(map(_port, ports))} if ports else {}
    return JobImage(_image(to_text(value.get("image"))), True, env, options, volumes)


def _image(reference: str) -> str:
    return reference.removeprefix("docker://")


def _port(text: str) -> tuple[str, str]:
    """`80`, `8080:80`, `8080:80/udp`: the container's port, and the host's or '' for any."""
    host, _, own = text.rpartition(":")
    return (own if "/" in own else f"{own}/tcp", host)


def _volume(text: str, place: Position) -> Volume:
    found = parse_volume(text)
    if not found.source:
        raise UnusableImage(place, f"container.volumes: {text}: expected source:target", hint="name a source")
    return Volume(found.source, found.target, read_only=found.read_only)
