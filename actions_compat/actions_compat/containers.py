"""Small texts of Docker that workflows contain or that the engine gets back: images, ports, volumes, PATH."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from actions_compat.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

_PORT_LINE: Final = re.compile(r"^(\d+)/(\w+) -> (.*):(\d+)$", re.ASCII)
_DOCKERFILE: Final = re.compile(r"(?:.*/)?(?:dockerfile(?:\.[^/:]*)?|[^/:]*\.dockerfile)", re.IGNORECASE)


@frozen
class PortMapping:
    container_port: str
    host_port: str
    protocol: str


@frozen
class Volume:
    """A mount. *source* None is an anonymous volume."""

    source: str | None
    target: str
    read_only: bool


def registry_host(image: str) -> str:
    """Return the registry that *image* names: its first part, if that holds a dot or a colon, else ''."""
    host, slash, _ = image.partition("/")
    return host if slash and re.search(r"[.:]", host) else ""


def is_dockerfile(image: str) -> bool:
    """Say whether a docker action's `image` is a file to build: `Dockerfile[.x]` or `x.Dockerfile`."""
    return not image.startswith("docker://") and _DOCKERFILE.fullmatch(image) is not None


def parse_port_lines(lines: Iterable[str]) -> list[PortMapping]:
    """Read the answer of `docker port`, such as `80/tcp -> 0.0.0.0:32881`; other lines are skipped."""
    matches = (_PORT_LINE.match(line.strip()) for line in lines)
    return [PortMapping(match[1], match[4], match[2]) for match in matches if match]


def path_of(image_environment: Iterable[str]) -> str:
    """Return PATH from an image's `Config.Env`, whose items are `NAME=value`; empty where there is none."""
    return next((item.removeprefix("PATH=") for item in image_environment if item.startswith("PATH=")), "")


def parse_volume(text: str) -> Volume:
    """Read `[source:]target[:ro]`."""
    read_only = text.endswith(":ro")
    source, colon, target = text.removesuffix(":ro").partition(":")
    return Volume(source, target, read_only) if colon else Volume(None, source, read_only)
