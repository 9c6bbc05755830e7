"""A resource type with keys of all kinds, to be made an action on GitHub."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ACTIONS = ("check", "get", "put")
TYPE = '''
"""Lines of a file.

More of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqnc_resources import ResourceError, Result, Secret, key, say


@dataclass(frozen=True, slots=True)
class Login:
    user: str = ""
    password: Secret | None = None


@dataclass(frozen=True, slots=True)
class Source:
    file: str
    """The file's path."""
    token: Secret | None = None
    """What opens it."""
    logins: tuple[Login, ...] = ()
    """Who may."""
    folder: str = ""
    loud: bool = False
    class_: str = key("", name="with-dash")


@dataclass(frozen=True, slots=True)
class Version:
    line: int
    """Its number."""
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class GetParams:
    names: tuple[str, ...] = ("text",)
    """What to call it."""


@dataclass(frozen=True, slots=True)
class PutParams:
    text: str
    """The line."""
    times: int = 1


def lines(source):
    try:
        return Path(source.file).read_text().splitlines()
    except OSError as error:
        raise ResourceError(f"{source.file}:\\n100% {error.strerror}") from error


def check(source, since):
    found = [Version(number) for number in range(1, len(lines(source)) + 1)]
    return found[(since.line if since else len(found)) - 1 :]


def get(source, version, params, folder):
    for name in params.names:
        (folder / name).write_text(lines(source)[version.line - 1])
    if source.token:
        say(f"the token is {source.token.reveal()}")
    about = [("text", "one\\ntwo"), ("source", repr(source)), ("text", "three")]
    return Result(version, about)


def put(source, params, folder):
    if source.token:
        say(f"the token is {source.token.reveal()}")
    with open(source.file, "a") as file:
        file.write((folder / params.text).read_text() * params.times)
    return Result(Version(len(lines(source)), "m\\nline<<END\\n7\\nEND"), {"loud": str(source.loud)})
'''


@pytest.fixture
def kind(tmp_path: Path) -> Path:
    file = tmp_path / "lines.py"
    file.write_text(TYPE)
    return file


def sqncshim(
    *words: object, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sqncshim", *map(str, words)],
        cwd=cwd,
        env=os.environ | dict(env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
