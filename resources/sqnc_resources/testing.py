"""For the tests of a resource type: asks it as an engine does, in a process of its own.

assert ask("check", "news.py", {"source": {"uri": "…"}}).value == [{"ref": "1"}]
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Answer:
    """How the process ended, and what it wrote to standard error; *value*: its answer, None for none."""

    status: int
    value: Any
    stderr: str


def ask(
    role: str,
    kind: str | os.PathLike[str],
    request: Mapping[str, object],
    folder: str | os.PathLike[str] | None = None,
) -> Answer:
    """Run `sqncshim resource ROLE TYPE [FOLDER]` as Concourse does, in the folder `/`.

    *role* is `check`, `in` or `out`; *request* is what it reads. Raise JSONDecodeError for an answer that is
    no JSON.
    """
    words = [sys.executable, "-m", "sqncshim", "resource", role, _absolute(kind)]
    done = subprocess.run(
        words if folder is None else [*words, str(folder)],
        input=json.dumps(request),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr)


def _absolute(kind: str | os.PathLike[str]) -> str:
    """The type's name, where it is a path seen from `/` too."""
    from pathlib import Path  # noqa: PLC0415  (a built-in type needs none)

    name = str(kind)
    return str(Path(name).absolute()) if "/" in name or name.partition(":")[0].endswith(".py") else name
