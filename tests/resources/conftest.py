"""How tests run a resource type: as an engine does, as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from tests.resources.faulty_server import FaultyServer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """How the process ended; *value* is what it answered, None where it said nothing."""

    status: int
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        return json.loads(self.stdout) if self.stdout else None


class Run(Protocol):
    def __call__(
        self,
        role: str,
        kind: object,
        request: object,
        *arguments: object,
        env: Mapping[str, str] | None = None,
    ) -> Answer: ...


@pytest.fixture
def run() -> Run:
    """Run `sqncshim resource ROLE TYPE …`; a *request* that is no text is written as JSON."""

    def answer(
        role: str, kind: object, request: object, *arguments: object, env: Mapping[str, str] | None = None
    ) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "sqncshim", "resource", role, str(kind), *map(str, arguments)],
            input=request if isinstance(request, str) else json.dumps(request),
            cwd="/",
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return answer


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A file for a type's code."""
    return tmp_path / "written_type.py"


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """An HTTP server that answers what the test tells it to."""
    with serving() as faulty:
        yield faulty


@pytest.fixture
def other_server() -> Iterator[FaultyServer]:
    """Another one, of another origin."""
    with serving() as faulty:
        yield faulty
