"""Images that a get of another type makes: `rootfs/` and `metadata.json`, as in Concourse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqnc.resources.programs import StepErrored
from sqnc.runtimes import ImageUnavailable, Pull

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqnc.runtimes import Image, Progress, Runtime

_DOCKERFILE: Final = ".sqnc-Dockerfile"


def made_image(runtime: Runtime, key: str, fetch: Callable[[], Path], *, progress: Progress) -> Image:
    """Return the image of *key*; where there is none yet, build it from the folder that *fetch* gives."""
    tag = f"sqnc-type:{key[:32]}"
    try:
        return runtime.image(tag, pull=Pull.NEVER, progress=progress)
    except ImageUnavailable:
        folder = fetch()
    (folder / _DOCKERFILE).write_text(_dockerfile(folder), "utf-8")
    return runtime.build(folder, dockerfile=_DOCKERFILE, tag=tag, progress=lambda _: None)


def _dockerfile(folder: Path) -> str:
    """What makes an image of the folder; raise StepErrored where it holds none."""
    try:
        found = json.loads((folder / "metadata.json").read_bytes())
        env, user = list(found.get("env") or []), str(found.get("user") or "")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise StepErrored(f"this get gave no image: expected rootfs/ and metadata.json ({error})") from error
    if not (folder / "rootfs").is_dir():
        raise StepErrored("this get gave no image: there is no rootfs/")
    lines = ["FROM scratch", "COPY rootfs/ /"]
    lines += [f"ENV {name}={_quoted(value)}" for name, _, value in (str(item).partition("=") for item in env)]
    return "\n".join([*lines, *([f"USER {user}"] if user else []), ""])


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", " ")
    return f'"{escaped}"'
