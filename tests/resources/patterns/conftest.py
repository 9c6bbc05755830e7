"""Little types, written as their authors would write them, and run as an engine runs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from tests.resources.conftest import Run

HEAD = """
    from __future__ import annotations

    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager, nullcontext
    from dataclasses import dataclass
    from pathlib import Path
    from typing import Any

    from sqnc_resources import NoKeys, ResourceError, Secret
    from sqnc_resources.patterns import Counter, Instances, Pool, PutOnly, TriggerOnChange
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks the type in *file*."""

    file: Path
    run: Run

    def __call__(self, role: str, source: object, *arguments: Path, **request: object) -> Any:
        """What it answers."""
        answer = self.run(role, self.file, {"source": source, **request}, *arguments)
        assert answer.status == 0, answer.stderr
        return answer.value

    def refused(self, role: str, source: object, *arguments: Path, status: int = 1, **request: object) -> str:
        """What it says where it does not answer."""
        answer = self.run(role, self.file, {"source": source, **request}, *arguments)
        assert (answer.status, answer.stdout) == (status, ""), answer.stderr
        return answer.stderr


class Write(Protocol):
    def __call__(self, code: str) -> Ask: ...


@pytest.fixture
def write(written: Path, run: Run) -> Write:
    """Write a type's code to a file."""

    def write_(code: str) -> Ask:
        written.write_text(dedent(HEAD) + dedent(code))
        return Ask(written, run)

    return write_
