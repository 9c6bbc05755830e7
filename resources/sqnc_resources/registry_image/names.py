"""Names of images: which registry, and which repository there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

HUB: Final = "index.docker.io"
"""Docker Hub, as names have it."""
_HUB_HOST: Final = "registry-1.docker.io"
_HOST: Final = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", re.ASCII)
_PATH: Final = re.compile(r"[a-z0-9_.-]+(?:/[a-z0-9_.-]+)*", re.ASCII)
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
_LOOPBACK: Final = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?", re.ASCII)
_LOCAL: Final = re.compile(
    r"(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)[\d.]+(?::\d+)?|.*\.local(?:host)?(?::\d+)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry, as names have it: `ghcr.io`, `localhost:5000`."""

    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise ValueError for what is no host, with or without a port."""
        if _HOST.fullmatch(text) is None:
            raise ValueError(f"expected a host such as registry.example.com:5000, got `{text}`")
        return cls(HUB if text == "docker.io" else text)

    @property
    def host(self) -> str:
        """Where it is."""
        return _HUB_HOST if self.name == HUB else self.name

    @property
    def is_hub(self) -> bool:
        return self.name == HUB

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return _LOOPBACK.fullmatch(self.name) is not None

    @property
    def is_local(self) -> bool:
        """Whether it may speak plain HTTP without anybody having said so: in a network of one's own."""
        return self.is_loopback or _LOCAL.fullmatch(self.name) is not None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: `alpine`, `an-owner/image`, `ghcr.io/an-owner/image`."""

    text: str
    """As it was written."""
    registry: Registry
    path: str
    """Within the registry; Docker Hub's own images are in `library/`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise ValueError for what is no name of a repository; a tag is not a part of it."""
        first, slash, rest = text.partition("/")
        is_host = bool(slash) and (first == "localhost" or any(sign in first for sign in ".:"))
        registry, path = Registry.parse(first if is_host else HUB), rest if is_host else text
        if _PATH.fullmatch(path) is None or len(path) > 255:
            hint = ": a tag belongs to `tag`" if re.search(r"[:@][^/]*$", path) else ""
            raise ValueError(
                f"expected a repository such as alpine or ghcr.io/owner/image, got `{text}`{hint}"
            )
        return cls(text, registry, f"library/{path}" if registry.is_hub and "/" not in path else path)

    @property
    def full_name(self) -> str:
        return f"{self.registry}/{self.path}"

    def at(self, registry: Registry) -> Repository:
        """The repository of the same path in another registry."""
        return Repository(f"{registry}/{self.path}", registry, self.path)

    def __str__(self) -> str:
        return self.text


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None
