"""What is known from run to run has one place, and builds have numbers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sqnc.resources.state import next_build, state_folder


def test_builds_are_numbered(tmp_path: Path) -> None:
    state = tmp_path / "new"
    assert [next_build(state) for _ in range(11)] == list(range(1, 12))
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: next_build(state), range(20))) == list(range(12, 32))


def test_a_file_of_something_else_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "builds").write_text("what")
    assert [next_build(tmp_path), next_build(tmp_path)] == [1, 2]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SQNC_STATE": "/s", "XDG_STATE_HOME": "/x"}, "/s"),
        ({"XDG_STATE_HOME": "/x"}, "/x/sqnc"),
        ({"XDG_STATE_HOME": "relative"}, "/home/ann/.local/state/sqnc"),
        ({}, "/home/ann/.local/state/sqnc"),
    ],
)
def test_the_folder(variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SQNC_STATE", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/ann", **variables}.items():
        monkeypatch.setenv(name, value)
    assert state_folder() == Path(expected)
