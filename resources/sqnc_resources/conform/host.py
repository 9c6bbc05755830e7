"""The executor on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Final, Self

from sqnc_resources.conform import launcher
from sqnc_resources.conform.executor import ANYBODY, CHECK, OUT, Ability, Call, Outcome
from sqnc_resources.conform.folders import read_tree
from sqnc_resources.conform.process import CannotStart, follow
from sqnc_resources.conform.programs import Programs

_WRITABLE: Final = ("/tmp", "/dev/shm")  # noqa: S108  (folders of a read-only system, not files of ours)
_LAUNCHER: Final = (sys.executable, "-I", "-S", launcher.__file__)
_NOT_STARTED: Final = 127


class HostExecutor:
    """Runs the type's programs on this machine, each in a session of its own, without a terminal.

    Use it as a context manager: its folders go with it.
    """

    def __init__(self, name: str, programs: Programs) -> None:
        self.name = name
        self._programs = programs
        self._scratch = Path(tempfile.mkdtemp(prefix="sqnc-conform-"))
        self._scratch.chmod(0o755)
        self._home = self._scratch / "home"
        self._home.mkdir()
        self._runs = 0
        self._shown: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._scratch, ignore_errors=True)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self._programs)

    @property
    def env(self) -> Mapping[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._home)}

    def missing(self, ability: Ability) -> str | None:
        return self._no_read_only if ability is Ability.READ_ONLY else self._no_other_user

    @cached_property
    def _no_read_only(self) -> str | None:
        if not sys.platform.startswith("linux"):
            return "only Linux can show a process its files read-only; judge the type's image instead"
        done = _try([*_LAUNCHER, "--", "/bin/sh", "-c", ":"])
        return f"this system does not allow it: {done.stderr.strip()}" if done.returncode else None

    @cached_property
    def _no_other_user(self) -> str | None:
        if os.geteuid() != 0:
            return None  # whoever judges is not root, and so is every run
        user, group = map(int, ANYBODY.split(":"))
        words = {word for command in self._programs.values() for word in command if word.startswith("/")}
        for path in sorted({*words, *map(str, self._shown)}):
            test = ["/bin/sh", "-c", 'test -r "$1"', "sh", path]
            if _try(test, user=user, group=group, extra_groups=[]).returncode:
                return f"{path} cannot be read by other users; judge the type's image instead"
        return None

    def show(self, folder: Path) -> None:
        self._shown.append(folder)

    def run(self, call: Call) -> Outcome:
        self._runs += 1
        place = self._scratch / str(self._runs)
        try:
            return self._run(call, place)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _run(self, call: Call, place: Path) -> Outcome:
        place.mkdir()
        folder = None if call.role == CHECK else _folder(place / _NAMES[call.role], call.inputs)
        cwd = _folder(place / "cwd", None)
        place.chmod(0o755)
        command = [*self._programs[call.role], *([str(folder)] if folder else [])]
        if call.read_only:
            writable = [
                *(path for path in _WRITABLE if Path(path).is_dir()),
                *([str(folder)] if folder else []),
            ]
            command = [*_LAUNCHER, *writable, "--", *command]
        try:
            ended = follow(command, call, str(cwd))
        except CannotStart as error:
            return Outcome(_NOT_STARTED, b"", str(error).encode(), 0)
        tree = read_tree(folder) if folder else {}
        return Outcome(ended.status, ended.stdout, ended.stderr, ended.duration_s, tree, read_tree(cwd))


_NAMES: Final = {"in": "get", OUT: "put"}
"""What Concourse calls the folders, below /tmp/build."""


def _try(
    command: list[str],
    *,
    user: int | None = None,
    group: int | None = None,
    extra_groups: list[int] | None = None,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        user=user,
        group=group,
        extra_groups=extra_groups,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


def _folder(folder: Path, inputs: Path | None) -> Path:
    """Make a folder in which anybody may write, also to what is copied there from *inputs*."""
    if inputs is None:
        folder.mkdir()
    else:
        shutil.copytree(inputs, folder, symlinks=True)
    for place in (folder, *folder.rglob("*")):
        if not place.is_symlink():
            place.chmod(place.stat().st_mode | (0o777 if place.is_dir() else 0o666))
    return folder
