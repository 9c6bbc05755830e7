"""A check starts with what it needs: what it imports is what it costs, on every machine alike."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resources.git.conftest import Repo

OURS = {"actions_compat", "sqnc_resources", "sqncshim"}
# Of the standard library, beyond what mock's check needs: running git, and the cache's lock.
STANDARD = {
    *("abc", "annotationlib", "ast", "atexit", "collections", "contextlib", "copy", "copyreg", "dataclasses"),
    *(
        "enum",
        "fcntl",
        "functools",
        "importlib",
        "itertools",
        "json",
        "keyword",
        "math",
        "operator",
        "re",
        "reprlib",
    ),
    *("signal", "types", "typing", "warnings", "weakref"),
    *("base64", "binascii", "errno", "locale", "select", "selectors", "struct", "subprocess", "threading"),
}
GET_AND_PUT = {
    "clone",
    "deepening",
    "encryption",
    "files",
    "lfs",
    "metadata",
    "push",
    "submodules",
    "ssh_agent",
}


def imported(command: list[str], request: object) -> tuple[set[str], object]:
    """What the program imports, and what it answers."""
    done = subprocess.run(
        [sys.executable, "-v", *command],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout) if done.stdout else None
    return set(re.findall(r"^import '?([\w.]+)'? #", done.stderr, re.MULTILINE)), answer


@pytest.mark.parametrize("keys", [{}, {"disable_ci_skip": True}, {"paths": ["some-file"]}])
def test_a_check_imports_no_more_than_it_needs(origin: Repo, keys: dict[str, object]) -> None:
    ref = origin.commit()
    bare, _ = imported(["-c", "pass"], None)
    program = str(Path(sys.executable).parent / "sqncshim")
    found, answer = imported([program, "resource", "check", "git"], {"source": {"uri": origin.uri, **keys}})
    assert answer == [{"ref": ref}]
    roots = {name.partition(".")[0] for name in found - bare if not name.startswith("_")}
    assert sorted(roots - OURS - STANDARD) == []
    assert "sqnc_resources.git.check" in found
    assert not {f"sqnc_resources.git.{name}" for name in GET_AND_PUT} & found
