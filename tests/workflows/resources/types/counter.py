"""A type in a file of the workspace: a version for each line of a file."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqnc_resources import NoKeys, Result, Secret


@dataclass(frozen=True)
class Source:
    file: str
    token: Secret


@dataclass(frozen=True)
class Version:
    line: int


GetParams = NoKeys


@dataclass(frozen=True)
class PutParams:
    text: str
    file: str = ""


def check(source: Source, since: Version | None) -> Sequence[Version]:
    print("::error::nobody obeys this", file=sys.stderr)
    return [Version(len(Path(source.file).read_text().splitlines()))]


def get(source: Source, version: Version, params: NoKeys, folder: Path) -> Result[Version]:
    line = Path(source.file).read_text().splitlines()[version.line - 1]
    (folder / "line").write_text(line)
    return Result(version, {"text": line, "job": os.environ["BUILD_JOB_NAME"]})


def put(source: Source, params: PutParams, folder: Path) -> Result[Version]:
    print(f"the token is {source.token.reveal()}", file=sys.stderr)
    print(f"inputs: {' '.join(sorted(path.name for path in folder.iterdir()))}", file=sys.stderr)
    added = (folder / params.file).read_text().strip() if params.file else params.text
    if params.file:
        (folder / params.file).write_text("changed by the put")
    with Path(source.file).open("a") as file:
        file.write(f"{added}\n")
    return Result(check(source, None)[-1], {"text": added})
