"""A get of a page writes it whole, or fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faults import interrupted, on_a_full_disk
from tests.resources.faulty_server import Answer, FaultyServer

from sqnc_resources import ResourceError, Result
from sqnc_resources.http import GetParams, Source, Version, get
from sqnc_resources.reading import read

if TYPE_CHECKING:
    from tests.resources.conftest import Run

RULE = {"path": ".v"}
PAGE = Answer(body=b'{"v": "1"}\n', headers={"Content-Type": "application/json", "X-Y": "z"})


def fetched(
    server: FaultyServer, folder: Path, *, asked_for: str = "1", params: Any = None, **keys: Any
) -> Result[Version]:
    given = {"url": f"{server.url}/x", "version": RULE, "timeout": "30s", **keys}
    return get(
        read(Source, given, "source", []),
        Version(asked_for),
        read(GetParams, params or {}, "params", []),
        folder,
    )


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_page_is_written_with_its_headers(server: FaultyServer, tmp_path: Path) -> None:
    server.on("GET", "/x", PAGE)
    result = fetched(server, tmp_path)
    assert result.version == Version("1")
    assert result.metadata == {
        "url": f"{server.url}/x", "status": "200", "size": "11", "content_type": "application/json",
    }  # fmt: skip
    written = files(tmp_path)
    assert (written["body"], written["status"], written["version"]) == (PAGE.body, b"200\n", b"1\n")
    assert b"X-Y: z\n" in written["headers"]
    assert sorted(written) == ["body", "headers", "status", "version"]


def test_the_params_count_before_the_source(server: FaultyServer, tmp_path: Path) -> None:
    server.on("POST", "/x", Answer(202, PAGE.body))
    params = {
        "method": "POST",
        "headers": {"A": "2"},
        "text": "find",
        "query": {"p": "2"},
        "statuses": ["202"],
    }
    fetched(
        server,
        tmp_path,
        params=params,
        headers={"a": "1", "B": "1"},
        json={"ignored": True},
        query={"q": "1"},
    )
    got = server.received[0]
    assert (got.body, got.headers["a"], got.headers["b"]) == (b"find", "2", "1")
    assert got.query == {"p": "2", "q": "1"}
    assert got.headers["content-type"] == "text/plain; charset=utf-8"
    assert (tmp_path / "status").read_text() == "202\n"


def test_another_version_is_told_of_or_refused(
    server: FaultyServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server.on("GET", "/x", PAGE)
    assert fetched(server, tmp_path, asked_for="0").version == Version("0")
    assert (tmp_path / "version").read_text() == "1\n"
    assert "version 0 was asked for, and the server has version 1 by now" in capfd.readouterr().err
    with pytest.raises(
        ResourceError, match="version 0 was asked for, and the server has version 1 by now: check"
    ):
        fetched(server, tmp_path, asked_for="0", params={"strict": True})
    assert fetched(server, tmp_path, params={"strict": True}).version == Version("1")


def test_a_version_of_a_list_is_there_as_long_as_the_list_has_it(
    server: FaultyServer, tmp_path: Path
) -> None:
    server.on("GET", "/x", Answer(body=b'[{"id": "a"}, {"id": "b"}]'))
    fetched(server, tmp_path, asked_for="a", params={"strict": True}, version={"path": ".[].id"})
    assert (tmp_path / "version").read_text() == "a\n"


def test_a_notification_gets_nothing(server: FaultyServer, tmp_path: Path) -> None:
    assert fetched(server, tmp_path, out_only=True) == Result(Version("1"))
    assert (files(tmp_path), server.received) == ({}, [])


@pytest.mark.parametrize(
    "fault",
    [
        Answer(body=PAGE.body, cut_after=4),
        Answer(body=PAGE.body, chunked=True, cut_after=4),
        Answer(drop=True),
        Answer(500),
        Answer(429, headers={"Retry-After": "600"}),
        Answer(body=PAGE.body, piece=4, slow_s=1),
        Answer(body=b"no json"),
    ],
    ids=["cut", "chunks cut", "dropped", "500", "429", "slow", "no json"],
)
def test_what_is_not_whole_is_not_done(fault: Answer, server: FaultyServer, tmp_path: Path, run: Run) -> None:
    server.on("GET", "/x", fault)
    source = {"url": f"{server.url}/x", "version": RULE, "attempts": 2, "timeout": "500ms"}
    answer = run("in", "http", {"source": source, "version": {"version": "1"}}, tmp_path)
    assert (answer.status, answer.value) == (1, None)
    assert "error: " in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "version" not in files(tmp_path)


def test_a_page_that_breaks_once_is_fetched(server: FaultyServer, tmp_path: Path, run: Run) -> None:
    server.on("GET", "/x", Answer(body=PAGE.body, cut_after=4), PAGE)
    answer = run(
        "in",
        "http",
        {"source": {"url": f"{server.url}/x", "version": RULE}, "version": {"version": "1"}},
        tmp_path,
    )
    assert answer.value["version"] == {"version": "1"}
    assert (tmp_path / "body").read_bytes() == PAGE.body


def test_a_full_disk_is_a_failure(server: FaultyServer, tmp_path: Path) -> None:
    server.on("GET", "/x", PAGE)
    request = {"source": {"url": f"{server.url}/x", "version": RULE}, "version": {"version": "1"}}
    answer = on_a_full_disk("in", "http", request, tmp_path / "got", room_bytes=5)
    assert (answer.status, answer.stdout) == (1, "")
    assert "/got/body: File too large" in answer.stderr
    assert files(tmp_path / "got") == {}


def test_sigterm_in_the_middle_is_no_answer(server: FaultyServer, tmp_path: Path) -> None:
    server.on("GET", "/x", Answer(body=b"x" * 1000, piece=100, slow_s=0.2))
    request = {"source": {"url": f"{server.url}/x"}, "version": {"version": "1"}}
    answer = interrupted(
        "in", "http", request, tmp_path / "got", when=lambda: list(tmp_path.glob("got/.body*"))
    )
    assert (answer.status, answer.stdout) == (143, "")
    assert "ended by SIGTERM" in answer.stderr
    assert files(tmp_path / "got") == {}
