"""Where a resource type's three programs run: three kinds of place behind one Protocol."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from sqnc import __version__
from sqnc.engine.containers import DEFAULT_PATH
from sqncshim.agent import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqnc.engine.containers import JobContainer
    from sqnc.runtimes import Image
    from sqncshim.agent import Agent

GET_FOLDER: Final = "/tmp/build/get"  # noqa: S108  (Concourse's, in a container of its own)
PUT_FOLDER: Final = "/tmp/build/put"  # noqa: S108  (as above)
_PROGRAMS: Final = "/opt/resource"
_UNINHERITED: Final = ("ATC_", "BUILD_")
_UNREAD: Final = frozenset({".git", "__pycache__"})


class Role(Enum):
    """A program of a type, by the name that its file has."""

    CHECK = "check"
    IN = "in"
    OUT = "out"


class Executor(Protocol):
    """Runs the programs of one type in one place; see `programs.run_program`."""

    @property
    def identity(self) -> str:
        """What tells this type's code from any other, for the get cache; no agent is started for it."""

    @property
    def agent(self) -> Agent:
        """The agent of the place, which is started with the first use."""

    @property
    def user(self) -> str:
        """Whom the programs run as, and so who must own the folder of a get; '' for the agent's own user."""

    def command(self, role: Role, folder: str) -> Command:
        """The program's command line, variables and user; *folder* is '' for check."""


@dataclass(frozen=True, slots=True)
class BuiltInType:
    """A type that sequence brings along, in any container with the bundle, or without one on this machine.

    name: whatever `sqncshim resource` takes, also a Python file that the container sees. start: gives the
    container, the same each time. code: tells this release of the type from others.
    """

    name: str
    start: Callable[[], JobContainer]
    env: Mapping[str, str]
    user: str = ""
    code: str = __version__

    @property
    def identity(self) -> str:
        return f"built-in {self.name} {self.code}"

    @property
    def agent(self) -> Agent:
        return self.start().agent

    def command(self, role: Role, folder: str) -> Command:
        program = self.start().program("sqncshim")
        return Command(
            (program, "resource", role.value, self.name, *filter(None, [folder])), self.env, user=self.user
        )


@dataclass(frozen=True, slots=True)
class ImageType:
    """An image that follows Concourse's protocol; *start* gives the container, the same each time."""

    image: Image
    start: Callable[[], JobContainer]

    @property
    def identity(self) -> str:
        return f"image {self.image.id}"

    @property
    def agent(self) -> Agent:
        return self.start().agent

    @property
    def user(self) -> str:
        return self.image.user

    def command(self, role: Role, folder: str) -> Command:
        return Command(
            (f"{_PROGRAMS}/{role.value}", *filter(None, [folder])),
            image_environment(self.image),
            user=self.user,
        )


@dataclass(frozen=True)
class ScriptsType:
    """A folder of this machine with executables `check`, `in` and `out`; *start* gives an agent of it."""

    folder: Path
    start: Callable[[], JobContainer]
    env: Mapping[str, str]
    user: str = ""

    @cached_property
    def identity(self) -> str:
        return f"scripts {folder_digest(self.folder)}"

    @property
    def agent(self) -> Agent:
        return self.start().agent

    def command(self, role: Role, folder: str) -> Command:
        return Command((str(self.folder.absolute() / role.value), *filter(None, [folder])), self.env)


def host_environment() -> dict[str, str]:
    """This machine's variables, but for those that tell of a build."""
    return without_build(os.environ)


def without_build(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables but for those that tell of a build: they are the engine's to give."""
    return {name: value for name, value in environment.items() if not name.startswith(_UNINHERITED)}


def image_environment(image: Image) -> dict[str, str]:
    """The variables of an image's processes; PATH is added only where it has none."""
    return {"PATH": DEFAULT_PATH, **image.env}


def folder_digest(folder: Path) -> str:
    """A digest of what a folder's files are called and hold, so that changed code is other code."""
    digest = hashlib.sha256()
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - _UNREAD)
        for place in (Path(path, name) for name in sorted(names)):
            digest.update(os.fsencode(place.relative_to(folder)) + b"\0")
            if place.is_file():
                with place.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
