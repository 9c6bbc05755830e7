"""Images: there, pulled, or built."""

import os
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from sqnc.runtimes import (
    BuildFailed,
    Image,
    ImageUnavailable,
    Progress,
    Pull,
    RuntimeFailure,
    RuntimeUnavailable,
)
from sqnc.runtimes.docker.api import Engine, NotThere

_LABEL: Final = {"sqnc.image": "build"}
_LAST_LINES: Final = 20
_PROGRESS_EVERY_S: Final = 2.0


def image(engine: Engine, reference: str, *, pull: Pull, progress: Progress) -> Image:
    """Make sure that *reference* is there, as `Runtime.image` says."""
    if pull is not Pull.ALWAYS:
        try:
            return inspect(engine, reference)
        except NotThere as error:
            if pull is Pull.NEVER:
                raise ImageUnavailable(
                    f"image {reference}: the engine at {engine.endpoint} has none, and pulling is off: "
                    "build or load it there, or allow pulling"
                ) from error
    try:
        _pull(engine, reference, progress)
    except RuntimeUnavailable:
        raise
    except RuntimeFailure as error:
        raise ImageUnavailable(
            f"image {reference}: {error}: check the name, the network, and `docker login` for its registry"
        ) from error
    return inspect(engine, reference)


def inspect(engine: Engine, reference: str) -> Image:
    """Return what the engine knows of *reference*; raise NotThere."""
    with engine.doing(f"find image {reference}"):
        found = engine.api.inspect_image(reference)
    config: dict[str, Any] = found.get("Config") or {}  # an imported image has none in Podman
    return Image(
        id=found["Id"],
        entrypoint=_words(config.get("Entrypoint")),
        cmd=_words(config.get("Cmd")),
        env=dict(item.partition("=")[::2] for item in config.get("Env") or ()),
        user=config.get("User") or "",
        working_directory=config.get("WorkingDir") or "",
    )


def _words(value: str | list[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _pull(engine: Engine, reference: str, progress: Progress) -> None:
    """Pull; a name without tag or digest means `latest`, as in the CLI."""
    progress(f"pulling {reference}")
    with engine.doing("pull it"):
        tag = None if "@" in reference or ":" in reference.rpartition("/")[2] else "latest"
        for line in _layers_summed(engine.api.pull(reference, tag=tag, stream=True, decode=True)):
            progress(f"pulling {reference}: {line}")


def _layers_summed(events: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """One line every two seconds, out of one event for each layer and tenth of a second."""
    layers: dict[str, tuple[int, int]] = {}
    told = time.monotonic()
    for event in events:
        _raise_error(event)
        detail = event.get("progressDetail") or {}
        if event.get("status") == "Downloading" and detail.get("total"):
            layers[event["id"]] = (detail["current"], detail["total"])
        if layers and time.monotonic() - told > _PROGRESS_EVERY_S:
            told = time.monotonic()
            done, total = (sum(numbers) / 1e6 for numbers in zip(*layers.values(), strict=True))
            yield f"{done:.0f} of {total:.0f} MB"


def _raise_error(event: Mapping[str, Any]) -> None:
    if "error" in event:
        raise RuntimeFailure(str(event["error"]).strip())


def build(engine: Engine, context: Path, *, dockerfile: str, tag: str, progress: Progress) -> Image:
    """Build as `Runtime.build` says: by the CLI's BuildKit where there is one, else by the engine itself."""
    if not (context / dockerfile).is_file():
        raise BuildFailed(f"{context / dockerfile}: there is no such Dockerfile")
    last: deque[str] = deque(maxlen=_LAST_LINES)

    def told(line: str) -> None:
        last.append(line)
        progress(line)

    builder = _build_with_cli if _has_buildx(engine) else _build_with_engine
    try:
        builder(engine, context, dockerfile=dockerfile, tag=tag, progress=told)
    except RuntimeUnavailable:
        raise
    except RuntimeFailure as error:
        raise BuildFailed("\n".join([f"building {context / dockerfile}: {error}", *last])) from error
    return inspect(engine, tag)


def _build_with_engine(
    engine: Engine, context: Path, *, dockerfile: str, tag: str, progress: Progress
) -> None:
    with engine.doing(f"build {context / dockerfile}"):
        events = engine.api.build(
            path=str(context),
            dockerfile=dockerfile,
            tag=tag,
            labels=_LABEL,
            rm=True,
            forcerm=True,
            decode=True,
            timeout=None,
        )
        for event in events:
            _raise_error(event)
            for line in str(event.get("stream", "")).splitlines():
                if line.strip():
                    progress(line)


def _has_buildx(engine: Engine) -> bool:
    cli = shutil.which("docker")
    if cli is None or engine.is_podman:
        return False
    return subprocess.run([cli, "buildx", "version"], capture_output=True, check=False).returncode == 0


def _build_with_cli(engine: Engine, context: Path, *, dockerfile: str, tag: str, progress: Progress) -> None:
    labels = [f"--label={name}={value}" for name, value in _LABEL.items()]
    file = context / dockerfile
    command = [
        shutil.which("docker") or "docker",
        "buildx",
        "build",
        "--load",
        "--progress=plain",
        f"--tag={tag}",
        f"--file={file}",
        *labels,
    ]
    with subprocess.Popen(
        [*command, "--", str(context)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=os.environ | _cli_environment(engine),
    ) as process:
        for line in process.stdout or ():
            if line.strip():
                progress(line.rstrip())
    if process.returncode:
        raise RuntimeFailure(f"docker buildx build ended with exit status {process.returncode}")


def _cli_environment(engine: Engine) -> dict[str, str]:
    """The same engine for the CLI, whichever way it was found."""
    endpoint = engine.endpoint
    tls = {"DOCKER_CERT_PATH": endpoint.tls, "DOCKER_TLS_VERIFY": "1" if endpoint.verify else ""}
    return {"DOCKER_HOST": endpoint.url} | (tls if endpoint.tls else {})
